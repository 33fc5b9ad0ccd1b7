"""A worker's right to one file: taken by one guarded update, kept by a lease, lost with the worker."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from batches import transitions
from batches.models import BatchFile
from batches.states import FileStatus


class ClaimLost(Exception):  # noqa: N818 - nobody's error: somebody was faster
    """Somebody else decided about this file while we worked on it; what we did must leave no trace."""


@dataclass(frozen=True)
class Claim:
    """The right to write results for one file, valid under this attempt number only."""

    file: BatchFile
    attempt: int


def take(file_id: UUID) -> Claim | None:
    """Take one file for this worker, or None when it is not waiting, is paused, or somebody holds it.

    A claim whose lease ran out belongs to a worker that died: it is taken over, and counted. A file that has
    killed [3] workers becomes FAILED `poison` here, so that the others go on.
    """
    with transaction.atomic():
        file = BatchFile.objects.filter(_claimable(), pk=file_id).first()
        if file is None:
            return None
        file.batch = transitions.lock_batch(file.batch_id)
        if not file.batch.is_running or file.batch.waits_for_joining:
            return None
        return _take(file)


def renew(claim: Claim) -> None:
    """Hold the claim for another lease."""
    BatchFile.objects.filter(_held(claim), pk=claim.file.pk).update(lease_until=_lease_end())


def settle(claim: Claim, to: FileStatus, *, code: str = "", **changes: Any) -> None:
    """Write the worker's result under its claim; raises ClaimLost when the claim is no longer its own."""
    changes.setdefault("processed_at", timezone.now())
    written = transitions.move_file(
        claim.file, to, code=code, guard=_held(claim), lease_until=None, **changes
    )
    if not written:
        raise ClaimLost


def release(claim: Claim, *, code: str, message: str) -> None:
    """Give a file back because the environment failed: tried again later, FAILED after [5] such troubles."""
    troubles = claim.file.troubles + 1
    is_last = troubles >= settings.INTAKE_MAX_TROUBLES
    delay = timedelta(seconds=settings.INTAKE_TROUBLE_DELAY_SECONDS * 2 ** (troubles - 1))
    settle(
        claim,
        FileStatus.FAILED if is_last else FileStatus.RECEIVED,
        code=code,
        troubles=troubles,
        retry_at=None if is_last else timezone.now() + delay,
        processed_at=timezone.now() if is_last else None,
        error_code=code,
        error_message=message,
    )


def _take(file: BatchFile) -> Claim | None:
    """The claim itself: whoever asked first wins, because the same condition guards the write."""
    lost = file.lost_claims + (file.status == FileStatus.PROCESSING)
    if lost >= settings.INTAKE_MAX_LOST_CLAIMS:
        _fail_as_poison(file, lost)
        return None
    file.attempts, file.lost_claims = file.attempts + 1, lost
    taken = transitions.move_file(
        file,
        FileStatus.PROCESSING,
        guard=_claimable(),
        attempts=file.attempts,
        lost_claims=lost,
        lease_until=_lease_end(),
        retry_at=None,
    )
    return Claim(file, file.attempts) if taken else None


def _fail_as_poison(file: BatchFile, lost: int) -> None:
    message = (
        f"Reading this file stopped the worker {lost} times, so it is left alone now. "
        "Keep the original and tell your administrator."
    )
    transitions.move_file(
        file,
        FileStatus.FAILED,
        code="poison",
        guard=_claimable(),
        lost_claims=lost,
        lease_until=None,
        processed_at=timezone.now(),
        error_code="poison",
        error_message=message,
    )


def _claimable() -> Q:
    is_due = Q(retry_at__isnull=True) | Q(retry_at__lte=Now())
    return (Q(status=FileStatus.RECEIVED) & is_due) | Q(status=FileStatus.PROCESSING, lease_until__lt=Now())


def _held(claim: Claim) -> Q:
    return Q(status=FileStatus.PROCESSING, attempts=claim.attempt)


def _lease_end() -> Any:
    # The database's clock, so that machines whose clocks differ agree on who is alive.
    return Now() + timedelta(seconds=settings.INTAKE_LEASE_SECONDS)
