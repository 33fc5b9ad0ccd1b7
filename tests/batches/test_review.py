"""What a person decides of one file: assigned, set aside, tried again, taken back; nobody's decision is
overwritten.
"""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from batches.actions.many import assign_files, reject_files, undo_files
from batches.actions.review import assign_file, reject_file, retry_file, undo_file
from batches.demo import pictures
from batches.models import BatchFile, FileEvent
from batches.states import FileStatus
from clinics.models import AuditEntry, User
from files import staging
from files.errors import Refused, Trouble
from imaging.models import Image
from patients.models import Patient
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

PICTURE = pictures.photograph(1, None)


@pytest.fixture
def held(send: Send, garza: Patient) -> BatchFile:
    """A file that waits for a person."""
    file = send("DSC_0412.jpg", PICTURE, walk=True)
    assert file.status == FileStatus.REVIEW
    return file


def _image_of(file: BatchFile) -> Image:
    assert file.image_id is not None
    return Image.objects.get(pk=file.image_id)


def _originals(file: BatchFile) -> list[str]:
    """What is filed of this clinic, by the last part of its key."""
    names: list[str] = default_storage.listdir(f"originals/{file.batch.clinic_id}")[1]
    return names


def test_assigning_files_the_picture_and_says_who_did(
    held: BatchFile, garza: Patient, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    staged = staging.path_of(held.storage_key)
    with django_capture_on_commit_callbacks(execute=True):
        assign_file(file=held, patient=garza, actor=clinician, reason="Seen on the card.")
    held.refresh_from_db()
    image = _image_of(held)
    assert (held.status, held.patient, held.decided_by) == (FileStatus.COMPLETED, garza, clinician)
    assert (image.patient, default_storage.open(image.original_key).read()) == (garza, PICTURE)
    assert not staged.exists()
    assert AuditEntry.objects.filter(action="file-assigned", object_id=str(held.pk)).count() == 1


def test_the_second_of_two_reviewers_is_told(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User
) -> None:
    late = BatchFile.objects.get(pk=held.pk)
    assign_file(file=held, patient=garza, actor=clinician)
    with pytest.raises(Refused) as refused:
        assign_file(file=late, patient=okafor, actor=clinician)
    assert (refused.value.code, refused.value.status) == ("decided-already", 409)
    assert _image_of(held).patient == garza


def test_who_saw_the_file_before_it_was_filed_and_taken_back_is_told(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    late = BatchFile.objects.select_related("image").get(pk=held.pk)
    with django_capture_on_commit_callbacks(execute=True):
        assign_file(file=held, patient=garza, actor=clinician)
    filed = BatchFile.objects.get(pk=held.pk)
    late_key, late.storage_key = late.storage_key, staging.new_key()
    staging.create(late.storage_key)
    with django_capture_on_commit_callbacks(execute=True):
        undo_file(file=filed, actor=clinician)
    with pytest.raises(Refused) as refused:
        assign_file(file=late, patient=okafor, actor=clinician)
    assert refused.value.code == "decided-already"
    assert BatchFile.objects.get(pk=held.pk).storage_key not in {"", late_key}


def test_what_an_undo_clears_away_late_is_never_the_next_filing(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    assign_file(file=held, patient=garza, actor=clinician)
    with django_capture_on_commit_callbacks() as late:
        undo_file(file=BatchFile.objects.get(pk=held.pk), actor=clinician)
    assign_file(file=BatchFile.objects.get(pk=held.pk), patient=okafor, actor=clinician)
    for clear_away in late:
        clear_away()
    assert default_storage.open(_image_of(held).original_key).read() == PICTURE


def test_who_comes_after_the_staged_copy_is_gone_is_told_so_and_leaves_no_bytes(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    late = BatchFile.objects.get(pk=held.pk)
    with django_capture_on_commit_callbacks(execute=True):
        assign_file(file=held, patient=garza, actor=clinician)
    with pytest.raises(Refused) as refused:
        assign_file(file=late, patient=okafor, actor=clinician)
    assert (refused.value.code, refused.value.status) == ("decided-already", 409)
    assert _originals(held) == [_image_of(held).original_key.rpartition("/")[2]]


def test_bytes_that_are_gone_without_a_decision_are_trouble(
    held: BatchFile, garza: Patient, clinician: User
) -> None:
    staging.discard(held.storage_key)
    with pytest.raises(Trouble):
        assign_file(file=held, patient=garza, actor=clinician)
    assert BatchFile.objects.get(pk=held.pk).status == FileStatus.REVIEW


def test_a_group_is_decided_file_by_file_and_says_of_each_what_became_of_it(
    send: Send, garza: Patient, okafor: Patient, clinician: User
) -> None:
    files = [send(f"DSC_{seed}.jpg", pictures.photograph(seed, None), walk=True) for seed in range(1, 4)]
    assign_file(file=BatchFile.objects.get(pk=files[1].pk), patient=okafor, actor=clinician)
    done = assign_files(files=files, patient=garza, actor=clinician)
    assert done.done == [files[0].pk, files[2].pk]
    assert [(pk, code) for pk, code, _ in done.refused] == [(files[1].pk, "decided-already")]
    assert _image_of(BatchFile.objects.get(pk=files[1].pk)).patient == okafor


@pytest.mark.parametrize(
    ("decide", "status"),
    [(reject_files, FileStatus.CANCELLED), (undo_files, FileStatus.REVIEW)],
    ids=["reject", "undo"],
)
def test_a_group_is_set_aside_or_taken_back(
    *, decide: Any, status: FileStatus, send: Send, garza: Patient, clinician: User
) -> None:
    files = [send(f"DSC_{seed}.jpg", pictures.photograph(seed, None), walk=True) for seed in (1, 2)]
    if decide is undo_files:
        assign_files(files=files, patient=garza, actor=clinician)
    done = decide(files=list(BatchFile.objects.all()), actor=clinician, reason="A mix-up.")
    assert (len(done.done), done.refused) == (2, [])
    assert set(BatchFile.objects.values_list("status", flat=True)) == {status}


def test_the_machine_files_what_nobody_has_looked_at(held: BatchFile, garza: Patient) -> None:
    assign_file(file=held, patient=garza, actor=None, code="matched-again")
    held.refresh_from_db()
    assert (held.status, held.patient, held.decided_by, held.decision) == (
        FileStatus.COMPLETED,
        garza,
        None,
        "assign",
    )


@pytest.mark.parametrize("who", ["there", "deleted since"])
def test_the_machine_never_touches_what_a_person_has_decided(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User, who: str
) -> None:
    assign_file(file=held, patient=garza, actor=clinician)
    undo_file(file=BatchFile.objects.get(pk=held.pk), actor=clinician)
    if who == "deleted since":
        BatchFile.objects.filter(pk=held.pk).update(decided_by=None)
    with pytest.raises(Refused) as refused:
        assign_file(file=BatchFile.objects.get(pk=held.pk), patient=okafor, actor=None)
    assert refused.value.code == "decided-already"
    assert BatchFile.objects.get(pk=held.pk).status == FileStatus.REVIEW


def test_a_retry_says_nothing_of_whose_a_file_is(held: BatchFile, garza: Patient, clinician: User) -> None:
    FileEvent.objects.create(file=held, batch=held.batch, actor=clinician, code="retried")
    assign_file(file=held, patient=garza, actor=None)
    assert _image_of(held).patient == garza


@pytest.mark.parametrize("status", [FileStatus.PENDING, FileStatus.RECEIVED, FileStatus.FAILED])
def test_only_what_waits_for_review_can_be_set_aside(
    held: BatchFile, clinician: User, status: FileStatus
) -> None:
    BatchFile.objects.filter(pk=held.pk).update(status=status)
    held.refresh_from_db()
    with pytest.raises(Refused) as refused:
        reject_file(file=held, actor=clinician)
    assert refused.value.code == "decided-already"


def test_nothing_is_assigned_to_a_merged_patient(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User
) -> None:
    Patient.objects.filter(pk=garza.pk).update(merged_into=okafor)
    with pytest.raises(Refused) as refused:
        assign_file(file=held, patient=garza, actor=clinician)
    assert refused.value.code == "patient-gone"
    assert BatchFile.objects.get(pk=held.pk).status == FileStatus.REVIEW


def test_a_rejected_file_is_in_no_chart_and_can_come_back(held: BatchFile, clinician: User) -> None:
    reject_file(file=held, actor=clinician)
    held.refresh_from_db()
    assert (held.status, held.image_id) == (FileStatus.CANCELLED, None)
    assert not Image.objects.exists()
    retry_file(file=held, actor=clinician)
    assert BatchFile.objects.get(pk=held.pk).status == FileStatus.RECEIVED


def test_rejecting_one_of_two_copies_brings_the_other_back(
    held: BatchFile, send: Send, clinician: User
) -> None:
    copy = send("DSC_0413.jpg", PICTURE, walk=True)
    assert copy.status == FileStatus.DUPLICATE
    reject_file(file=held, actor=clinician)
    copy.refresh_from_db()
    assert copy.status == FileStatus.RECEIVED


def test_a_failed_file_is_tried_again_without_uploading(send: Send, clinician: User) -> None:
    file = send("a.jpg", b"broken", walk=True)
    retry_file(file=file, actor=clinician)
    file.refresh_from_db()
    assert (file.status, file.error_code) == (FileStatus.RECEIVED, "")
    assert file.has_all_bytes


def test_what_has_not_failed_is_not_tried_again(held: BatchFile, clinician: User) -> None:
    with pytest.raises(Refused) as refused:
        retry_file(file=held, actor=clinician)
    assert refused.value.code == "not-retriable"


def test_undo_takes_the_picture_out_of_the_chart_bytes_and_all(
    held: BatchFile, garza: Patient, okafor: Patient, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assign_file(file=held, patient=garza, actor=clinician)
    held.refresh_from_db()
    filed_key = _image_of(held).original_key
    with django_capture_on_commit_callbacks(execute=True):
        undo_file(file=held, actor=clinician, reason="Wrong person.")
    held.refresh_from_db()
    assert (held.status, held.patient) == (FileStatus.REVIEW, None)
    assert _image_of(held).patient is None
    assert staging.path_of(held.storage_key).read_bytes() == PICTURE
    assert not default_storage.exists(filed_key)
    with django_capture_on_commit_callbacks(execute=True):
        assign_file(file=held, patient=okafor, actor=clinician)
    assert _image_of(held).patient == okafor
