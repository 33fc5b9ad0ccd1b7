"""A worker's right to one roster: taken by one guarded update, kept by a lease, lost with the worker.

The same rules as for the files of a batch: results are written under the attempt that made them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from patients.models import Roster
from patients.roster_states import AFTER_FAILURE, WORK, RosterStatus
from patients.rosters.moves import move


class ClaimLost(Exception):  # noqa: N818 - nobody's error: somebody was faster
    """Somebody else has this roster now; what we did must leave no trace."""


@dataclass(frozen=True)
class Claim:
    """The right to work on one roster, valid under this attempt number only."""

    roster: Roster
    attempt: int

    @property
    def step(self) -> RosterStatus:
        """What is to be done: READING, APPLYING or UNDOING."""
        return RosterStatus(self.roster.status)


def take(roster_id: UUID) -> Claim | None:
    """Take one roster for this worker, or None when nothing is to be done or somebody is at it.

    A lease that ran out belongs to a worker that died: the roster is taken over, and counted. One that has
    killed [3] workers fails as `poison`.
    """
    with transaction.atomic():
        rows = Roster.objects.select_related("clinic").select_for_update(of=("self",))
        roster = rows.filter(claimable(), pk=roster_id).first()
        if roster is None:
            return None
        lost = roster.lost_claims + (roster.lease_until is not None)
        roster.status = WORK[RosterStatus(roster.status)]
        claim = Claim(roster, roster.attempts + 1)
        if lost >= settings.INTAKE_MAX_LOST_CLAIMS:
            _fail_as_poison(roster, lost)
            return None
        taken = move(
            roster.pk,
            claim.step,
            guard=claimable(),
            attempts=claim.attempt,
            lost_claims=lost,
            lease_until=_lease_end(),
            retry_at=None,
        )
    return claim if taken else None


def renew(claim: Claim) -> bool:
    """Hold the claim for another lease; False where it is ours no longer."""
    return bool(Roster.objects.filter(_held(claim), pk=claim.roster.pk).update(lease_until=_lease_end()))


def hold(claim: Claim) -> None:
    """The same at the start of a transaction, which nobody takes over until it ends. Raises ClaimLost."""
    if not renew(claim):
        raise ClaimLost


def settle(claim: Claim, to: RosterStatus, **changes: Any) -> None:
    """Write the worker's result under its claim; raises ClaimLost when the claim is no longer its own."""
    cleared = {"lease_until": None, "lost_claims": 0, "troubles": 0, "error_code": "", "error_message": ""}
    if not move(claim.roster.pk, to, guard=_held(claim), **(cleared | changes)):
        raise ClaimLost


def fail(claim: Claim, code: str, message: str) -> None:
    """End the step for good with its reason; an undo that fails leaves the roster applied."""
    settle(claim, AFTER_FAILURE[claim.step], error_code=code, error_message=message)


def release(claim: Claim, code: str, message: str) -> None:
    """Give the roster back because the environment failed: tried again later, [5] times."""
    troubles = claim.roster.troubles + 1
    if troubles >= settings.INTAKE_MAX_TROUBLES:
        fail(claim, code, message)
        return
    delay = timedelta(seconds=settings.INTAKE_TROUBLE_DELAY_SECONDS * 2 ** (troubles - 1))
    to = RosterStatus.PENDING if claim.step is RosterStatus.READING else claim.step
    settle(
        claim, to, troubles=troubles, retry_at=timezone.now() + delay, error_code=code, error_message=message
    )


def claimable() -> Q:
    """Rosters that a worker may take now, and those whose worker has died."""
    is_due = Q(retry_at__isnull=True) | Q(retry_at__lte=Now())
    nobody_holds = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    return Q(status__in=list(WORK)) & is_due & nobody_holds


def _fail_as_poison(roster: Roster, lost: int) -> None:
    message = (
        f"Working on this list stopped the worker {lost} times, so it is left alone now. "
        "Keep the original and tell your administrator."
    )
    move(
        roster.pk,
        AFTER_FAILURE[RosterStatus(roster.status)],
        guard=claimable(),
        lease_until=None,
        lost_claims=0,
        attempts=F("attempts") + 1,
        error_code="poison",
        error_message=message,
    )


def _held(claim: Claim) -> Q:
    return Q(status=claim.step, attempts=claim.attempt)


def _lease_end() -> Any:
    # The database's clock, so that machines whose clocks differ agree on who is alive.
    return Now() + timedelta(seconds=settings.INTAKE_LEASE_SECONDS)
