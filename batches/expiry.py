"""What time does to batches: a warning, an end, and the removal of old records and forgotten bytes."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Manager

from batches import selectors, transitions
from batches.models import Batch, BatchFile
from batches.records import forget_staged
from batches.states import ON_THE_WAY, BatchStatus, FileStatus
from clinics import audit
from files import scratch, staging, storage
from files.errors import Refused
from patients.models import Roster

log = logging.getLogger(__name__)

# A staged file without a row is younger than its row only while that is being written; no attempt at a file
# and no form lasts so long either.
_YOUNG = timedelta(hours=1)


def warn(now: datetime) -> int:
    """Tell the owners of batches that will expire within [4 h]; the mail holds a number and a count, no
    name.
    """
    batches = list(selectors.batches_to_warn(now, timedelta(hours=settings.INTAKE_EXPIRY_WARNING_HOURS)))
    for batch in batches:
        _warn_owner(batch)
        Batch.objects.filter(pk=batch.pk).update(expiry_warned_at=now)
    return len(batches)


def expire(now: datetime) -> int:
    """End the batches whose time is over: what never came or never started is cancelled, settled files
    stay.
    """
    return sum(_expire(batch, now) for batch in selectors.stale_batches(now))


def clean(now: datetime) -> int:
    """Remove the records of batches that ended before the clinic's retention; a batch with open reviews
    stays.
    """
    ended = Batch.objects.filter(ended_at__isnull=False).select_related("clinic")
    old = [b for b in ended if b.ended_at and b.ended_at < now - timedelta(days=b.clinic.retention_days)]
    waiting = FileStatus.REVIEW
    removable = [b for b in old if not BatchFile.objects.filter(batch=b, status=waiting).exists()]
    for batch in removable:
        with transaction.atomic():
            audit.record("batch-cleaned", clinic=batch.clinic, actor=None, target=batch)
            remove(batch.pk)
    return len(removable)


def remove(batch_id: UUID) -> None:
    """Delete a batch's record with its history and its staged bytes; refused (409) while files wait for
    review.
    """
    with transaction.atomic():
        batch = transitions.lock_batch(batch_id)
        files = BatchFile.objects.filter(batch=batch)
        waiting = files.filter(status__in=ON_THE_WAY | {FileStatus.REVIEW}).count()
        if waiting:
            message = f"{waiting} files of this batch still wait. Decide or cancel them first."
            raise Refused("files-waiting", message, status=409, waiting=waiting)
        forget_staged(files.values_list("pk", flat=True))
        batch.delete()


def sweep_staging(now: datetime) -> int:
    """Delete staged bytes that no row names, and what else a crash has left of work that nobody goes on
    with.
    """
    young = (now - _YOUNG).timestamp()
    old = [
        key
        for key, modified in staging.keys()  # noqa: SIM118 - not a dictionary
        if modified < young
    ]
    named = {key for rows in (BatchFile.objects, Roster.objects) for key in _named(rows, old)}
    orphans = [key for key in old if key not in named]
    for key in orphans:
        staging.discard(key)
    return len(orphans) + scratch.sweep(young) + storage.sweep_parts(young)


def _named(rows: Manager[Any], keys: list[str]) -> Iterable[str]:
    return rows.filter(storage_key__in=keys).values_list("storage_key", flat=True)


def _expire(batch: Batch, now: datetime) -> bool:
    """One batch, judged again under its lock: a resume or a start in the same second wins."""
    with transaction.atomic():
        fresh = transitions.lock_batch(batch.pk)
        if fresh.status not in {BatchStatus.PENDING, BatchStatus.UPLOADING} or fresh.expires_at > now:
            return False
        taken = _take_back(fresh)
        forget_staged(taken)
        audit.record("batch-expired", clinic=fresh.clinic, actor=None, target=fresh, files=len(taken))
    return True


def _take_back(batch: Batch) -> list[UUID]:
    """A batch of which something was settled ends as what its files give; EXPIRED is one of which nothing
    was.
    """
    settled = BatchFile.objects.filter(batch=batch).exclude(status__in=ON_THE_WAY | {FileStatus.CANCELLED})
    if settled.exists():
        return transitions.move_files(batch.pk, FileStatus.CANCELLED, sources=ON_THE_WAY, code="expired")
    return transitions.close_batch(batch.pk, BatchStatus.EXPIRED, sources=ON_THE_WAY, code="expired")


def _warn_owner(batch: Batch) -> None:
    if not batch.created_by.email:
        return
    waiting = BatchFile.objects.filter(batch=batch, status__in=ON_THE_WAY).count()
    send_mail(
        subject=f"Batch {batch.batch_number} will expire soon",
        message=(
            f"Batch {batch.batch_number} has {waiting} unfinished files and expires at "
            f"{batch.expires_at:%Y-%m-%d %H:%M} UTC.\n"
            "Open Intake, finish the upload or start the batch, and nothing is lost."
        ),
        from_email=None,
        recipient_list=[batch.created_by.email],
        fail_silently=True,
    )
