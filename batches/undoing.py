"""Takes everything that a batch filed out of its charts again, file by file, however often it is
interrupted.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from batches import filing
from batches.models import Batch, BatchFile, BatchUndo
from batches.states import FileStatus
from files.errors import Refused, Trouble

QUIET = timedelta(seconds=60)  # after which nobody is at an undo any more
_AT_ONCE = 100  # files in one task, far below its time limit
_IS_RECORD = Q(image__isnull=False) | Q(document__isnull=False)


def filings_of(batch: Batch) -> QuerySet[BatchFile]:
    """The files of a batch that are in somebody's chart."""
    files = BatchFile.objects.filter(_IS_RECORD, batch=batch, status=FileStatus.COMPLETED)
    return files.select_related("batch__clinic", "image__patient", "document__patient", "patient")


def left_of(undo: BatchUndo) -> QuerySet[BatchFile]:
    """What this undo has still to take out; what was filed since it was asked for was decided anew."""
    newer = Q(image__filed_at__gt=undo.asked_at) | Q(document__filed_at__gt=undo.asked_at)
    return filings_of(undo.batch).exclude(newer).order_by("pk")


def go_on(undo_id: UUID) -> bool:
    """Take the next [100] files out; False when the undo is over.

    A storage that fails is tried again by the sweep, [5] times before what is left stays where it is.
    """
    undo = BatchUndo.objects.select_related("batch", "actor").filter(pk=undo_id, ended_at=None).first()
    if undo is None:
        return False
    BatchUndo.objects.filter(pk=undo.pk).update(touched_at=timezone.now())
    stuck = [_is_stuck(file, undo) for file in left_of(undo)[:_AT_ONCE]]
    if any(stuck):
        return _note_trouble(undo)
    if left_of(undo).exists():
        return True
    _end(undo)
    return False


def forgotten() -> list[UUID]:
    """Undos that nobody has gone on with for a minute: their task was lost, or the storage failed."""
    quiet = BatchUndo.objects.filter(ended_at=None, touched_at__lt=timezone.now() - QUIET)
    return list(quiet.values_list("pk", flat=True))


def _is_stuck(file: BatchFile, undo: BatchUndo) -> bool:
    try:
        filing.leave_chart(file, actor=undo.actor, reason=undo.reason)
    except Refused:
        return False  # somebody has decided about it meanwhile, and so it is no longer ours
    except Trouble:
        return True
    return False


def _note_trouble(undo: BatchUndo) -> bool:
    """False, because the sweep goes on, later."""
    troubles = undo.troubles + 1
    BatchUndo.objects.filter(pk=undo.pk).update(troubles=troubles)
    if troubles >= settings.INTAKE_MAX_TROUBLES:
        _end(undo)
    return False


def _end(undo: BatchUndo) -> None:
    BatchUndo.objects.filter(pk=undo.pk, ended_at=None).update(ended_at=timezone.now())
