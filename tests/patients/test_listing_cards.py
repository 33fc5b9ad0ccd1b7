"""Contacts of every dialect as rows; bounded, and a record number only where it is called one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from files.errors import FileRejected
from patients.listing import ROWS_FILE, read

LIMITS = {"max_bytes": 20 << 20, "max_rows": 1000, "max_columns": 12, "max_unpacked_bytes": 1 << 20}


def told(folder: Path, content: bytes | str, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = folder / "contacts.vcf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    arguments: dict[str, Any] = {"kind": "vcard", **LIMITS, **options}
    summary = read(path=str(path), scratch=str(folder), **arguments)
    return summary, [json.loads(line) for line in (folder / ROWS_FILE).read_text().splitlines()]


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def row_of(folder: Path, *lines: str) -> dict[str, Any]:
    (row,) = told(folder, card(*lines))[1]
    return row


GARZA = {
    "family_name": "Garza Tijerina",
    "given_names": "María Esther",
    "birth_date": "1957-04-23",
    "sex": "F",
}
NAME = "N:Garza Tijerina;María Esther;;;"
QUOTED = "ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            card(
                "N:Garza Tijerina;María;Esther;Dra.;",
                "BDAY:1957-04-23",
                "GENDER:F",
                version="4.0",
            ),
            id="4.0",
        ),
        pytest.param(card(NAME, "BDAY:19570423", "X-GENDER:Female"), id="3.0"),
        pytest.param(
            card(
                f"N;{QUOTED}:Garza Tijerina;Mar=C3=ADa=\r\n Esther;;;",
                "BDAY:1957-04-23T00:00:00Z",
                "X-WAB-GENDER:1",
                version="2.1",
            ),
            id="2.1 with soft line breaks",
        ),
        pytest.param(
            card(
                "N;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Garza Tijerina;Mar=EDa Esther",
                "BDAY:1957-04-23",
                "SEX:f",
            ),
            id="2.1 with a bare encoding and another character set",
        ),
        pytest.param(
            card(
                "N:Garza Tij\r\n erina;Mar\r\n\tía Esther;;;", "BDAY;VALUE=date:1957-04-23", "GENDER:F;mujer"
            ),
            id="folded",
        ),
        pytest.param(
            card('item1.N;X-A="a:b;c":Garza Tijerina;María Esther;;;', "item2.BDAY:1957-04-23", "GENDER:F"),
            id="grouped, with a colon in a parameter",
        ),
        pytest.param(card(NAME, "BDAY:1957-04-23", "GENDER:F").encode("utf-16"), id="utf-16"),
        pytest.param(card(NAME, "BDAY:1957-04-23", "GENDER:F").encode("cp1252"), id="windows"),
        pytest.param(card(NAME, "BDAY:1957-04-23", "GENDER:F").replace("\r\n", "\r"), id="old mac"),
        pytest.param(
            card("n:Garza Tijerina;María Esther;;;", "bday:1957-04-23", "Gender:f").replace("BEGIN", "begin"),
            id="small letters",
        ),
        pytest.param(
            card(
                "PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 70 + "\r\n " + "N:" * 30 + "\r\n " + "C" * 70,
                NAME,
                "LOGO;BASE64:\r\n" + "D" * 70 + "\r\n",
                "BDAY:1957-04-23",
                "GENDER:F",
            ),
            id="beside pictures",
        ),
        pytest.param(
            card(
                "AGENT:\r\nBEGIN:VCARD\r\nN:Nadie;Luz;;;\r\nEND:VCARD",
                NAME,
                "BDAY:1957-04-23",
                "GENDER:F",
            ),
            id="beside another card within it",
        ),
    ],
)
def test_one_patient_in_whatever_dialect(tmp_path: Path, content: bytes | str) -> None:
    summary, (row,) = told(tmp_path, content)
    assert {name: row[name] for name in GARZA} == GARZA
    assert (row["mrn"], row["problem"], row["line"]) == ("", "", 1)
    assert (summary["format"], summary["rows"], summary["refused"]) == ("vcard", 1, 0)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("X-MRN:0012345", "0012345"),
        ("X-NHC:0012345", "0012345"),
        ("X-RECORD-NUMBER;TYPE=work:0012345", "0012345"),
        ("item1.X-EXPEDIENTE:0012345", "0012345"),
        ("NOTE:MRN: 0012345", "0012345"),
        ("NOTE:Alta en mayo. Expediente 0012345\\, llamar antes", "0012345"),
        ("NOTE:No. de expediente: A-0012345", "A-0012345"),
        ("NOTE:Historia clínica nº 0012345", "0012345"),
        ("UID:urn:mrn:0012345", "0012345"),
        ("UID:0012345", ""),
        ("UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1", ""),
        ("NOTE:Tel. 0012345", ""),
        ("NOTE:patient since 2019", ""),
        ("NOTE:unimrn 0012345", ""),
        ("TEL:0012345", ""),
    ],
)
def test_a_number_is_a_record_number_only_where_it_is_called_one(
    tmp_path: Path, line: str, number: str
) -> None:
    row = row_of(tmp_path, "N:Garza;Eva;;;", line)
    assert (row["mrn"], row["problem"]) == (number, "")


def test_two_record_numbers_are_no_record_number(tmp_path: Path) -> None:
    row = row_of(tmp_path, "N:Garza;Eva;;;", "X-MRN:0012345", "NOTE:MRN 0099999")
    assert row["mrn"] == ""
    assert "several record numbers (0012345, 0099999)" in row["problem"]
    assert row_of(tmp_path, "N:Garza;Eva;;;", "X-MRN:0012345", "NOTE:MRN 0012345")["mrn"] == "0012345"


def test_a_person_may_say_that_the_uid_is_the_record_number(tmp_path: Path) -> None:
    mapping = {"7": "mrn", "1": "family_name"}
    summary, (row,) = told(tmp_path, card("UID:0012345", "N:Garza;Eva;;;"), mapping=mapping)
    assert [column["header"] for column in summary["columns"]][7] == "UID"
    assert (row["mrn"], row["family_name"]) == ("0012345", "Garza")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["N:;Sister;;;", "FN:Ana Ruiz"],
            {"family_name": "", "given_names": "Sister", "whole_name": "Ana Ruiz"},
        ),
        (["FN:Bruce Banner\\, PhD"], {"whole_name": "Bruce Banner", "suffix": "PhD", "family_name": ""}),
        (["FN:Garza Tijerina\\, María"], {"family_name": "Garza Tijerina", "given_names": "María"}),
        (["N:Garza\\;Tijerina;Eva;;;Jr."], {"family_name": "Garza;Tijerina", "suffix": "Jr."}),
        (["N:Garza,Tijerina;Eva,María;;;"], {"family_name": "Garza Tijerina", "given_names": "Eva María"}),
        (["N:Garza;Eva;;;", "BDAY:--0423"], {"birth_date": ""}),
        (["N:Garza;Eva;;;", "BDAY:circa 1957"], {"birth_date": ""}),
        (["N:Garza;Eva;;;", "GENDER:M"], {"sex": "M"}),
        (["N:Garza;Eva;;;", "GENDER:U"], {"sex": ""}),
        (["N:Garza;Eva;;;", "N:Otra;Luz;;;"], {"family_name": "Garza"}),
        (["N:Garza;Eva;;;", "TEL;TYPE=cell:81 1234"], {"extra": {"Phone": "81 1234"}}),
    ],
)
def test_what_a_card_says(tmp_path: Path, lines: list[str], expected: dict[str, Any]) -> None:
    row = row_of(tmp_path, *lines)
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (card("KIND:org", "N:Farmacia;;;;"), ["organisation"]),
        (card("NICKNAME:x"), ["no record number and no name"]),
        (card("N:Garza;Eva;;;")[:-12], ["no end"]),
        (card("N:Garza;Eva;;;").replace("END:VCARD\r\n", "") + card("N:Lee;Ann;;;"), ["no end", ""]),
        (card("N:" + "x" * 40_000), ["too long"]),
        (card("N:Garza\ufffd;Eva;;;"), ["cannot be read"]),
        (card("N:Garza;Eva;;;") + "BEGIN:FOO\r\nN:x\r\nEND:FOO\r\n", [""]),
    ],
)
def test_a_card_that_is_not_understood_is_told_and_the_others_are_read(
    tmp_path: Path, content: str, problems: list[str]
) -> None:
    _, rows = told(tmp_path, content)
    assert len(rows) == len(problems)
    for row, problem in zip(rows, problems, strict=True):
        assert (problem in row["problem"]) if problem else not row["problem"]


def test_a_file_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as refused:
        told(tmp_path, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert refused.value.code == "vcard-not-understood"


PEAK = """
import resource, sys, tracemalloc
from patients.listing import read
limits = dict(max_bytes=20 << 20, max_rows=1000, max_columns=12, max_unpacked_bytes=1 << 20)
tracemalloc.start()
read(path=sys.argv[1], scratch=sys.argv[2], kind="vcard", **limits)
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.parametrize(
    "large",
    [
        "PHOTO;ENCODING=b:" + "A" * (8 << 20),
        "NOTE:" + "x" * (8 << 20),
        "NOTE:x" + "\r\n xxxxxxxxxxxxxx" * 40_000,
    ],
    ids=["a picture in one line", "a note in one line", "a note folded without end"],
)
def test_a_property_of_many_megabytes_takes_no_memory(tmp_path: Path, large: str) -> None:
    path = tmp_path / "contacts.vcf"
    path.write_text(card("N:Garza;Eva;;;", large, "X-MRN:7"))
    told_by = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert int(told_by.stdout) < 2 << 20
    (row,) = [json.loads(line) for line in (tmp_path / ROWS_FILE).read_text().splitlines()]
    assert (row["mrn"], row["family_name"]) == ("7", "Garza")
