"""The second step: the directory is brought up to the roster, in one transaction, as it is at that moment."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinics import audit
from files import lease, scratch
from files.disk import disk_faults
from files.errors import Trouble
from patients import bulk, index, matcher
from patients.models import Patient, Roster
from patients.roster_states import RosterStatus
from patients.rosters import claims, lines, planning, progress
from patients.rosters.claims import Claim
from patients.rosters.judging import FIELDS
from patients.rosters.planning import Plan

_PLANS = 3
_NEW = (*("id", "clinic", "mrn", "mrn_key", *FIELDS, "provisional", "created_at", "updated_at"),)
_CHANGE = (
    "UPDATE patients_patient SET family_name = %s, given_names = %s, suffix = %s, birth_date = %s, sex = %s, "
    "provisional = %s, updated_at = %s WHERE id = %s"
)


class _Outdated(Exception):  # noqa: N818 - nobody's error: somebody was faster
    """The directory is not any more what was planned for."""


def apply(claim: Claim) -> None:
    """Bring the directory up to the roster, keys and counts included: all of it, or nothing.

    A row is known by its record number. An empty cell takes nothing away, and who is not on the roster stays.
    Every row is judged again by the directory as it is now; how many come out otherwise than was shown is
    counted. What is written is worked out before the transaction, and again when somebody changes the
    directory meanwhile; the [fourth] time while nobody can. Raises Trouble `directory-changed` when somebody
    registered one of the new patients meanwhile.
    """
    try:
        _apply(claim)
    except IntegrityError as error:
        message = "Somebody changed the directory meanwhile. The list is applied again in a moment."
        raise Trouble("directory-changed", message) from error
    # Of the whole directory, which is long to read; what it says follows from the patients, at any time.
    matcher.verify_check_digit(claim.roster.clinic)


def change_patients(patients: Iterable[Patient], now: datetime) -> None:
    """Write these patients as they are in memory."""
    bulk.write(_CHANGE, (planning.changed_row(each, now) for each in patients))


def _apply(claim: Claim) -> None:
    roster = claim.roster
    for _ in range(_PLANS):
        with suppress(_Outdated), scratch.folder(roster.pk) as folder, disk_faults():
            plan = planning.plan(roster, folder, timezone.now())
            with transaction.atomic():
                index.take_turn(roster.clinic_id)
                _write(claim, plan, lease.now())
            return
    with scratch.folder(roster.pk) as folder, disk_faults(), transaction.atomic():
        index.take_turn(roster.clinic_id)
        began = lease.now()
        _write(claim, planning.plan(roster, folder, timezone.now()), began)


def _write(claim: Claim, plan: Plan, began: datetime) -> None:
    """All of the plan; call it in a transaction in which nobody else changes the directory since `began`."""
    roster = claim.roster
    if not plan.holds(roster.clinic):
        raise _Outdated
    total, done = roster.counts.get("rows", 0), 0
    for step in plan.read():
        bulk.insert(Patient, _NEW, step.new)
        bulk.write(_CHANGE, step.changed)
        index.write(roster.clinic_id, step.prepared)
        lines.rewrite(roster, step.other)
        done += step.rows
        progress.tell(roster.pk, "Writing to the directory", done, total)
    _settle(claim, lines.counts_of(roster) | {"differences": plan.differences})
    lease.hold_all(began)


def _settle(claim: Claim, counts: dict[str, int]) -> None:
    roster: Roster = claim.roster
    claims.settle(claim, RosterStatus.APPLIED, counts=counts, applied_at=timezone.now())
    audit.record("roster-applied", clinic=roster.clinic, actor=roster.wanted_by, target=roster, **counts)
