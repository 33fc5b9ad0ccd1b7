"""The road of one file on real bytes: filed, held, duplicate, failed; and what happens when the world moves
meanwhile.
"""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from batches import claims, selectors
from batches.actions.batch import cancel_batch
from batches.claims import ClaimLost
from batches.context import Known
from batches.demo import pdf, pictures
from batches.models import Batch, BatchFile
from batches.pipeline import run, steps
from batches.states import BatchStatus, FileStatus
from clinics.models import User
from documents.models import Document
from files import scratch, staging
from imaging.models import Image
from patients.models import Patient
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

PICTURE = pictures.photograph(1, None)
OTHER = pictures.photograph(2, None)
NAMED = "3000003792_Garza Tijerina_María Esther.jpg"
OF_OKAFOR = "3000004592_Okafor_Chidi.jpg"


def test_a_picture_with_number_and_name_is_in_the_chart_with_its_variants(
    send: Send, garza: Patient, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = send(NAMED, PICTURE, walk=True)
    image = Image.objects.get(patient=garza)
    assert (file.status, file.image_id, file.patient) == (FileStatus.COMPLETED, image.pk, garza)
    assert {(v.name, max(v.width, v.height)) for v in image.variants.all()} == {
        ("thumbnail", 150),
        ("preview", 800),
    }
    assert default_storage.open(image.original_key).read() == PICTURE
    assert all(default_storage.exists(variant.key) for variant in image.variants.all())
    assert not list(staging.keys()), "the staged copy goes once the original is filed"


def test_the_stored_keys_hold_no_name(send: Send, garza: Patient) -> None:
    send(NAMED, PICTURE, walk=True)
    image = Image.objects.get(patient=garza)
    keys = [image.original_key, *image.variants.values_list("key", flat=True)]
    assert not [key for key in keys if "arza" in key or "3000003792" in key]


def test_a_letter_is_in_the_chart_with_its_text(send: Send, garza: Patient) -> None:
    name = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf"
    file = send(name, pdf.letter([["Consultation", "No allergies."], ["Laboratory"]]), walk=True)
    document = Document.objects.get(patient=garza)
    assert file.document_id == document.pk
    assert document.page_count == 2
    assert "No allergies." in document.pages.get(number=1).text
    assert document.variants.filter(name="preview").exists()


def test_a_nameless_picture_waits_for_review_with_a_preview(send: Send, garza: Patient) -> None:
    file = send("DSC_0412.jpg", PICTURE, walk=True)
    assert (file.status, file.patient) == (FileStatus.REVIEW, None)
    assert file.image is not None
    assert file.image.patient is None
    assert file.image.variants.count() == 2
    assert staging.path_of(file.storage_key).read_bytes() == PICTURE


def test_number_and_name_that_disagree_go_to_review(send: Send, garza: Patient, okafor: Patient) -> None:
    file = send("3000003792_Okafor_Chidi.jpg", PICTURE, walk=True)
    assert file.status == FileStatus.REVIEW


def test_a_second_copy_is_a_duplicate_that_names_its_twin(
    send: Send, garza: Patient, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = send(NAMED, PICTURE, walk=True)
        second = send(f"copy/{NAMED}", PICTURE, walk=True)
    assert (second.status, second.image_id) == (FileStatus.DUPLICATE, first.image_id)
    assert Image.objects.count() == 1
    assert not list(staging.keys())


def test_the_same_bytes_under_another_patient_stop_and_show_both(
    send: Send, garza: Patient, okafor: Patient
) -> None:
    send(NAMED, PICTURE, walk=True)
    second = send(OF_OKAFOR, PICTURE, walk=True)
    assert second.status == FileStatus.REVIEW
    assert second.events.latest("id").code == "same-bytes-other-patient"
    assert second.image is not None
    assert second.image.twin_of is not None
    assert second.image.twin_of.patient == garza


def test_a_duplicate_of_an_undecided_picture_keeps_its_bytes(send: Send, garza: Patient) -> None:
    send("DSC_0412.jpg", PICTURE, walk=True)
    copy = send("DSC_0413.jpg", PICTURE, walk=True)
    assert copy.status == FileStatus.DUPLICATE
    assert staging.path_of(copy.storage_key).exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PICTURE[: len(PICTURE) // 3], "image-incomplete"),
        (b"<!doctype html><p>Sign in", "unsupported-kind"),
        (b"%PDF-1.4\n" + bytes(300), "pdf-damaged"),
        (b"plain words", "unsupported-kind"),
    ],
)
def test_a_broken_file_fails_with_its_reason_and_its_digest(send: Send, content: bytes, code: str) -> None:
    file = send("3000003792_a.jpg", content, walk=True)
    assert (file.status, file.error_code) == (FileStatus.FAILED, code)
    assert file.error_message
    assert file.sha256
    assert file.has_all_bytes, "so that it can be tried again without uploading"


def test_one_bad_file_never_stops_the_others(send: Send, batch: Batch, garza: Patient) -> None:
    for number, content in enumerate([b"broken", PICTURE, OTHER]):
        send(f"{number}/{NAMED}", content, walk=True)
    receipt = selectors.receipt_of(batch)
    assert receipt.adds_up
    assert (receipt.dropped, receipt.filed, receipt.failed) == (3, 2, 1)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.PARTIAL


def test_walking_twice_changes_nothing(send: Send, garza: Patient) -> None:
    file = send(NAMED, PICTURE, walk=True)
    events = file.events.count()
    run.process(file.pk)
    assert file.events.count() == events
    assert Image.objects.count() == 1


def test_a_cancel_in_mid_work_leaves_no_trace(
    send: Send, batch: Batch, garza: Patient, clinician: User
) -> None:
    file = send(NAMED, PICTURE)
    claim = claims.take(file.pk)
    assert claim is not None
    with scratch.folder(file.pk) as folder:
        examined = steps.fingerprint(claim.file, steps.sniff_content(claim.file), folder)
        found = steps.match(claim.file, Known())
        steps.prepare(claim.file, examined, found, None)
        cancel_batch(batch=batch, actor=clinician)
        with pytest.raises(ClaimLost):
            steps.settle(claim, examined, found, None)
        steps.clear_away_cancelled(claim.file)
    assert not Image.objects.exists()
    assert BatchFile.objects.get(pk=file.pk).status == FileStatus.CANCELLED
    assert not default_storage.exists(f"originals/{batch.clinic_id}/{file.pk}")
    assert not default_storage.exists(f"derivatives/{batch.clinic_id}/{file.pk}/preview.jpg")


def test_a_patient_merged_in_mid_work_gets_nothing(send: Send, garza: Patient, okafor: Patient) -> None:
    file = send(NAMED, PICTURE)
    claim = claims.take(file.pk)
    assert claim is not None
    with scratch.folder(file.pk) as folder:
        examined = steps.fingerprint(claim.file, steps.sniff_content(claim.file), folder)
        found = steps.match(claim.file, Known())
        assert found.result.decision == "assign"
        Patient.objects.filter(pk=garza.pk).update(merged_into=okafor)
        steps.settle(claim, examined, found, None)
    file.refresh_from_db()
    assert (file.status, file.patient) == (FileStatus.REVIEW, None)


def test_the_loser_of_a_race_for_the_same_bytes_becomes_the_duplicate(send: Send, garza: Patient) -> None:
    first, second = send(NAMED, PICTURE), send(f"again/{NAMED}", PICTURE)
    taken = [claims.take(first.pk), claims.take(second.pk)]
    with scratch.folder(first.pk) as folder:
        for claim in taken:
            assert claim is not None
            examined = steps.fingerprint(claim.file, steps.sniff_content(claim.file), folder)
            # Both looked for a twin before either had written one.
            steps.settle(claim, examined, steps.match(claim.file, Known()), None)
    statuses = [BatchFile.objects.get(pk=pk).status for pk in (first.pk, second.pk)]
    assert statuses == [FileStatus.COMPLETED, FileStatus.DUPLICATE]
    assert Image.objects.count() == 1


def test_the_batch_patient_takes_what_says_nothing_else(send: Send, batch: Batch, garza: Patient) -> None:
    Batch.objects.filter(pk=batch.pk).update(patient=garza)
    batch.refresh_from_db()
    file = send("DSC_0412.jpg", PICTURE, walk=True)
    assert (file.status, file.patient) == (FileStatus.COMPLETED, garza)


def test_a_name_that_contradicts_the_batch_patient_goes_to_review(
    send: Send, batch: Batch, garza: Patient, okafor: Patient
) -> None:
    Batch.objects.filter(pk=batch.pk).update(patient=garza)
    batch.refresh_from_db()
    assert send(OF_OKAFOR, PICTURE, walk=True).status == FileStatus.REVIEW
