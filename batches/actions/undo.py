"""The verb that takes a whole batch back: everything it filed goes to review again."""

from collections import Counter
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from batches import tasks, undoing
from batches.after_commit import after_commit
from batches.models import Batch, BatchUndo
from clinics import audit
from clinics.models import User
from files.errors import Refused
from patients.models import Patient

_AT_ONCE = 20  # files that a request takes out itself; more are a worker's


@dataclass(frozen=True)
class Leaving:
    """One chart, and how many pictures and documents of a batch would leave it."""

    patient: Patient
    files: int


@dataclass(frozen=True)
class Undoing:
    """How far an undo is: `total` filings there were, `left` are still in their charts."""

    undo: BatchUndo
    total: int
    left: int


def undo_batch(*, batch: Batch, actor: User, reason: str) -> Undoing:
    """Take every filed file of the batch out of its chart and back into review, each by itself.

    Up to [20] files are taken out before this returns; more are left to the workers, and what stops half way
    goes on by itself. Refused `reason-missing` (400), `nothing-filed` and `undo-running` (409).
    """
    if not reason.strip():
        raise Refused("reason-missing", "Say why the batch is taken back. The charts keep the reason.")
    total = undoing.filings_of(batch).count()
    if not total:
        raise Refused("nothing-filed", "Nothing of this batch is in a chart.", status=409)
    undo = _ask(batch, actor, reason, total)
    if total <= _AT_ONCE:
        undoing.go_on(undo.pk)
        undo.refresh_from_db()
    return Undoing(undo, total, undoing.left_of(undo).count())


def undo_in_progress(batch: Batch) -> Undoing | None:
    """The undo that has not ended, with what is left of it now; None when there is none."""
    undo = BatchUndo.objects.filter(batch=batch, ended_at=None).select_related("actor", "batch").first()
    if undo is None:
        return None
    left = undoing.left_of(undo).count()
    return Undoing(undo, left, left)


def charts_left(batch: Batch) -> list[Leaving]:
    """What an undo of the batch would take out of whose chart, the most first."""
    patients = [file.patient for file in undoing.filings_of(batch) if file.patient is not None]
    by_id = {patient.pk: patient for patient in patients}
    return [Leaving(by_id[pk], number) for pk, number in Counter(p.pk for p in patients).most_common()]


def _ask(batch: Batch, actor: User, reason: str, total: int) -> BatchUndo:
    try:
        with transaction.atomic():
            undo = BatchUndo.objects.create(batch=batch, actor=actor, reason=reason)
            detail = {"files": total, "has_reason": True}
            audit.record("batch-undone", clinic=batch.clinic, actor=actor, target=batch, **detail)
            if total > _AT_ONCE:
                after_commit(tasks.send_undo, undo.pk)
    except IntegrityError as running:
        message = "This batch is being taken back already. Its page shows how far that is."
        raise Refused("undo-running", message, status=409) from running
    return undo
