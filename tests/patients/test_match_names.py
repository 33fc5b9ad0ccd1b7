"""`manage.py match_names` answers one line for each line, with a directory in a file or the clinic's own."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinics.models import Clinic
from patients.matcher import refresh_keys
from patients.models import Patient
from tests.patients.people import ROWS

FIELDS = ("id", "family", "given", "suffix", "birth_date")
LABEL = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf"


def answers(names: bytes, **options: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("match_names", stdin=io.BytesIO(names), stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "directory.jsonl"
    rows = [{**dict(zip(FIELDS, row, strict=True)), "sex": ""} for row in ROWS]
    rows[0]["birth_date"] = ""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_directory_in_a_file_answers_in_the_same_order(directory: Path) -> None:
    names = [LABEL, "DSC_0012.JPG", "Hernandez Lopez_Maria Guadalupe.jpg", ""]

    first, second, third, fourth = answers("\n".join([*names, ""]).encode(), directory=directory)

    assert [first["file"], second["file"], third["file"], fourth["file"]] == names
    assert (first["patient"], first["decision"]) == ("3000003792", "assign")
    assert first["evidence"][0]["verdict"] == "agrees"
    assert (second["patient"], second["decision"], second["candidates"]) == (None, "none", [])
    assert third["decision"] == "review"
    assert {candidate["patient"] for candidate in third["candidates"]} == {"3000003966", "3000004139"}
    assert fourth["decision"] == "none"


def test_every_answer_explains_itself(directory: Path) -> None:
    (first,) = answers(b"Hernandez Lopez_Maria Guadalupe.jpg\n", directory=directory)

    best, second = first["candidates"]
    assert first["runner_up"] == second["patient"]
    assert first["gap"] == pytest.approx(best["confidence"] - second["confidence"])
    assert first["reason"] == "namesakes"
    assert first["words"] == "More than one patient could bear this name."
    assert {piece["field"] for piece in first["evidence"]} == {
        "record_number",
        "family_name",
        "given_names",
    }
    assert isinstance(first["score"], float)
    assert first["stranger"] is None
    assert first["rule_version"]


def test_a_name_alone_assigns_only_when_asked_for(directory: Path) -> None:
    name = b"Garza Tijerina_Maria Esther.jpg\n"

    assert answers(name, directory=directory)[0]["decision"] == "review"
    assert answers(name, directory=directory, name_alone=True)[0]["decision"] == "assign"


def test_the_rule_for_numbers_alone_can_be_given(directory: Path) -> None:
    assert answers(b"3000003792_01.jpg\n", directory=directory)[0]["decision"] == "assign"
    assert (
        answers(b"3000003792_01.jpg\n", directory=directory, bare_number="never")[0]["decision"] == "review"
    )


def test_bytes_that_are_no_text_are_answered_too(directory: Path) -> None:
    assert answers(b"Garza_\xff\xfe.jpg\r\n", directory=directory)[0]["file"].startswith("Garza_")


def test_a_bad_line_is_named(directory: Path) -> None:
    with directory.open("a") as lines:
        lines.write('{"id": "1", "family": "Ruiz", "birth_date": "02/03/1980"}\n')

    with pytest.raises(CommandError, match="Line 15"):
        answers(b"x.jpg\n", directory=directory)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        answers(b"x.jpg\n", directory=tmp_path / "nowhere.jsonl")


@pytest.mark.django_db
def test_the_clinics_own_directory_serves_when_no_file_is_given() -> None:
    clinic = Clinic.objects.create(slug="norte", name="Norte")
    garza = Patient.objects.create(
        clinic=clinic, mrn="3000003792", family_name="Garza Tijerina", given_names="María Esther"
    )
    refresh_keys(garza)

    assert answers(LABEL.encode(), clinic="norte")[0]["patient"] == str(garza.pk)
    assert answers(LABEL.encode())[0]["patient"] == str(garza.pk)


@pytest.mark.django_db
def test_of_several_clinics_one_has_to_be_named() -> None:
    for slug in ("norte", "sur"):
        Clinic.objects.create(slug=slug, name=slug)

    with pytest.raises(CommandError, match="norte, sur"):
        answers(b"x.jpg\n")
