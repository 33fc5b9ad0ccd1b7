"""Review in a browser without JavaScript: the same picture twice, taking back, others at the same time;
and what the scripts of the desk ask for.
"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batches.actions.review import assign_file, undo_file
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import Clinic, User
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.flows.desk_calls import ask, decide, evidence_for, image_of, page_of, press, statuses
from tests.flows.page_calls import text_of

pytestmark = pytest.mark.django_db


# --- The same picture twice


@pytest.fixture
def twins(batch: Batch, patient: Patient, clinic: Clinic) -> tuple[BatchFile, Image, Patient]:
    """A file that is meant for Otra, its bytes in the chart of Garza, and Otra."""
    other = factories.make_patient(clinic, "88", "Otra", "Ana")
    twin = factories.make_image(clinic, patient, source_name="filed.jpg", content=factories.tiny_jpeg(50))
    file = factories.make_file_in_review(batch, seed=3, evidence=evidence_for(other))
    Image.objects.filter(pk=image_of(file).pk).update(twin_of=twin, is_twin=True)
    return file, twin, other


def test_the_same_picture_under_another_patient_is_shown_beside_it_with_both_charts(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient, clinic: Clinic
) -> None:
    file, twin, other = twins
    charts = [
        factories.make_image(clinic, one, content=factories.tiny_jpeg(60 + n))
        for n, one in enumerate((patient, other))
    ]
    page = page_of(browser, file)
    assert "The same picture is filed under another patient." in page
    assert "is-offered" not in page
    assert f"meant for {other.display_name}" in page
    assert f"{patient.display_name}</a>" in page.partition("Filed under")[2]
    assert all(reverse("imaging_api:preview", args=[pk]) in page for pk in (file.image_id, twin.pk))
    assert all(reverse("imaging_api:thumbnail", args=[image.pk]) in page for image in charts)


def test_keeping_both_files_it_where_it_was_meant_to_go(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient
) -> None:
    file, twin, other = twins
    decide(browser, "keep_both", file, patient=str(other.pk))
    file.refresh_from_db()
    twin.refresh_from_db()
    assert (file.status, file.patient, twin.patient) == (FileStatus.COMPLETED, other, patient)


def test_a_duplicate_is_set_aside_and_the_filed_one_stays(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient
) -> None:
    file, twin, _ = twins
    decide(browser, "duplicate", file)
    file.refresh_from_db()
    twin.refresh_from_db()
    assert (file.status, file.image, twin.patient) == (FileStatus.DUPLICATE, twin, patient)
    page = text_of(browser.get(reverse("batches:review")))
    assert "set aside as a duplicate" in page
    assert decide(browser, "undo_last") == reverse("batches:review")
    Batch.objects.update(started_at=timezone.now())
    run.process(file.pk)
    file.refresh_from_db()
    assert (file.status, file.patient) == (FileStatus.REVIEW, None)
    assert "Filed under" in page_of(browser, file), "the other chart is beside it again"


def test_bytes_that_were_filed_meanwhile_stop_the_first_file_too(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    other = factories.make_patient(clinic, "88", "Otra")
    factories.make_image(clinic, other, twin_of=file.image, is_twin=True)
    page = page_of(browser, file)
    assert "Filed under" in page
    assert "is-offered" not in page


# --- Taking it back


def test_a_group_is_taken_back_whole(browser: Client, trio: list[BatchFile], patient: Patient) -> None:
    decide(browser, "assign", *trio, patient=str(patient.pk))
    page = text_of(browser.get(reverse("batches:review")))
    assert "3 files</span> in the chart of" in page
    assert patient.display_name in page
    assert decide(browser, "undo_last") == reverse("batches:review_file", args=[trio[0].pk])
    assert set(statuses(*trio)) == {FileStatus.REVIEW}
    assert "1 of 3" in page_of(browser, trio[0])


def test_decisions_are_taken_back_one_after_the_other(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    files = [factories.make_file_in_review(batch, f"{n}/a.jpg", seed=n) for n in range(3)]
    for file in files:
        decide(browser, "assign", file, patient=str(patient.pk))
    decide(browser, "undo_last")
    decide(browser, "undo_last")
    assert statuses(*files) == [FileStatus.COMPLETED, FileStatus.REVIEW, FileStatus.REVIEW]


def test_what_was_set_aside_is_read_again(browser: Client, batch: Batch) -> None:
    file = factories.make_file_in_review(batch)
    decide(browser, "reject", file)
    assert decide(browser, "undo_last") == reverse("batches:review")
    assert statuses(file) == [FileStatus.RECEIVED]


def test_what_somebody_else_filed_is_not_mine_to_undo_in_passing(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=file, patient=patient, actor=clinician)
    assert reverse("batches:undo_last") not in text_of(browser.get(reverse("batches:review")))
    assert ask(browser, "undo_last").status_code == 409
    assert statuses(file) == [FileStatus.COMPLETED]


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


# --- Others at the same time


def test_two_reviewers_at_once_are_told_who_was_faster(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=BatchFile.objects.get(pk=file.pk), patient=patient, actor=clinician)
    went_to = decide(browser, "assign", file, patient=str(patient.pk))
    assert "decided about this file already" in text_of(browser.get(went_to))
    assert "decided by clinician" in page_of(browser, file)


def test_a_patient_or_a_file_of_another_clinic_cannot_be_named(
    browser: Client, batch: Batch, patient: Patient, other_clinic: Clinic, stranger: User
) -> None:
    file = factories.make_file_in_review(batch, seed=1)
    foreign = factories.make_patient(other_clinic, "77", "Ajena")
    theirs = factories.make_file_in_review(factories.make_batch(stranger), seed=2)
    for wrong in (str(foreign.pk), "nonsense", ""):
        assert press(browser, "assign", file, patient=wrong).status_code == 404
    for named in ([theirs], [file, theirs], []):
        assert press(browser, "assign", *named, patient=str(patient.pk)).status_code == 404
    assert statuses(file, theirs) == [FileStatus.REVIEW, FileStatus.REVIEW]


# --- What the scripts of the desk ask for


def test_a_script_is_told_of_each_file_what_became_of_it(
    browser: Client, trio: list[BatchFile], patient: Patient, clinician: User
) -> None:
    assign_file(file=trio[2], patient=patient, actor=clinician)
    answer = ask(browser, "assign", *trio, patient=str(patient.pk)).json()
    assert answer["done"] == [str(trio[0].pk), str(trio[1].pk)]
    (refused,) = answer["refused"]
    assert (refused["name"], refused["code"]) == ("garza_3.jpg", "decided-already")
    assert "decided about this file already" in refused["says"]


def test_a_script_gets_the_next_desk_alone_and_is_told_when_there_is_none(
    browser: Client, trio: list[BatchFile], batch: Batch
) -> None:
    other = factories.make_file_in_review(batch, "b/other.jpg", seed=9)
    page_of(browser, trio[0])
    answer = ask(browser, "next_group", after=str(trio[0].pk))
    part = text_of(answer)
    assert part.startswith('<article id="desk"')
    assert str(other.pk) in part
    assert BatchFile.objects.get(pk=other.pk).reviewer is not None
    assert ask(browser, "next_group", after=str(trio[0].pk)).status_code == 204


def test_a_group_is_held_on_and_let_go(browser: Client, trio: list[BatchFile], clinician: User) -> None:
    page_of(browser, trio[0])
    assert ask(browser, "hold", *trio).json() == {"held": True}
    rival = factories.browser_of(clinician)
    assert ask(rival, "hold", *trio).json() == {"held": False}
    assert ask(rival, "release", *trio).status_code == 204
    assert ask(rival, "hold", *trio).json() == {"held": False}
    ask(browser, "release", *trio)
    assert ask(rival, "hold", *trio).json() == {"held": True}


def test_an_undo_by_script_says_which_group_to_open(
    browser: Client, trio: list[BatchFile], patient: Patient
) -> None:
    ask(browser, "assign", *trio, patient=str(patient.pk))
    answer = ask(browser, "undo_last").json()
    assert answer == {"file": str(trio[0].pk), "done": 3, "refused": []}
