"""Moving what is filed, without JavaScript: to another chart, back to review, and with a merge."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.actions.review import assign_file
from batches.models import Batch, BatchFile, BatchUndo
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import Clinic, User
from files import storage
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

WHY = "The wristband says so."


@pytest.fixture
def browser(reviewer: User) -> Client:
    return factories.browser_of(reviewer)


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


@pytest.fixture
def other(clinic: Clinic) -> Patient:
    return factories.make_patient(clinic, "3000004592", "Okafor", "Chidi")


@pytest.fixture
def unknown(clinic: Clinic) -> Patient:
    return factories.make_patient(clinic, "P-KXQHMB", "Garza", "Maria", provisional=True)


@pytest.fixture
def filed(batch: Batch, patient: Patient, clinician: User) -> BatchFile:
    return file_under(patient, batch, clinician)


def file_under(patient: Patient, batch: Batch, actor: User, *, seed: int = 0) -> BatchFile:
    file = factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed)
    assign_file(file=file, patient=patient, actor=actor)
    file.refresh_from_db()
    return file


def page(browser: Client, name: str, pk: object) -> str:
    return text_of(browser.get(reverse(f"batches:{name}", args=[pk]), follow=True))


def press(browser: Client, name: str, pk: object, **fields: Any) -> Any:
    return send(browser, reverse(f"batches:{name}", args=[pk]), **fields)


def patient_of(file: BatchFile) -> Patient | None:
    return BatchFile.objects.get(pk=file.pk).patient


# --- to another chart


def test_a_picture_is_moved_from_its_own_page(
    browser: Client, filed: BatchFile, patient: Patient, other: Patient
) -> None:
    assert "Move to another chart…" in page(browser, "picture", filed.image_id)
    moved = press(browser, "reassign_picture", filed.image_id, patient=other.mrn, reason=WHY)
    assert moved.headers["Location"] == reverse("batches:picture", args=[filed.image_id])
    assert patient_of(filed) == other
    for chart, words in (
        (patient, "1 picture went to the chart of"),
        (other, "1 picture came from the chart of"),
    ):
        shown = page(browser, "chart", chart.pk)
        assert words in shown
        assert WHY in shown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"patient": "", "reason": WHY}, "Say whose it is."),
        ({"patient": "nobody", "reason": WHY}, "No patient has the record number nobody."),
        ({"patient": "3000004592", "reason": ""}, "This field is required."),
        ({"patient": "3000003792", "reason": WHY}, "It is in this patient&#x27;s chart already."),
    ],
    ids=["nobody named", "nobody known", "no reason", "the same chart"],
)
def test_what_is_wrong_with_a_move_is_said_beside_what_was_typed(
    *,
    fields: dict[str, str],
    says: str,
    browser: Client,
    filed: BatchFile,
    patient: Patient,
    other: Patient,
) -> None:
    answer = press(browser, "reassign_picture", filed.image_id, **fields)
    assert answer.status_code in {400, 409}
    assert says in text_of(answer)
    assert fields["reason"] in text_of(answer)
    assert patient_of(filed) == patient


def test_what_is_not_filed_is_not_moved(browser: Client, batch: Batch) -> None:
    waiting = factories.make_file_in_review(batch)
    assert "Only what is filed can be moved" in page(browser, "reassign_picture", waiting.image_id)


def test_what_outlived_its_batch_is_moved_too(
    browser: Client, filed: BatchFile, patient: Patient, other: Patient
) -> None:
    image_id = filed.pk
    filed.batch.delete()
    assert "Move to another chart…" in page(browser, "picture", image_id)
    assert "Move…" in page(browser, "chart", patient.pk)
    press(browser, "reassign_picture", image_id, patient=other.mrn, reason=WHY)
    image = Image.objects.get(pk=image_id)
    assert image.patient == other
    assert storage.open_object(image.original_key).read() == factories.tiny_jpeg()
    assert WHY in page(browser, "chart", patient.pk)


# --- a whole batch


def test_a_batch_is_taken_back_after_saying_what_leaves_whose_chart(
    browser: Client, batch: Batch, patient: Patient, other: Patient, clinician: User
) -> None:
    files = [
        file_under(whose, batch, clinician, seed=seed) for seed, whose in enumerate((patient, patient, other))
    ]
    assert "Take all of it back…" in page(browser, "batch", batch.pk)
    asked = page(browser, "undo_batch", batch.pk)
    assert "3 files leave 2 charts" in asked
    assert f'2 files of <span class="strong">{patient.display_name}' in asked
    assert press(browser, "undo_batch", batch.pk, reason="").status_code == 400
    press(browser, "undo_batch", batch.pk, reason=WHY)
    assert {BatchFile.objects.get(pk=file.pk).status for file in files} == {FileStatus.REVIEW}
    assert "2 pictures left this chart and went back to review" in page(browser, "chart", patient.pk)
    assert "Take all of it back…" not in page(browser, "batch", batch.pk)


def test_a_running_undo_says_how_far_it_is_and_keeps_the_page_up_to_date(
    browser: Client, filed: BatchFile, batch: Batch, reviewer: User
) -> None:
    BatchUndo.objects.create(batch=batch, actor=reviewer, reason=WHY)
    shown = page(browser, "batch", batch.pk)
    assert "1 file is still in its chart" in shown
    assert 'hx-trigger="every 2s"' in shown
    assert "Take all of it back…" not in shown


def test_a_batch_that_has_ended_offers_no_cancel(clinician: User, batch: Batch) -> None:
    factories.send_file(batch, "nobody.jpg", factories.tiny_jpeg())
    for file in BatchFile.objects.all():
        run.process(file.pk)
    browser = factories.browser_of(clinician)
    shown = page(browser, "batch", batch.pk)
    assert "Review 1 file" in shown
    assert "Cancel batch…" not in shown


def test_a_duplicate_is_kept_from_the_page_of_its_batch(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    for folder in ("a", "b"):
        name = f"{folder}/{patient.mrn}_Garza Tijerina_María Esther.jpg"
        run.process(factories.send_file(batch, name, factories.tiny_jpeg()).pk)
    duplicate = BatchFile.objects.get(status=FileStatus.DUPLICATE)
    assert "Keep both" in page(browser, "batch", batch.pk)
    press(browser, "keep_file", duplicate.pk)
    run.process(duplicate.pk)
    assert patient_of(duplicate) == patient


# --- merging


def test_records_are_merged_after_a_preview_and_taken_apart_again(
    browser: Client, batch: Batch, patient: Patient, unknown: Patient, clinician: User
) -> None:
    file = file_under(unknown, batch, clinician)
    assert "Merge into another record…" in page(browser, "chart", unknown.pk)
    chosen = press(browser, "merge", unknown.pk, patient=patient.mrn)
    assert chosen.headers["Location"].endswith(f"?into={patient.pk}"), "no record number in an address"
    preview = text_of(browser.get(chosen.headers["Location"]))
    assert "1 picture and 0 documents" in preview
    assert "The two records do not agree" in preview
    merged = press(browser, "merge", unknown.pk, into=str(patient.pk), reason=WHY)
    assert merged.headers["Location"] == reverse("batches:chart", args=[patient.pk])
    assert patient_of(file) == patient
    chart = page(browser, "chart", patient.pk)
    assert "was merged into this record" in chart
    assert "This record absorbed the record of" in chart
    assert "This record was merged." in page(browser, "chart", unknown.pk)
    merge = unknown.merges.get()
    assert "1 record that came with the merge goes back" in page(browser, "unmerge", merge.pk)
    apart = press(browser, "unmerge", merge.pk)
    assert apart.headers["Location"] == reverse("batches:chart", args=[unknown.pk])
    assert patient_of(file) == unknown
    assert "was merged into this record" not in page(browser, "chart", patient.pk)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"patient": ""}, "Choose the record that stays."),
        ({"patient": "P-KXQHMB"}, "This is the same record."),
        ({"into": "3000003792"}, "Choose the record that stays."),
    ],
    ids=["nobody", "itself", "not an identifier"],
)
def test_a_wrong_choice_is_said_beside_the_field(
    fields: dict[str, str], says: str, browser: Client, patient: Patient, unknown: Patient
) -> None:
    answer = press(browser, "merge", unknown.pk, **fields)
    assert answer.status_code == 400
    assert says in text_of(answer)


def test_a_merge_without_a_reason_is_asked_again(browser: Client, patient: Patient, unknown: Patient) -> None:
    answer = press(browser, "merge", unknown.pk, into=str(patient.pk), reason="")
    assert (answer.status_code, "What moves" in text_of(answer)) == (400, True)
    assert Patient.objects.get(pk=unknown.pk).merged_into is None


def test_a_registered_record_is_merged_by_administrators_only(
    browser: Client, patient: Patient, unknown: Patient, admin_user: User
) -> None:
    assert "Merge into another record…" not in page(browser, "chart", patient.pk)
    refused = press(browser, "merge", patient.pk, into=str(unknown.pk), reason=WHY)
    assert refused.status_code == 403
    assert Patient.objects.get(pk=patient.pk).merged_into is None
    assert "Merge into another record…" in page(factories.browser_of(admin_user), "chart", patient.pk)


def test_a_merge_of_another_clinic_is_not_there(
    browser: Client, unknown: Patient, other_clinic: Clinic
) -> None:
    foreign = factories.make_patient(other_clinic, "1", "Foreign")
    assert press(browser, "merge", unknown.pk, into=str(foreign.pk), reason=WHY).status_code == 404


def test_who_only_looks_sees_the_history_and_no_button(
    viewer: User, filed: BatchFile, patient: Patient, unknown: Patient
) -> None:
    browser = factories.browser_of(viewer)
    shown = page(browser, "chart", patient.pk)
    assert "1 picture came here from review" in shown
    assert "Move…" not in shown
    assert "Merge into another record…" not in page(browser, "chart", unknown.pk)
    assert press(browser, "reassign_picture", filed.image_id).status_code == 403


# --- provisional


def test_a_provisional_record_is_registered_without_a_number(browser: Client, clinic: Clinic) -> None:
    fields = {"mrn": "", "family_name": "Unknown", "provisional": "on"}
    send(browser, reverse("patients:new"), **fields)
    assert Patient.objects.get(family_name="Unknown").mrn.startswith("P-")


def test_a_registered_record_needs_its_number(browser: Client, clinic: Clinic) -> None:
    answer = send(browser, reverse("patients:new"), mrn="", family_name="Unknown")
    assert "Give the record number, or tick Provisional." in text_of(answer)
