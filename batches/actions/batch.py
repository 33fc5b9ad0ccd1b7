"""Verbs on a whole batch: create, describe, start, pause, resume, retry, cancel, remove."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from batches import expiry, tasks, transitions
from batches.after_commit import after_commit
from batches.models import Batch, BatchFile, Priority, Source, Start
from batches.records import forget_staged, lock_with_duplicates, withdraw_unfiled
from batches.states import ON_THE_WAY, BatchStatus, FileStatus
from clinics import audit
from clinics.access import Access
from clinics.models import Clinic, User
from documents.models import USUAL_PROCESSING
from files.errors import Refused
from patients.models import Patient

# Taken back by a cancel: what is on the way, and what nobody has decided yet.
_TAKEN_BACK = ON_THE_WAY | {FileStatus.REVIEW}


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What can be said of a batch before its first file; every field has the default that suits a hurried
    ward.
    """

    source: str = Source.FOLDER_IMPORT
    patient: Patient | None = None
    processing_type: str = USUAL_PROCESSING
    start: str = Start.ON_ARRIVAL
    scheduled_for: datetime | None = None
    priority: str = Priority.NORMAL
    notes: str = ""
    encounter: str = ""
    template: str = ""
    apply_clahe: bool = False
    join_scans: bool = False


def create_batch(*, access: Access, options: BatchOptions) -> Batch:
    """A new empty batch with the clinic's next number; it expires unless it is finished in time."""
    if options.start == Start.SCHEDULED and options.scheduled_for is None:
        raise Refused("start-time-missing", "A scheduled batch needs the time at which it starts.")
    with transaction.atomic():
        # The clinic's row is the queue in which batches draw their numbers.
        clinic = Clinic.objects.select_for_update().get(pk=access.clinic.pk)
        batch = Batch.objects.create(
            clinic=clinic,
            number=_next_number(clinic),
            created_by=access.user,
            expires_at=timezone.now() + timedelta(hours=clinic.batch_expiry_hours),
            **vars(options),
        )
        audit.record("batch-created", clinic=clinic, actor=access.user, target=batch, source=batch.source)
    return batch


def set_patient(*, batch: Batch, patient: Patient | None, actor: User) -> Batch:
    """Say that every file of the batch is `patient`'s (or nobody's in particular); only before it starts."""
    with transaction.atomic():
        if transitions.lock_batch(batch.pk).started_at is not None:
            message = "This batch has started, so its patient stays. Assign the files one by one in Review."
            raise Refused("batch-started", message, status=409)
        changed = transitions.change_batch(batch.pk, patient=patient)
        _note("batch-patient-set", batch, actor, patient=str(patient.pk) if patient else None)
    return changed


def set_notes(*, batch: Batch, notes: str, actor: User) -> Batch:
    """Replace the notes; allowed at any time, also after the end."""
    with transaction.atomic():
        changed = transitions.change_batch(batch.pk, unless=(), notes=notes)
        _note("batch-notes-set", batch, actor)
    return changed


def start_batch(*, batch: Batch, actor: User) -> None:
    """Let the workers begin with what has come; files that come later are taken as they arrive."""
    with transaction.atomic():
        locked = transitions.change_batch(batch.pk)
        if locked.started_at is None and transitions.awaits_pages(locked):
            message = (
                "Some files have not arrived, and each folder is to become one document. "
                "Send or remove them first, so that no page is missing."
            )
            raise Refused("pages-awaited", message, status=409)
        if transitions.start_batch(batch.pk):
            _note("batch-started", batch, actor)
            _send_received(batch)


def pause_batch(*, batch: Batch, actor: User) -> Batch:
    """No further file is taken until the batch is resumed; those in work are finished, uploads go on."""
    with transaction.atomic():
        changed = transitions.change_batch(batch.pk, paused_at=batch.paused_at or timezone.now())
        _note("batch-paused", batch, actor)
    return changed


def resume_batch(*, batch: Batch, actor: User) -> Batch:
    """Go on where the pause began."""
    with transaction.atomic():
        changed = transitions.change_batch(batch.pk, paused_at=None)
        _note("batch-resumed", batch, actor)
        _send_received(batch)
    return changed


def retry_batch(*, batch: Batch, actor: User) -> int:
    """Process every failed file again whose bytes are here; the number of files that were put back."""
    with transaction.atomic():
        _refuse_closed(batch.pk)
        moved = put_back(batch.pk, Q(), sources=frozenset({FileStatus.FAILED}), actor=actor)
        _note("batch-retried", batch, actor, files=len(moved))
        _send(batch, moved)
    return len(moved)


def cancel_batch(*, batch: Batch, actor: User) -> int:
    """Take back everything that is not settled, and whatever waits for review; filed records stay in their
    charts.
    """
    with transaction.atomic():
        waiting = BatchFile.objects.filter(batch=batch, status=FileStatus.REVIEW)
        locked = lock_with_duplicates(waiting) | {batch.pk}
        transitions.lock_batch(batch.pk)  # nothing may come into review between the look and the cancel
        undecided = list(waiting.all())
        taken = transitions.close_batch(
            batch.pk, BatchStatus.CANCELLED, sources=_TAKEN_BACK, code="cancelled", actor=actor
        )
        freed = withdraw_unfiled(undecided, locked)
        send_files(freed)
        forget_staged(taken)
        _note("batch-cancelled", batch, actor, files=len(taken))
    return len(taken)


def remove_batch(*, batch: Batch, actor: User) -> None:
    """Cancel a running batch, or remove the record of an ended one; what was filed stays in its charts."""
    if batch.status in {BatchStatus.PENDING, BatchStatus.UPLOADING, BatchStatus.PROCESSING}:
        cancel_batch(batch=batch, actor=actor)
        return
    with transaction.atomic():
        _note("batch-removed", batch, actor)
        expiry.remove(batch.pk)


def put_back(batch_id: UUID, only: Q, *, sources: frozenset[FileStatus], actor: User | None) -> list[UUID]:
    """Files in `sources` whose bytes are still here go back to RECEIVED, with a clean slate."""
    return transitions.move_files(
        batch_id,
        FileStatus.RECEIVED,
        sources=sources,
        code="retried",
        actor=actor,
        only=only & ~Q(storage_key="") & Q(offset=F("size")),
        sent_at=Now(),
        lost_claims=0,
        troubles=0,
        retry_at=None,
        error_code="",
        error_message="",
        image=None,
        document=None,
    )


def send_files(files: Iterable[BatchFile]) -> None:
    """Ring for files of whatever batch once the transaction has committed."""
    for file in files:
        after_commit(tasks.send, [file.pk], queue=file.batch.priority)


def _next_number(clinic: Clinic) -> int:
    return (Batch.objects.filter(clinic=clinic).aggregate(last=Max("number"))["last"] or 0) + 1


def _refuse_closed(batch_id: UUID) -> None:
    transitions.change_batch(batch_id)


def _send_received(batch: Batch) -> None:
    waiting = BatchFile.objects.filter(batch=batch, status=FileStatus.RECEIVED)
    waiting.update(sent_at=Now())
    _send(batch, list(waiting.values_list("pk", flat=True)))


def _send(batch: Batch, file_ids: list[UUID]) -> None:
    after_commit(tasks.send, file_ids, queue=batch.priority)


def _note(action: str, batch: Batch, actor: User, **detail: object) -> None:
    audit.record(action, clinic=batch.clinic, actor=actor, target=batch, **detail)
