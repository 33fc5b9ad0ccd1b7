"""Rosters as a script uses them: send, look, apply, take back; every refusal with its code."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from django.conf import LazySettings, settings
from django.test import Client
from django.urls import reverse

from clinics.access import CAPTURE
from clinics.models import AuditEntry, Clinic, User
from files.tables import XLSX_TYPE
from patients.models import Patient, Roster
from patients.rosters import road
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

LIST = (
    "NHC;Apellidos;Nombre;Fecha de nacimiento\n3000003792;Garza Soto;María Esther;1957-04-23\n"
    "0012345;Pereda;=Luz;\n;Nadie;;\n7;Garza Tijerina;María Esther;1957-04-23\n"
).encode()


def post(api: Client, path: str, content: bytes = LIST, **fields: str) -> Any:
    return api.post(f"{API}{path}", {"file": factories.part("list.csv", content), **fields})


def walked(api: Client, roster: dict[str, Any]) -> dict[str, Any]:
    road.work_on(roster["id"])
    answer: dict[str, Any] = api.get(f"{API}/rosters/{roster['id']}").json()
    return answer


@pytest.fixture
def previewed(api: Client, patient: Patient) -> dict[str, Any]:
    return walked(api, post(api, "/rosters/preview").json())


def test_a_preview_changes_nothing_and_says_what_it_would_do(
    previewed: dict[str, Any], patient: Patient
) -> None:
    assert previewed["status"] == "READY"
    assert previewed["counts"] == {
        **{"rows": 4, "added": 2, "changed": 1, "unchanged": 0, "refused": 1, "duplicates": 1},
    }
    assert (previewed["delimiter"], previewed["encoding"]) == (";", "utf-8")
    assert [each["field"] for each in previewed["columns"]] == [
        *("mrn", "family_name", "given_names", "birth_date"),
    ]
    assert list(Patient.objects.all()) == [patient]


def test_rows_are_told_by_what_they_do(api: Client, previewed: dict[str, Any], patient: Patient) -> None:
    def rows(**query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.get(f"{API}/rosters/{previewed['id']}/rows", query).json()["rows"]
        return found

    assert [row["line"] for row in rows()] == [2, 3, 4, 5]
    (changed,) = rows(outcome="changed")
    assert changed["before"] == {"family_name": "Garza Tijerina"}
    assert changed["patient_id"] == str(patient.pk)
    (alike,) = rows(outcome="duplicate")
    assert (alike["line"], alike["look_alike_id"]) == (5, str(patient.pk))
    (refused,) = rows(outcome="refused")
    assert (refused["code"], refused["why"]) == ("no-number", "It has no record number.")
    assert [row["line"] for row in rows(q="soto")] == [2]
    assert [row["line"] for row in rows(q="001", outcome="added")] == [3]
    assert api.get(f"{API}/rosters/{previewed['id']}/rows", {"limit": "1", "page": "3"}).json()["total"] == 4
    assert api.get(f"{API}/rosters/{previewed['id']}/rows", {"outcome": "odd"}).status_code == 400


def test_the_whole_way(api: Client, previewed: dict[str, Any], patient: Patient) -> None:
    url = f"{API}/rosters/{previewed['id']}"
    body = {"leave_out_duplicates": True}
    answer = api.post(f"{url}/apply", body, content_type=JSON)
    assert (answer.status_code, answer.json()["status"]) == (202, "APPLYING")
    assert api.delete(url).json()["code"] == "roster-busy"
    applied = walked(api, previewed)
    assert applied["status"] == "APPLIED"
    assert (applied["counts"]["added"], applied["counts"]["refused"]) == (1, 2)
    assert Patient.objects.get(mrn="0012345").given_names == "=Luz"
    assert api.post(f"{url}/undo", {}, content_type=JSON).status_code == 400
    assert api.post(f"{url}/undo", {"reason": "wrong"}, content_type=JSON).status_code == 202
    undone = walked(api, previewed)
    assert (undone["status"], undone["counts"]["removed"], undone["counts"]["restored"]) == ("UNDONE", 1, 1)
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {
        "roster-received",
        "roster-apply-asked",
        "roster-applied",
        "roster-undone",
        "roster-removed",
    } <= actions


def test_an_import_is_applied_by_itself(api: Client, patient: Patient) -> None:
    answer = post(api, "/rosters", leave_out_duplicates="true")
    assert (answer.status_code, answer.json()["status"]) == (202, "PENDING")
    assert walked(api, answer.json())["status"] == "APPLIED"
    assert not Patient.objects.filter(mrn="7").exists()


def test_columns_can_be_said(api: Client) -> None:
    content = b"X,Y,Z,MRN\nPereda,Luz,0012345,9\n"
    mapping = {"0": "family_name", "1": "given_names", "2": "mrn", "3": ""}
    sent = walked(api, post(api, "/rosters/preview", content, mapping=json.dumps(mapping)).json())
    assert sent["counts"]["added"] == 1
    other = walked(api, post(api, "/rosters/preview", content).json())
    assert other["counts"]["refused"] == 1
    url = f"{API}/rosters/{other['id']}/columns"
    assert (
        api.put(url, {"mapping": {"0": "mrn", "1": "odd"}}, content_type=JSON).json()["code"] == "bad-mapping"
    )
    assert api.put(url, {"mapping": mapping}, content_type=JSON).status_code == 202
    assert walked(api, other)["counts"]["added"] == 1


def test_the_table_runs_nothing_and_is_audited(api: Client, previewed: dict[str, Any]) -> None:
    answer: Any = api.get(f"{API}/rosters/{previewed['id']}/rows.csv", {"outcome": "added"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["line"], row["given_names"]) for row in rows] == [("3", "'=Luz"), ("5", "María Esther")]
    assert rows[1]["looks_like_record_number"] == "3000003792"
    assert AuditEntry.objects.get(action="roster-exported").detail == {"outcome": "added", "format": "csv"}


def test_the_workbook_keeps_text_and_zeros_and_is_audited(api: Client, previewed: dict[str, Any]) -> None:
    answer: Any = api.get(f"{API}/rosters/{previewed['id']}/rows.xlsx", {"outcome": "added"})
    assert (answer.status_code, answer["Content-Type"]) == (200, XLSX_TYPE)
    book = python_calamine.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    header, *rows = book.get_sheet_by_name("Roster").to_python()
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["record_number"], row["given_names"]) for row in found] == [
        ("0012345", "=Luz"),
        ("7", "María Esther"),
    ]
    assert found[1]["birth_date"] == date(1957, 4, 23)
    assert AuditEntry.objects.get(action="roster-exported").detail == {"outcome": "added", "format": "xlsx"}
    assert not list((Path(settings.INTAKE_STAGING_DIR) / "scratch").glob("*")), "nothing stays on the disk"


def test_lists_are_counted_and_paged(api: Client, clinic: Clinic, clinician: User, stranger: User) -> None:
    first, second = (factories.make_roster(clinic, clinician) for _ in range(2))
    factories.make_roster(factories.access_of(stranger).clinic, stranger)
    road.work_on(first.pk)
    page = api.get(f"{API}/rosters", {"limit": "1"}).json()
    assert (page["total"], [each["id"] for each in page["rosters"]]) == (2, [str(second.pk)])
    assert [each["id"] for each in api.get(f"{API}/rosters", {"status": "READY"}).json()["rosters"]] == [
        str(first.pk)
    ]
    stats = api.get(f"{API}/rosters/stats").json()
    assert (stats["total"], stats["counts"]["ready"], stats["counts"]["pending"]) == (2, 1, 1)
    assert api.get(f"{API}/rosters/recent", {"limit": "1"}).json()["rosters"][0]["id"] == str(second.pk)


@pytest.mark.parametrize(
    ("path", "content", "fields", "told"),
    [
        ("/rosters", b"", {}, (400, "empty-file")),
        ("/rosters", b"x" * 2000, {}, (413, "list-too-large")),
        ("/rosters", LIST, {"mapping": "{"}, (400, "invalid")),
        ("/rosters/preview", LIST, {"mapping": '{"0": "odd"}'}, (400, "bad-mapping")),
    ],
)
def test_what_is_refused_says_why(
    *, api: Client, settings: LazySettings, path: str, content: bytes, fields: dict[str, str], told: Any
) -> None:
    settings.INTAKE_MAX_LIST_BYTES = 1000
    answer = post(api, path, content, **fields)
    assert (answer.status_code, answer.json()["code"]) == told
    assert not Roster.objects.exists()


def test_a_form_without_a_file_is_refused(api: Client) -> None:
    answer = api.post(f"{API}/rosters", {})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])


def test_a_failed_one_is_tried_again(api: Client) -> None:
    failed = walked(api, post(api, "/rosters/preview", b"Dear all,\n").json())
    assert (failed["status"], failed["error"]["code"]) == ("FAILED", "list-not-understood")
    url = reverse("patients_api:roster-retry", args=[failed["id"]])
    assert api.post(url).json()["status"] == "PENDING"
    assert api.post(url).json()["code"] == "roster-busy"
    assert walked(api, failed)["status"] == "FAILED"


def test_a_token_for_pictures_imports_nobody(clinician: User) -> None:
    camera = factories.client_of(clinician, scopes=[CAPTURE])
    assert post(camera, "/rosters").status_code == 403
