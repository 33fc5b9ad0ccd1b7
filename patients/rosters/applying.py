"""The second step: the directory is brought up to the roster, in one transaction, as it is at that moment."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from clinics import audit
from patients import bulk, index, matcher
from patients.models import Patient, Roster
from patients.roster_states import RosterStatus
from patients.rosters import claims, lines, planning, plans, progress
from patients.rosters.claims import Claim
from patients.rosters.judging import FIELDS
from patients.rosters.planning import Step
from patients.rosters.plans import Plan

_NEW = (*("id", "clinic", "mrn", "mrn_key", *FIELDS, "provisional", "created_at", "updated_at"),)
_CHANGE = (
    "UPDATE patients_patient SET family_name = %s, given_names = %s, suffix = %s, birth_date = %s, sex = %s, "
    "provisional = %s, updated_at = %s WHERE id = %s"
)


def apply(claim: Claim) -> None:
    """Bring the directory up to the roster, keys and counts included: all of it, or nothing.

    A row is known by its record number. An empty cell takes nothing away, and who is not on the roster stays.
    Every row is judged again by the directory as it is now; how many come out otherwise than was shown is
    counted. What is written is worked out before the transaction, and again when somebody changes the
    directory meanwhile; the [fourth] time while nobody can. Raises Trouble `directory-changed` when somebody
    registered one of the new patients meanwhile.
    """
    roster = claim.roster
    plans.carry_out(
        roster, lambda folder: planning.plan(roster, folder, timezone.now()), partial(_write, claim)
    )
    # Of the whole directory, which is long to read; what it says follows from the patients, at any time.
    matcher.verify_check_digit(claim.roster.clinic)


def change_patients(rows: Iterable[Sequence[Any]]) -> None:
    """Write these patients, each as `planning.changed_row` gives it."""
    bulk.write(_CHANGE, rows)


def _write(claim: Claim, plan: Plan[Step]) -> None:
    roster = claim.roster
    total, done = roster.counts.get("rows", 0), 0
    for step in plan.read():
        bulk.insert(Patient, _NEW, step.new)
        change_patients(step.changed)
        index.write(roster.clinic_id, step.prepared)
        lines.rewrite(roster, step.other)
        done += step.rows
        progress.tell(roster.pk, "Writing to the directory", done, total)
    _settle(claim, lines.counts_of(roster) | {"differences": plan.differences})


def _settle(claim: Claim, counts: dict[str, int]) -> None:
    roster: Roster = claim.roster
    claims.settle(claim, RosterStatus.APPLIED, counts=counts, applied_at=timezone.now())
    audit.record("roster-applied", clinic=roster.clinic, actor=roster.wanted_by, target=roster, **counts)
