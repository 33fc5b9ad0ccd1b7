"""Review in a browser without JavaScript: the queue, the evidence, the decision, and taking it back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.actions.review import assign_file, undo_file
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import Clinic, User
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(reviewer: User) -> Client:
    return factories.browser_of(reviewer)


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


def evidence_for(*patients: Patient, verdict: str = "agrees") -> dict[str, Any]:
    piece = {
        "field": "name",
        "value": "garza",
        "verdict": verdict,
        "words": "The surname fits.",
        "source": "file_name",
    }
    candidates = [
        {"patient_id": str(patient.pk), "confidence": 0.714, "evidence": [piece]} for patient in patients
    ]
    return {"decision": "review", "words": "Only a name was found.", "candidates": candidates}


def page_of(browser: Client, file: BatchFile, **query: str) -> str:
    return text_of(browser.get(reverse("batches:review_file", args=[file.pk]), query))


def decide(browser: Client, verb: str, file: BatchFile, **fields: Any) -> str:
    """Press the button; where the page goes afterwards."""
    answer = send(browser, reverse(f"batches:{verb}", args=[file.pk]), **fields)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_an_empty_queue_says_so(browser: Client) -> None:
    assert "The queue is empty" in text_of(browser.get(reverse("batches:review")))


def test_the_queue_shows_each_file_with_its_reason(browser: Client, batch: Batch, patient: Patient) -> None:
    factories.make_file_in_review(batch, "folder/who.jpg", evidence=evidence_for(patient))
    page = text_of(browser.get(reverse("batches:review")))
    assert "who.jpg" in page
    assert "Only a name was found." in page


def test_the_queue_of_one_batch_shows_no_other(browser: Client, batch: Batch, clinician: User) -> None:
    other = factories.make_batch(clinician)
    factories.make_file_in_review(batch, "mine.jpg", seed=1)
    factories.make_file_in_review(other, "other.jpg", seed=2)
    page = text_of(browser.get(reverse("batches:review"), {"batch": str(batch.pk)}))
    assert "mine.jpg" in page
    assert "other.jpg" not in page


def test_candidates_are_shown_with_confidence_and_evidence(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    page = page_of(browser, file)
    assert patient.display_name in page
    assert "71 %" in page
    assert "The surname fits." in page


def test_a_candidate_that_something_speaks_against_is_never_the_main_button(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    agreed = factories.make_file_in_review(batch, seed=1, evidence=evidence_for(patient))
    against = factories.make_file_in_review(
        batch, seed=2, evidence=evidence_for(patient, verdict="disagrees")
    )
    assert "is-offered" in page_of(browser, agreed)
    assert "is-offered" not in page_of(browser, against)


def test_a_candidate_who_was_merged_meanwhile_is_left_out(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    gone = factories.make_patient(clinic, "99", "Anterior", merged_into=patient)
    file = factories.make_file_in_review(batch, evidence=evidence_for(gone))
    assert "Anterior" not in page_of(browser, file)


def test_assigning_files_it_and_goes_to_the_next_one(
    browser: Client, batch: Batch, patient: Patient, reviewer: User
) -> None:
    first = factories.make_file_in_review(batch, "1.jpg", seed=1)
    second = factories.make_file_in_review(batch, "2.jpg", seed=2)
    went_to = decide(browser, "assign", first, patient=str(patient.pk))
    assert went_to == reverse("batches:review_file", args=[second.pk])
    first.refresh_from_db()
    assert (first.status, first.patient, first.decided_by) == (FileStatus.COMPLETED, patient, reviewer)


def test_after_the_last_decision_the_queue_is_empty(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    went_to = decide(browser, "assign", file, patient=str(patient.pk), batch=str(batch.pk))
    assert went_to == f"{reverse('batches:review')}?batch={batch.pk}"
    assert "The queue is empty" in text_of(browser.get(went_to))


def test_setting_aside_puts_it_in_no_chart(browser: Client, batch: Batch) -> None:
    file = factories.make_file_in_review(batch)
    decide(browser, "reject", file, reason="a test shot")
    file.refresh_from_db()
    assert (file.status, file.image) == (FileStatus.CANCELLED, None)
    assert "Set aside" in page_of(browser, file)


def test_the_last_filing_is_offered_to_be_undone(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    decide(browser, "assign", file, patient=str(patient.pk))
    assert "Undo my last filing" in text_of(browser.get(reverse("batches:review")))
    assert decide(browser, "take_back", file) == reverse("batches:review_file", args=[file.pk])
    file.refresh_from_db()
    assert file.status == FileStatus.REVIEW
    assert "taken out of a chart" in text_of(browser.get(reverse("batches:review")))


def test_what_was_filed_last_is_named_with_file_and_patient(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    file = factories.make_file_in_review(batch, "left arm.jpg")
    page = text_of(browser.get(decide(browser, "assign", file, patient=str(patient.pk))))
    assert "left arm.jpg" in page.partition("You filed last:")[2]
    assert patient.display_name in page.partition("You filed last:")[2]


def test_after_an_undo_the_chart_the_person_and_the_reason_are_said_and_nobody_is_offered(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    assign_file(file=file, patient=patient, actor=clinician)
    filed = BatchFile.objects.get(pk=file.pk)
    assert "Confirmed by" in text_of(browser.get(reverse("batches:picture", args=[filed.image_id])))
    undo_file(file=filed, actor=clinician, reason="the other arm")
    review = page_of(browser, file)
    picture = text_of(browser.get(reverse("batches:picture", args=[filed.image_id])))
    for page in (review, picture):
        assert "Taken out of the chart of" in page
        assert f"{patient.display_name}</a> by clinician" in page
        assert "the other arm" in page
    assert "is-offered" not in review
    assert "Confirmed by" not in picture


def test_bytes_that_were_filed_meanwhile_stop_the_first_file_too(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    other = factories.make_patient(clinic, "88", "Otra")
    factories.make_image(clinic, other, twin_of=file.image, is_twin=True)
    page = page_of(browser, file)
    assert "Filed under" in page
    assert "is-offered" not in page


def test_results_of_a_search_have_keys(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    assert 'data-key="1"' in page_of(browser, file, q="tijer").partition('id="found"')[2]


def test_what_somebody_else_filed_is_not_mine_to_undo_in_passing(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=file, patient=patient, actor=clinician)
    assert "Undo my last filing" not in text_of(browser.get(reverse("batches:review")))


def test_two_reviewers_at_once_are_told_who_was_faster(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=BatchFile.objects.get(pk=file.pk), patient=patient, actor=clinician)
    went_to = decide(browser, "assign", file, patient=str(patient.pk))
    assert "decided about this file already" in text_of(browser.get(went_to))
    assert "decided by clinician" in page_of(browser, file)


def test_any_patient_of_the_clinic_can_be_searched(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    page = page_of(browser, file, q="tijer")
    assert "1 patient found" in page
    assert str(patient.pk) in page
    assert "Nobody in the directory fits" in page_of(browser, file, q="zzz")


def test_a_patient_of_another_clinic_cannot_be_assigned(
    browser: Client, batch: Batch, other_clinic: Clinic
) -> None:
    file = factories.make_file_in_review(batch)
    foreign = factories.make_patient(other_clinic, "77", "Ajena")
    for wrong in (str(foreign.pk), "nonsense", ""):
        answer = send(browser, reverse("batches:assign", args=[file.pk]), patient=wrong)
        assert answer.status_code == 404
    file.refresh_from_db()
    assert file.status == FileStatus.REVIEW


def test_the_same_picture_under_another_patient_is_shown_side_by_side(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    twin = factories.make_image(clinic, patient, source_name="filed.jpg")
    file = factories.make_file_in_review(batch, seed=3)
    assert file.image is not None
    type(twin).objects.filter(pk=file.image.pk).update(twin_of=twin, is_twin=True)
    BatchFile.objects.filter(pk=file.pk).update(evidence=evidence_for(patient))
    page = page_of(browser, file)
    assert "The same picture is filed under another patient." in page
    assert "is-offered" not in page
    assert f"Filed under {patient.display_name}" in page
    for picture in (file.image, twin):
        assert reverse("imaging_api:preview", args=[picture.pk]) in page


def test_the_menu_counts_what_waits(browser: Client, batch: Batch) -> None:
    count = reverse("batches:review_count")
    assert "waiting" not in text_of(browser.get(count))
    factories.make_file_in_review(batch)
    assert ">1<" in text_of(browser.get(count))
