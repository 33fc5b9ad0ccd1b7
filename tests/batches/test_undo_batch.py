"""A whole batch taken back: file by file, resumable, and never what was decided since."""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from batches import tasks, undoing
from batches.actions.review import assign_file
from batches.actions.undo import charts_left, undo_batch, undo_in_progress
from batches.models import Batch, BatchFile, BatchUndo, FileEvent
from batches.selectors import progress_of
from batches.states import BatchStatus, FileStatus
from clinics.models import AuditEntry, User
from files import staging
from files.errors import Refused
from imaging.models import Image
from patients.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db

WHY = "The card was of another ward."


@pytest.fixture
def filed(batch: Batch, garza: Patient, okafor: Patient, clinician: User) -> list[BatchFile]:
    """Six pictures, four in one chart and two in another."""
    return _file(batch, [garza, garza, garza, garza, okafor, okafor], clinician)


def _file(batch: Batch, patients: list[Patient], actor: User) -> list[BatchFile]:
    files = [
        factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed) for seed, _ in enumerate(patients)
    ]
    for file, patient in zip(files, patients, strict=True):
        assign_file(file=file, patient=patient, actor=actor)
    return files


def _statuses(files: list[BatchFile]) -> set[str]:
    return set(BatchFile.objects.filter(pk__in=[f.pk for f in files]).values_list("status", flat=True))


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def test_the_preview_says_how_many_leave_whose_chart(
    filed: list[BatchFile], batch: Batch, garza: Patient, okafor: Patient
) -> None:
    assert [(each.patient, each.files) for each in charts_left(batch)] == [(garza, 4), (okafor, 2)]


def test_a_small_batch_is_back_in_review_at_once(
    filed: list[BatchFile], batch: Batch, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        done = undo_batch(batch=batch, actor=clinician, reason=WHY)
    assert (done.total, done.left, done.undo.ended_at is not None) == (6, 0, True)
    assert _statuses(filed) == {FileStatus.REVIEW}
    assert not Image.objects.filter(patient__isnull=False).exists()
    assert default_storage.listdir(f"originals/{batch.clinic_id}")[1] == []
    for seed, file in enumerate(filed):
        assert staging.path_of(_fresh(file).storage_key).read_bytes() == factories.tiny_jpeg(seed)
    assert Batch.objects.get(pk=batch.pk).status == BatchStatus.PARTIAL


def test_every_file_keeps_who_took_it_back_and_why(
    filed: list[BatchFile], batch: Batch, clinician: User
) -> None:
    undo_batch(batch=batch, actor=clinician, reason=WHY)
    events = FileEvent.objects.filter(batch=batch, code="undone")
    assert {(event.actor, event.reason) for event in events} == {(clinician, WHY)}
    assert AuditEntry.objects.get(action="batch-undone").detail["files"] == 6


def test_a_large_batch_is_the_workers_and_its_counts_show_how_far_it_is(
    batch: Batch, garza: Patient, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "_AT_ONCE", 10)
    files = _file(batch, [garza] * 25, clinician)
    asked = undo_batch(batch=batch, actor=clinician, reason=WHY)
    assert (asked.total, asked.left, _statuses(files)) == (25, 25, {FileStatus.COMPLETED})
    tasks.undo_batch(str(asked.undo.pk))
    running = undo_in_progress(batch)
    assert running is not None
    assert (running.left, progress_of(batch.pk).counts[FileStatus.REVIEW]) == (15, 10)
    tasks.undo_batch(str(asked.undo.pk))
    tasks.undo_batch(str(asked.undo.pk))
    assert _statuses(files) == {FileStatus.REVIEW}
    assert undo_in_progress(batch) is None


def test_an_undo_that_stopped_half_way_is_rung_for_again(
    filed: list[BatchFile], batch: Batch, clinician: User
) -> None:
    undo = BatchUndo.objects.create(batch=batch, actor=clinician, reason=WHY)
    assert undoing.forgotten() == [], "somebody may be at it"
    BatchUndo.objects.update(touched_at=undo.asked_at - undoing.QUIET)
    assert undoing.forgotten() == [undo.pk]
    assert not undoing.go_on(undo.pk)
    assert _statuses(filed) == {FileStatus.REVIEW}
    assert undoing.forgotten() == []


def test_what_was_decided_since_the_undo_was_asked_for_stays(
    filed: list[BatchFile], batch: Batch, okafor: Patient, clinician: User
) -> None:
    undo = BatchUndo.objects.create(batch=batch, actor=clinician, reason=WHY)
    late = factories.make_file_in_review(batch, "late.jpg", seed=99)
    assign_file(file=late, patient=okafor, actor=clinician)
    undoing.go_on(undo.pk)
    assert _fresh(late).status == FileStatus.COMPLETED
    assert _statuses(filed) == {FileStatus.REVIEW}


def test_bytes_that_are_gone_hold_up_only_their_own_file(
    filed: list[BatchFile], batch: Batch, clinician: User
) -> None:
    broken = _fresh(filed[0])
    assert broken.image is not None
    default_storage.delete(broken.image.original_key)
    done = undo_batch(batch=batch, actor=clinician, reason=WHY)
    assert (done.left, done.undo.ended_at) == (1, None)
    assert _statuses(filed[1:]) == {FileStatus.REVIEW}
    for _ in range(4):
        undoing.go_on(done.undo.pk)
    done.undo.refresh_from_db()
    assert done.undo.ended_at is not None, "it is not tried for ever"
    assert _fresh(broken).status == FileStatus.COMPLETED


@pytest.mark.parametrize(
    ("case", "code", "status"),
    [
        ("no reason", "reason-missing", 400),
        ("nothing filed", "nothing-filed", 409),
        ("running already", "undo-running", 409),
    ],
)
def test_what_cannot_be_taken_back_is_refused(
    *,
    case: str,
    code: str,
    status: int,
    filed: list[BatchFile],
    batch: Batch,
    clinician: User,
) -> None:
    reason = "" if case == "no reason" else WHY
    if case == "running already":
        BatchUndo.objects.create(batch=batch, actor=clinician, reason=WHY)
    target = factories.make_batch(clinician) if case == "nothing filed" else batch
    with pytest.raises(Refused) as refused:
        undo_batch(batch=target, actor=clinician, reason=reason)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert _statuses(filed) == {FileStatus.COMPLETED}
