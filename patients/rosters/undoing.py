"""An applied roster is taken back, in one transaction, as far as nobody has built on it since.

Who came by it and has nothing in the chart goes again; what it changed gets its old value back where nobody
has changed it since. What a list that was applied later stands for stays too, and each row says why.
"""

from functools import partial

from django.utils import timezone

from clinics import audit
from patients import index, index_keys, matcher
from patients.roster_states import RosterStatus
from patients.rosters import claims, hanging, lines, plans, progress, undo_planning
from patients.rosters.applying import change_patients
from patients.rosters.claims import Claim
from patients.rosters.plans import Plan
from patients.rosters.undo_planning import UndoStep


def undo(claim: Claim) -> None:
    """Take the roster back; the counts say what went, what is as it was, and what stays.

    What is done is worked out before the transaction, as applying does. Raises Trouble `directory-changed`
    when files are filed under its patients faster than they can be looked at.
    """
    roster = claim.roster
    plans.carry_out(
        roster, lambda folder: undo_planning.plan(roster, folder, timezone.now()), partial(_write, claim)
    )
    matcher.verify_check_digit(roster.clinic)


def _write(claim: Claim, plan: Plan[UndoStep]) -> None:
    roster, counts, done = claim.roster, {"removed": 0, "restored": 0, "kept": 0}, 0
    total = roster.counts.get("added", 0) + roster.counts.get("changed", 0)
    leaves_keys = False
    for step in plan.read():
        leaves_keys = step.leaves_keys
        index.write(roster.clinic_id, step.prepared)
        hanging.remove(step.going)
        change_patients(step.changed)
        lines.keep(roster, step.kept)
        done += step.rows
        for name, some in (("removed", step.going), ("restored", step.changed), ("kept", step.kept)):
            counts[name] += len(some)
        progress.tell(roster.pk, "Taking back", done, total)
    if leaves_keys:
        index_keys.sweep()
    claims.settle(claim, RosterStatus.UNDONE, counts=roster.counts | counts, undone_at=timezone.now())
    audit.record("roster-undone", clinic=roster.clinic, actor=roster.undone_by, target=roster, **counts)
