"""Decisions through the REST interface: what a reviewer sees, assigns, sets aside and takes back."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, User
from files import staging, storage
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

MATCH = {
    "reason": "number-and-name-disagree",
    "rule_version": "1",
    "clues": [
        {"field": "number", "value": "12", "source": "file_name", "place": "later"},
        {"field": "record_number", "value": "3000003792", "source": "file_name", "place": "first"},
        {"field": "name", "value": "GARZA", "source": "folder", "place": ""},
    ],
}
PIECE = {
    "field": "record_number",
    "value": "3000003792",
    "verdict": "agrees",
    "words": "The number is this patient's.",
    "source": "file_name",
}


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


@pytest.fixture
def api(reviewer: User) -> Client:
    """Who decides need not be able to upload."""
    return factories.client_of(reviewer)


def at(file: BatchFile, verb: str = "") -> str:
    return reverse(f"api:file-{verb}" if verb else "api:file", args=[file.pk])


def decide(api: Client, file: BatchFile, verb: str, **body: Any) -> Any:
    return api.post(at(file, verb), body, content_type=JSON)


def candidate(patient_id: object) -> dict[str, Any]:
    return {"patient_id": str(patient_id), "confidence": 0.71, "evidence": [PIECE]}


def test_a_reviewer_sees_what_was_read_and_whose_it_may_be(
    api: Client, batch: Batch, patient: Patient
) -> None:
    gone = candidate(uuid.uuid4())
    evidence = MATCH | {"evidence": [PIECE], "candidates": [candidate(patient.pk), gone]}
    file = factories.make_file_in_review(batch, evidence=evidence, confidence=0.71)
    (seen,) = api.get(f"{API}/review").json()["files"]
    assert (seen["id"], seen["batch_number"], seen["confidence"]) == (str(file.pk), batch.batch_number, 0.71)
    assert seen["parsed"] == {
        "record_number": "3000003792",
        "name": "GARZA",
        "birth_date": None,
        "episode": None,
        "document_type": None,
    }
    (found,) = seen["candidates"]
    assert (found["patient"]["mrn"], found["confidence"]) == (patient.mrn, 0.71)
    assert found["evidence"] == seen["evidence"] == [PIECE]
    assert (seen["reason"], seen["rule_version"]) == (MATCH["reason"], "1")
    assert api.get(seen["thumbnail_url"]).status_code == 200
    assert api.get(at(file)).json() == seen


def test_a_candidate_of_another_clinic_is_never_shown(
    api: Client, batch: Batch, other_clinic: Clinic
) -> None:
    foreign = factories.make_patient(other_clinic, "1", "Foreign")
    factories.make_file_in_review(batch, evidence={"candidates": [candidate(foreign.pk)]})
    assert api.get(f"{API}/review").json()["files"][0]["candidates"] == []


def test_the_queue_holds_every_batch_and_a_batch_only_its_own(
    api: Client, batch: Batch, clinician: User
) -> None:
    factories.make_file_in_review(batch, seed=1)
    factories.make_file_in_review(factories.make_batch(clinician), seed=2)
    assert api.get(f"{API}/review").json()["total"] == 2
    assert api.get(f"{API}/review?limit=1&page=2").json()["limit"] == 1
    assert api.get(reverse("api:batch-review", args=[batch.pk])).json()["total"] == 1


def test_the_queue_costs_the_same_whatever_its_length(
    api: Client, batch: Batch, patient: Patient, django_assert_max_num_queries: Any
) -> None:
    for seed in range(6):
        factories.make_file_in_review(batch, seed=seed, evidence={"candidates": [candidate(patient.pk)]})
    with django_assert_max_num_queries(7):
        assert len(api.get(f"{API}/review").json()["files"]) == 6


def test_assigning_files_the_picture_with_its_reason_and_audit(
    api: Client, batch: Batch, patient: Patient, reviewer: User
) -> None:
    file = factories.make_file_in_review(batch)
    answer = decide(api, file, "assign", patient_id=str(patient.pk), reason="wristband in the picture")
    assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETED")
    assert (answer.json()["patient_id"], answer.json()["decision"]) == (str(patient.pk), "assigned")
    image = Image.objects.get(patient=patient)
    assert storage.open_object(image.original_key).read() == factories.tiny_jpeg()
    entry = AuditEntry.objects.get(action="file-assigned")
    assert (entry.actor, entry.object_id) == (reviewer, str(file.pk))


def test_who_comes_second_is_told_so(api: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    decide(api, file, "assign", patient_id=str(patient.pk))
    for verb, body in (("assign", {"patient_id": str(patient.pk)}), ("reject", {})):
        late = decide(api, file, verb, **body)
        assert (late.status_code, late.json()["code"]) == (409, "decided-already")


def test_a_merged_patient_cannot_be_chosen(
    api: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    merged = factories.make_patient(clinic, "9", "Garza", merged_into=patient)
    late = decide(api, factories.make_file_in_review(batch), "assign", patient_id=str(merged.pk))
    assert (late.status_code, late.json()["code"]) == (409, "patient-gone")


@pytest.mark.parametrize("body", [{}, {"patient_id": None}, {"patient_id": "x"}])
def test_assigning_needs_a_patient(body: dict[str, Any], api: Client, batch: Batch) -> None:
    answer = decide(api, factories.make_file_in_review(batch), "assign", **body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"patient_id"})


def test_a_rejected_file_is_in_no_chart_and_can_be_tried_again(api: Client, batch: Batch) -> None:
    file = factories.make_file_in_review(batch)
    rejected = decide(api, file, "reject", reason="a photograph of the floor").json()
    assert (rejected["status"], rejected["image_id"]) == ("CANCELLED", None)
    assert not Image.objects.exists()
    again = decide(api, file, "retry")
    assert (again.status_code, again.json()["status"]) == (200, "RECEIVED")


def test_undo_takes_a_picture_out_of_its_chart(api: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    decide(api, file, "assign", patient_id=str(patient.pk))
    undone = decide(api, file, "undo", reason="the other sister").json()
    assert (undone["status"], undone["patient_id"]) == ("REVIEW", None)
    file.refresh_from_db()
    assert staging.path_of(file.storage_key).read_bytes() == factories.tiny_jpeg()
    assert not Image.objects.get().patient


@pytest.mark.parametrize(("verb", "code"), [("retry", "not-retriable"), ("undo", "not-filed")])
def test_what_cannot_be_done_is_said(verb: str, code: str, api: Client, batch: Batch) -> None:
    answer = decide(api, factories.make_file_in_review(batch), verb)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_failed_file_is_tried_again(api: Client, batch: Batch) -> None:
    file = factories.send_file(batch, "a.jpg", b"\xff\xd8\xff broken")
    run.process(file.pk)
    assert decide(api, file, "retry").json()["status"] == "RECEIVED"


def test_one_file_is_removed_before_it_is_settled(clinician: User, batch: Batch) -> None:
    uploader = factories.client_of(clinician)
    file = factories.send_file(batch, "a.jpg", factories.tiny_jpeg())
    assert uploader.delete(at(file)).status_code == 204
    assert uploader.get(at(file)).json()["status"] == "CANCELLED"
    late = uploader.delete(at(factories.make_file_in_review(batch)))
    assert (late.status_code, late.json()["code"]) == (409, "file-settled")


def test_a_duplicate_names_its_twin(api: Client, batch: Batch, patient: Patient) -> None:
    named = f"{patient.mrn}_Garza Tijerina_María Esther.jpg"
    first = factories.send_file(batch, named, factories.tiny_jpeg())
    second = factories.send_file(batch, f"copy/{named}", factories.tiny_jpeg())
    for file in (first, second):
        run.process(file.pk)
    seen = api.get(at(second)).json()
    assert (seen["status"], seen["duplicate_of"]) == ("DUPLICATE", str(Image.objects.get().pk))
    assert api.get(at(first)).json()["duplicate_of"] is None


# --- one decision for several files


def test_each_file_of_a_decision_stands_alone(
    api: Client, batch: Batch, patient: Patient, stranger: User
) -> None:
    good = factories.make_file_in_review(batch, seed=1)
    failed = factories.make_file(batch, status=FileStatus.FAILED)
    foreign = factories.make_file_in_review(factories.make_batch(stranger), seed=2)
    ids = [str(file.pk) for file in (failed, good, foreign)]
    body = {"file_ids": ids, "action": "assign", "patient_id": str(patient.pk)}
    answer = api.post(f"{API}/review/decide", body, content_type=JSON)
    results = [
        (row["file_id"], row["status"], (row["error"] or {}).get("code")) for row in answer.json()["results"]
    ]
    assert answer.status_code == 200
    assert results == [
        (ids[0], "FAILED", "decided-already"),
        (ids[1], "COMPLETED", None),
        (ids[2], None, "not-found"),
    ]
    assert (answer.json()["decided"], answer.json()["refused"]) == (1, 2)
    foreign.refresh_from_db()
    assert foreign.status == FileStatus.REVIEW


@pytest.mark.parametrize("action", ["reject", "retry", "undo", "reassign"])
def test_every_decision_can_be_made_for_several(
    action: str, api: Client, batch: Batch, patient: Patient
) -> None:
    file, other = factories.make_file_in_review(batch), factories.make_patient(batch.clinic, "7", "Other")
    if action != "reject":
        decide(api, file, "reject" if action == "retry" else "assign", patient_id=str(patient.pk))
    body = {"file_ids": [str(file.pk)], "action": action, "reason": "a mix-up", "patient_id": str(other.pk)}
    answer = api.post(f"{API}/review/decide", body, content_type=JSON)
    assert (answer.json()["decided"], answer.json()["refused"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "assign", "file_ids": [str(uuid.UUID(int=1))]}, "patient_id"),
        ({"action": "reassign", "file_ids": [str(uuid.UUID(int=1))], "reason": "x"}, "patient_id"),
        ({"action": "burn", "file_ids": [str(uuid.UUID(int=1))]}, "action"),
        ({"action": "reject", "file_ids": []}, "file_ids"),
        ({"action": "reject", "file_ids": [str(uuid.UUID(int=1))] * 501}, "file_ids"),
        ({"action": "reject", "file_ids": ["x"]}, "file_ids.0"),
    ],
)
def test_a_decision_that_makes_no_sense_is_named(body: dict[str, Any], field: str, api: Client) -> None:
    answer = api.post(f"{API}/review/decide", body, content_type=JSON)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


# --- what a file says of its decision


def test_a_file_says_in_words_how_it_was_decided_and_by_whom(
    api: Client, batch: Batch, patient: Patient, reviewer: User
) -> None:
    second = factories.make_patient(batch.clinic, "3000004592", "Okafor")
    evidence = MATCH | {
        "patient_id": str(patient.pk),
        "words": "The number is this patient's, the name is not.",
        "gap": 0.4,
        "evidence": [PIECE],
        "candidates": [candidate(patient.pk), candidate(second.pk) | {"confidence": 0.31}],
    }
    file = factories.make_file_in_review(batch, evidence=evidence, confidence=0.71)
    before = api.get(at(file)).json()
    assert (before["words"], before["gap"], before["rule_version"]) == (evidence["words"], 0.4, "1")
    assert (before["runner_up"]["patient"]["mrn"], before["runner_up"]["confidence"]) == (second.mrn, 0.31)
    assert before["decided_by"] is None
    decide(api, file, "assign", patient_id=str(patient.pk))
    assert api.get(at(file)).json()["decided_by"] == {"id": str(reviewer.pk), "name": reviewer.username}


# --- to another chart, kept both, set aside


def test_what_is_filed_moves_to_another_chart_with_its_reason(
    api: Client, batch: Batch, patient: Patient
) -> None:
    other = factories.make_patient(batch.clinic, "3000004592", "Okafor")
    file = factories.make_file_in_review(batch)
    decide(api, file, "assign", patient_id=str(patient.pk))
    nameless = decide(api, file, "reassign", patient_id=str(other.pk))
    assert (nameless.status_code, set(nameless.json()["errors"])) == (400, {"reason"})
    moved = decide(api, file, "reassign", patient_id=str(other.pk), reason="the other sister").json()
    assert (moved["status"], moved["patient_id"]) == ("COMPLETED", str(other.pk))
    again = decide(api, file, "reassign", patient_id=str(other.pk), reason="the other sister")
    assert (again.status_code, again.json()["code"]) == (409, "same-patient")


def test_nothing_moves_to_a_patient_of_another_clinic(
    api: Client, batch: Batch, patient: Patient, other_clinic: Clinic
) -> None:
    foreign = factories.make_patient(other_clinic, "1", "Foreign")
    file = factories.make_file_in_review(batch)
    for verb in ("assign", "reassign", "keep"):
        answer = decide(api, file, verb, patient_id=str(foreign.pk), reason="x")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        decide(api, file, "assign", patient_id=str(patient.pk))
    assert BatchFile.objects.get(pk=file.pk).patient == patient


@pytest.fixture
def stopped(api: Client, batch: Batch, patient: Patient) -> BatchFile:
    """The same bytes as a filed picture, under another name."""
    first = factories.send_file(
        batch, f"{patient.mrn}_Garza Tijerina_María Esther.jpg", factories.tiny_jpeg()
    )
    other = factories.make_patient(batch.clinic, "3000004592", "Okafor", "Chidi")
    second = factories.send_file(batch, f"{other.mrn}_Okafor_Chidi.jpg", factories.tiny_jpeg())
    for file in (first, second):
        run.process(file.pk)
    second.refresh_from_db()
    assert second.status == FileStatus.REVIEW
    return second


def test_the_same_bytes_are_kept_in_both_charts(api: Client, stopped: BatchFile) -> None:
    kept = decide(api, stopped, "keep")
    assert (kept.status_code, kept.json()["status"]) == (200, "COMPLETED")
    assert len(set(Image.objects.values_list("patient", flat=True))) == 2


def test_the_same_bytes_are_set_aside_and_fetched_back(api: Client, stopped: BatchFile) -> None:
    assert decide(api, stopped, "duplicate", reason="sent twice").json()["status"] == "DUPLICATE"
    back = decide(api, stopped, "keep").json()
    assert (back["status"], back["keep_both"]) == ("RECEIVED", True)


def test_a_duplicate_is_taken_back_like_a_filing(api: Client, stopped: BatchFile) -> None:
    decide(api, stopped, "duplicate")
    back = decide(api, stopped, "undo", reason="not the same").json()
    assert (back["status"], back["keep_both"]) == ("RECEIVED", False)
    run.process(stopped.pk)
    assert api.get(at(stopped)).json()["status"] == "REVIEW"


@pytest.mark.parametrize(("action", "status"), [("keep", "COMPLETED"), ("duplicate", "DUPLICATE")])
def test_twins_are_decided_together_too(action: str, status: str, api: Client, stopped: BatchFile) -> None:
    body = {"file_ids": [str(stopped.pk)], "action": action}
    (line,) = api.post(f"{API}/review/decide", body, content_type=JSON).json()["results"]
    assert (line["status"], line["error"]) == (status, None)


# --- a whole batch


def test_a_batch_is_taken_back_with_a_reason(api: Client, batch: Batch, patient: Patient) -> None:
    for seed in range(3):
        file = factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed)
        decide(api, file, "assign", patient_id=str(patient.pk))
    address = reverse("api:batch-undo", args=[batch.pk])
    assert api.post(address, {}, content_type=JSON).status_code == 400
    answer = api.post(address, {"reason": "the wrong card"}, content_type=JSON)
    assert (answer.status_code, answer.json()["counts"]["review"]) == (202, 3)
    again = api.post(address, {"reason": "the wrong card"}, content_type=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "nothing-filed")
