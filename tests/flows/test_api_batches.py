"""A batch through the REST interface: made, described, listed, watched, steered, receipted, removed."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.actions.batch import BatchOptions
from batches.models import Batch, BatchFile, Start
from batches.pipeline import run
from batches.states import BatchStatus, FileStatus
from clinics.models import AuditEntry, Clinic, User
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

BATCH_FIELDS = {
    *("id", "batch_number", "source", "status", "patient_id", "processing_type", "priority", "start"),
    *("scheduled_for", "notes", "encounter", "template", "apply_clahe", "join_scans"),
    *("total_files", "progress", "counts"),
    *("created_by", "created_at", "started_at", "ended_at", "paused_at", "expires_at", "version"),
}
FILE_FIELDS = {
    *("id", "path", "name", "size", "sha256", "kind", "status", "patient_id", "confidence", "decision"),
    *("evidence", "image_id", "document_id", "roster_id", "duplicate_of", "error", "attempts"),
    *("received_at", "processed_at"),
}
NAMED = "3000003792_Garza Tijerina_María Esther.jpg"


def create(api: Client, **body: Any) -> Any:
    return api.post(f"{API}/batches", body, content_type=JSON)


def at(batch: Batch, name: str = "batch") -> str:
    return reverse(f"api:{name}", args=[batch.pk])


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


def test_a_batch_from_its_first_name_to_its_receipt(api: Client, patient: Patient) -> None:
    batch_id = create(api, source="DSLR", notes="Left knee").json()["id"]
    picture = factories.tiny_jpeg()
    parts = [factories.part(NAMED, picture), factories.part("broken.jpg", picture[:300])]
    added = api.post(f"{API}/batches/{batch_id}/files", {"file": parts, "path": [f"Monday/{NAMED}", "b.jpg"]})
    assert [file["status"] for file in added.json()["files"]] == ["RECEIVED", "RECEIVED"]
    for file in added.json()["files"]:
        run.process(file["id"])

    found = api.get(f"{API}/batches/{batch_id}").json()
    assert (found["status"], found["progress"], found["total_files"]) == ("PARTIAL", 100, 2)
    filed, broken = found["files"]
    assert set(filed) == FILE_FIELDS
    assert (filed["path"], filed["name"], filed["patient_id"]) == (f"Monday/{NAMED}", NAMED, str(patient.pk))
    assert (broken["status"], broken["error"]["code"]) == ("FAILED", "image-incomplete")
    assert filed["image_id"] == str(Image.objects.get(patient=patient).pk)
    assert {piece["verdict"] for piece in filed["evidence"]} <= {"agrees", "close", "absent"}

    receipt = api.get(f"{API}/batches/{batch_id}/receipt").json()
    assert (receipt["dropped"], receipt["filed"], receipt["failed"], receipt["adds_up"]) == (2, 1, 1, True)
    table = api.get(f"{API}/batches/{batch_id}/receipt.csv")
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode("utf-8-sig"))))
    assert [(row["outcome"], row["record_number"]) for row in rows] == [
        ("filed", patient.mrn),
        ("failed", ""),
    ]
    assert [row["sha256"] for row in rows] == [file["sha256"] for file in receipt["files"]]
    assert "attachment" in table.headers["Content-Disposition"]
    assert AuditEntry.objects.filter(action="receipt-exported", object_id=batch_id).count() == 1


def test_a_new_batch_says_everything_about_itself(api: Client, clinician: User, patient: Patient) -> None:
    answer = create(
        api,
        source="scanner",
        patient_id=str(patient.pk),
        processing_type="both",
        priority="urgent",
        encounter="E-7",
        template="letter",
        apply_clahe=True,
    )
    batch = answer.json()
    assert answer.status_code == 201
    assert set(batch) == BATCH_FIELDS
    assert (batch["status"], batch["total_files"], batch["progress"]) == ("PENDING", 0, 0)
    assert (batch["patient_id"], batch["created_by"]) == (str(patient.pk), str(clinician.pk))
    assert (batch["priority"], batch["processing_type"], batch["apply_clahe"]) == ("urgent", "both", True)
    assert batch["batch_number"].endswith("-00001")
    assert batch["created_at"].endswith("Z")


def test_nothing_must_be_said_of_a_batch(api: Client) -> None:
    batch = create(api).json()
    assert (batch["source"], batch["start"], batch["priority"]) == ("api", "on_arrival", "normal")


@pytest.mark.parametrize(
    ("said", "start", "scheduled_for"),
    [
        ("manual", Start.MANUAL, None),
        ("2026-12-01T22:00:00-06:00", Start.SCHEDULED, "2026-12-02T04:00:00Z"),
    ],
)
def test_a_batch_can_wait(said: str, start: str, scheduled_for: str | None, api: Client) -> None:
    batch = create(api, start=said).json()
    assert (batch["start"], batch["scheduled_for"]) == (start, scheduled_for)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": "floppy"}, "source"),
        ({"priority": 7}, "priority"),
        ({"start": "soon"}, "start"),
        ({"start": ["manual"]}, "start"),
        ({"patient_id": "Garza"}, "patient_id"),
        ({"processing_type": ""}, "processing_type"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"encounter": "x" * 65}, "encounter"),
        ({"apply_clahe": "perhaps"}, "apply_clahe"),
    ],
)
def test_what_makes_no_sense_is_named(body: dict[str, Any], field: str, api: Client) -> None:
    answer = create(api, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["errors"]) == {field}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Batch.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "null"])
def test_a_body_that_is_no_object_is_refused(body: str, api: Client) -> None:
    assert api.post(f"{API}/batches", body, content_type=JSON).status_code == 400


def test_the_list_is_filtered_and_paged(api: Client, clinician: User) -> None:
    batches = [factories.make_batch(clinician, source="phone") for _ in range(3)]
    factories.make_batch(clinician, source="scanner")
    found = api.get(f"{API}/batches?source=phone&page=2&limit=2").json()
    assert set(found) == {"batches", "total", "page", "limit"}
    assert (found["total"], found["page"], found["limit"]) == (3, 2, 2)
    assert [row["id"] for row in found["batches"]] == [str(batches[0].pk)]
    assert api.get(f"{API}/batches?status=FAILED").json()["total"] == 0
    assert api.get(f"{API}/batches?page=99").json()["batches"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=-1", "page"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("status=DONE", "status"),
        ("source=floppy", "source"),
    ],
)
def test_a_bad_query_is_named(query: str, field: str, api: Client) -> None:
    answer = api.get(f"{API}/batches?{query}")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}


def test_a_list_costs_the_same_whatever_its_length(
    api: Client, clinician: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        factories.make_file(factories.make_batch(clinician))
    with django_assert_max_num_queries(7):
        assert len(api.get(f"{API}/batches").json()["batches"]) == 8


def test_statistics_count_every_batch_once(api: Client, clinician: User) -> None:
    for _ in range(2):
        factories.make_batch(clinician)
    found = api.get(f"{API}/batches/stats").json()
    assert (found["total"], found["counts"]["pending"], found["counts"]["expired"]) == (2, 2, 0)
    assert set(found["counts"]) == {status.lower() for status in BatchStatus}


def test_recent_batches_come_newest_first(api: Client, clinician: User) -> None:
    batches = [factories.make_batch(clinician) for _ in range(3)]
    found = api.get(f"{API}/batches/recent?limit=2").json()
    assert [row["id"] for row in found["batches"]] == [str(batches[2].pk), str(batches[1].pk)]


def test_the_status_is_sent_again_only_when_something_changed(api: Client, batch: Batch) -> None:
    first = api.get(at(batch, "batch-status"))
    assert set(first.json()) == {"id", "status", "progress", "counts", "version"}
    assert set(first.json()["counts"]) == {status.lower() for status in FileStatus}
    held = {"If-None-Match": first.headers["ETag"]}
    again = api.get(at(batch, "batch-status"), headers=held)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    factories.send_file(batch, "a.jpg", factories.tiny_jpeg())
    changed = api.get(at(batch, "batch-status"), headers=held)
    assert (changed.status_code, changed.json()["counts"]["received"]) == (200, 1)


def test_two_batches_never_share_an_etag(api: Client, batch: Batch, clinician: User) -> None:
    other = factories.make_batch(clinician)
    held = {"If-None-Match": api.get(at(batch, "batch-status")).headers["ETag"]}
    assert api.get(at(other, "batch-status"), headers=held).status_code == 200


def test_files_are_listed_by_status_and_page(api: Client, batch: Batch) -> None:
    for number in range(3):
        factories.make_file(batch, f"{number}.jpg")
    factories.make_file(batch, "bad.jpg", status=FileStatus.FAILED, error_code="x", error_message="y")
    failed = api.get(f"{at(batch, 'batch-files')}?status=FAILED").json()
    assert [file["error"] for file in failed["files"]] == [{"code": "x", "message": "y"}]
    paged = api.get(f"{at(batch)}?limit=2&page=2").json()
    assert (paged["total"], [file["path"] for file in paged["files"]]) == (4, ["2.jpg", "bad.jpg"])
    assert api.get(f"{at(batch, 'batch-files')}?status=LOST").status_code == 400


def test_what_is_not_known_of_a_file_is_null(api: Client, batch: Batch) -> None:
    factories.make_file(batch)
    (file,) = api.get(at(batch, "batch-files")).json()["files"]
    unknown = {name for name, value in file.items() if value is None}
    assert unknown == FILE_FIELDS - {"id", "path", "name", "size", "status", "evidence", "attempts"}


def test_notes_can_be_changed_at_any_time(api: Client, batch: Batch) -> None:
    api.post(at(batch, "batch-cancel"))
    answer = api.patch(at(batch), {"notes": "Card was damaged"}, content_type=JSON)
    assert (answer.status_code, answer.json()["notes"]) == (200, "Card was damaged")
    assert api.patch(at(batch), {}, content_type=JSON).status_code == 400


def test_a_patient_for_the_whole_batch_before_it_starts(api: Client, batch: Batch, patient: Patient) -> None:
    url = at(batch, "batch-patient")
    assert api.put(url, {"patient_id": str(patient.pk)}, content_type=JSON).json()["patient_id"] == str(
        patient.pk
    )
    assert api.put(url, {"patient_id": None}, content_type=JSON).json()["patient_id"] is None
    api.post(at(batch, "batch-process"))
    late = api.put(url, {"patient_id": str(patient.pk)}, content_type=JSON)
    assert (late.status_code, late.json()["code"]) == (409, "batch-started")


def test_pause_resume_and_cancel_are_accepted_and_shown(api: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician, start="manual")
    factories.send_file(batch, "a.jpg", factories.tiny_jpeg())
    paused = api.post(at(batch, "batch-pause"))
    assert (paused.status_code, paused.json()["paused_at"] is None) == (202, False)
    assert api.post(at(batch, "batch-resume")).json()["paused_at"] is None
    started = api.post(at(batch, "batch-process"))
    assert (started.status_code, started.json()["status"]) == (202, "PROCESSING")
    assert api.post(at(batch, "batch-cancel")).json()["status"] == "CANCELLED"
    for verb in ("pause", "resume", "process", "retry", "cancel"):
        answer = api.post(at(batch, f"batch-{verb}"))
        assert (verb, answer.status_code) == (verb, 409)


def test_what_failed_is_tried_again_without_uploading(api: Client, batch: Batch) -> None:
    file = factories.send_file(batch, "a.jpg", b"\xff\xd8\xff broken")
    run.process(file.pk)
    assert BatchFile.objects.get(pk=file.pk).status == FileStatus.FAILED
    answer = api.post(at(batch, "batch-retry"))
    assert (answer.status_code, answer.json()["counts"]["received"]) == (202, 1)


def test_deleting_cancels_a_running_batch_and_removes_an_ended_one(api: Client, batch: Batch) -> None:
    factories.make_file(batch)
    assert api.delete(at(batch)).status_code == 204
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED
    assert api.delete(at(batch)).status_code == 204
    assert api.get(at(batch)).status_code == 404


def test_analytics_tell_what_became_of_a_period(api: Client, batch: Batch, clinic: Clinic) -> None:
    now = datetime(2026, 5, 6, 12, tzinfo=UTC)
    Batch.objects.filter(pk=batch.pk).update(created_at=now)
    times = {"received_at": now, "processed_at": now + timedelta(seconds=4)}
    factories.make_file(
        batch, "a", status=FileStatus.COMPLETED, patient=factories.make_garza(clinic), **times
    )
    factories.make_file(batch, "b", status=FileStatus.FAILED, **times)
    found = api.get(f"{API}/batches/analytics?from=2026-05-01&to=2026-05-31").json()
    (week,) = found["by_week"]
    assert (week["key"], week["files"], week["success_rate"], week["mean_seconds"]) == (
        "2026-05-04",
        2,
        0.5,
        4.0,
    )
    assert [line["key"] for line in found["by_source"]] == ["folder_import"]
    assert found["total"]["filed"] == 1
    assert api.get(f"{API}/batches/analytics?from=2026-06-01&to=2026-06-30").json()["total"]["files"] == 0


@pytest.mark.parametrize(
    "query", ["from=2026-06-02&to=2026-06-01", "from=0001-01-01", "to=9999-12-31", "from=May"]
)
def test_a_period_must_make_sense(query: str, api: Client) -> None:
    assert api.get(f"{API}/batches/analytics?{query}").status_code == 400


def test_processing_types_are_listed(api: Client) -> None:
    found = api.get(f"{API}/processing-types").json()["processing_types"]
    assert [kind["id"] for kind in found] == ["vectorized", "complete", "both"]
    assert [kind["is_default"] for kind in found] == [False, False, True]


def test_where_nobody_chooses_the_text_is_kept_and_found_by_meaning_too(api: Client, clinician: User) -> None:
    assert create(api).json()["processing_type"] == "both"
    uploaded = api.post(f"{API}/batches/upload", {"files": [factories.part("a.jpg", factories.tiny_jpeg())]})
    assert Batch.objects.get(pk=uploaded.json()["id"]).processing_type == "both"
    page = factories.browser_of(clinician).get(reverse("batches:new")).content.decode()
    assert '<option value="both" selected>' in page
    assert BatchOptions().processing_type == "both", "as import_folder has it"
