"""The road of a roster: one step for a worker at a time, and what each kind of failure means."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, Error, OperationalError, connection
from django.db.models import Q
from django.db.models.functions import Now

from files import lease
from files.errors import Refused, Trouble
from patients.models import Roster
from patients.roster_states import RosterStatus
from patients.rosters import claims, progress
from patients.rosters.applying import apply
from patients.rosters.claims import Claim, ClaimLost
from patients.rosters.reading import read
from patients.rosters.undoing import undo

log = logging.getLogger(__name__)

STEPS: Mapping[RosterStatus, Callable[[Claim], None]] = {
    RosterStatus.READING: read,
    RosterStatus.APPLYING: apply,
    RosterStatus.UNDOING: undo,
}
_OURS = "Something went wrong on our side; nothing is half done, and it is tried again."


def work_on(roster_id: UUID) -> None:
    """Do what is to be done with a roster until it waits for a person; nothing where somebody is at it."""
    while (claim := _take(roster_id)) is not None:
        try:
            _do(claim)
        finally:
            progress.forget(roster_id)


def lost() -> list[UUID]:
    """Rosters that wait for a worker; who was rung for within the last [10] s is left alone."""
    recent = Q(sent_at__gte=Now() - _seconds())
    rosters = Roster.objects.filter(claims.claimable()).exclude(recent)
    ids = list(rosters.values_list("pk", flat=True))
    Roster.objects.filter(pk__in=ids).update(sent_at=Now())
    return ids


def _take(roster_id: UUID) -> Claim | None:
    """The claim, or None where there is nothing to do or no way to it: SQLite has one writer at a time."""
    try:
        return claims.take(roster_id)
    except OperationalError:
        log.info("database busy, the sweep rings again roster=%s", roster_id)
        return None


def _do(claim: Claim) -> None:
    """One step. The sender's fault ends it with its reason, the environment's is tried again, ours is
    reported and tried again.
    """
    try:
        with lease.kept(partial(claims.renew, claim), what=f"roster={claim.roster.pk}"):
            STEPS[claim.step](claim)
    except Refused as refusal:
        _say(claims.fail, claim, refusal.code, str(refusal))
    except Trouble as trouble:
        _say(claims.release, claim, trouble.code, str(trouble))
    except ClaimLost:
        _leave(claim)
    except Exception as bug:  # noqa: BLE001 - whatever it was, the roster must not be lost with it
        # The type only: a message could quote a patient.
        log.error("roster error roster=%s type=%s", claim.roster.pk, type(bug).__name__)  # noqa: TRY400
        if isinstance(bug, Error):  # then it takes a new connection to say so
            connection.close_if_unusable_or_obsolete()
        _say(claims.release, claim, "internal-error", _OURS)


def _say(end: Callable[[Claim, str, str], None], claim: Claim, code: str, message: str) -> None:
    try:
        end(claim, code, message)
    except ClaimLost:
        _leave(claim)
    except DatabaseError as error:
        log.warning("roster not released roster=%s type=%s", claim.roster.pk, type(error).__name__)


def _leave(claim: Claim) -> None:
    log.info("claim lost roster=%s attempt=%s", claim.roster.pk, claim.attempt)


def _seconds() -> timedelta:
    return timedelta(seconds=settings.INTAKE_SENT_SECONDS)
