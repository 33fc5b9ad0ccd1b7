"""The second step: the directory is brought up to the roster, in one transaction, as it is at that moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from clinics import audit
from clinics.models import Clinic
from files.errors import Trouble
from patients import bulk, index, matcher
from patients.models import Patient, Roster, mrn_key_of
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import claims, judging, lines, progress
from patients.rosters.claims import Claim
from patients.rosters.judging import FIELDS, OWN_FAULTS, Verdict
from patients.rosters.lines import Line

# New keys fall all over their table: few large steps cost least (see `patients.matcher`).
_ROWS_AT_ONCE = 20_000
_NEW = (*("id", "clinic", "mrn", "mrn_key", *FIELDS, "provisional", "created_at", "updated_at"),)
_CHANGE = (
    "UPDATE patients_patient SET family_name = %s, given_names = %s, suffix = %s, birth_date = %s, sex = %s, "
    "provisional = %s, updated_at = %s WHERE id = %s"
)


@dataclass(slots=True)
class NewPatient:
    """A patient as the index asks for one, lighter than the model by a multiple."""

    pk: UUID
    clinic_id: UUID
    mrn: str
    family_name: str
    given_names: str
    suffix: str
    birth_date: date | None
    sex: str
    provisional: bool = False
    merged_into_id: UUID | None = None


def apply(claim: Claim) -> None:
    """Bring the directory up to the roster, keys and counts included: all of it, or nothing.

    A row is known by its record number. An empty cell takes nothing away, and who is not on the roster stays.
    Every row is judged again by the directory as it is now; how many come out otherwise than was shown is
    counted. Raises Trouble `directory-changed` when somebody registered one of the new patients meanwhile.
    """
    roster = claim.roster
    try:
        with transaction.atomic():
            index.take_turn(roster.clinic_id)
            differences = _write_all(roster)
            matcher.verify_check_digit(roster.clinic)
            counts = lines.counts_of(roster) | {"differences": differences}
            claims.settle(claim, RosterStatus.APPLIED, counts=counts, applied_at=timezone.now())
            audit.record(
                "roster-applied", clinic=roster.clinic, actor=roster.wanted_by, target=roster, **counts
            )
    except IntegrityError as error:
        message = "Somebody changed the directory meanwhile. The list is applied again in a moment."
        raise Trouble("directory-changed", message) from error


def change_patients(patients: Iterable[Patient], now: datetime) -> None:
    """Write these patients as they are in memory."""
    rows = ((*(getattr(each, name) for name in FIELDS), each.provisional, now, each.pk) for each in patients)
    bulk.write(_CHANGE, rows)


def _write_all(roster: Roster) -> int:
    """All rows, some thousands at a time; how many came out otherwise than they were shown."""
    total, done, differences = roster.counts.get("rows", 0), 0, 0
    for some in lines.in_order(roster, at_once=_ROWS_AT_ONCE, only=~Q(code__in=OWN_FAULTS)):
        differences += _write_some(roster, some)
        done += len(some)
        progress.tell(roster.pk, "Writing to the directory", done, total)
    return differences


def _write_some(roster: Roster, some: Sequence[Line]) -> int:
    now = timezone.now()
    verdicts = judging.judge(roster.clinic, some)
    shown = [(line.outcome, line.patient_id, line.before) for line in some]
    for line, verdict in zip(some, verdicts, strict=True):
        _judge_again(line, verdict, roster)
    new = [_new(roster.clinic, line) for line in some if line.outcome == Outcome.ADDED]
    changed = [
        verdict.patient
        for line, verdict in zip(some, verdicts, strict=True)
        if line.outcome == Outcome.CHANGED and verdict.patient is not None
    ]
    bulk.insert(Patient, _NEW, (_values(each, now) for each in new))
    change_patients(changed, now)
    index.put_in([*new, *changed])
    after = [(line.outcome, line.patient_id, line.before) for line in some]
    other = [line for line, was, is_now in zip(some, shown, after, strict=True) if was != is_now]
    lines.rewrite(roster, other)
    return sum(was[0] != is_now[0] for was, is_now in zip(shown, after, strict=True))


def _judge_again(line: Line, verdict: Verdict, roster: Roster) -> None:
    """The verdict of this moment; who was new when the row was read keeps the identifier chosen then."""
    is_still_new = verdict.outcome is Outcome.ADDED == line.outcome
    chosen = line.patient_id
    judging.note(line, verdict)
    if is_still_new:
        line.patient_id = chosen
    if verdict.outcome is Outcome.ADDED and roster.leaves_out_duplicates and line.look_alike_id:
        judging.leave_out(line)


def _new(clinic: Clinic, line: Line) -> NewPatient:
    if line.patient_id is None:
        raise ValueError("A new patient's row bears the identifier of the record.")
    return NewPatient(
        line.patient_id,
        clinic.pk,
        line.mrn,
        line.family_name,
        line.given_names,
        line.suffix,
        line.birth_date,
        line.sex,
    )


def _values(new: NewPatient, now: datetime) -> tuple[Any, ...]:
    facts = (new.family_name, new.given_names, new.suffix, new.birth_date, new.sex)
    return (new.pk, new.clinic_id, new.mrn, mrn_key_of(new.mrn), *facts, False, now, now)
