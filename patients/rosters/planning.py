"""What applying a roster will write, worked out before its transaction (`patients.rosters.plans`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q

from clinics.models import Clinic
from patients import index
from patients.models import Patient, Roster, mrn_key_of
from patients.roster_states import Outcome
from patients.rosters import judging, lines, plans, progress
from patients.rosters.judging import FIELDS, OWN_FAULTS, Verdict
from patients.rosters.lines import Line
from patients.rosters.plans import Plan

# New keys fall all over their table: few large steps cost least (see `patients.matcher`).
_ROWS_AT_ONCE = 20_000


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


@dataclass(slots=True)
class Step:
    """What is written at once: patients who come and who change, whom the matcher finds them by, and the
    roster's rows that come out otherwise than they were shown.
    """

    new: list[tuple[Any, ...]]
    changed: list[tuple[Any, ...]]
    prepared: index.Prepared
    other: list[Line]
    rows: int


def plan(roster: Roster, folder: Path, now: datetime) -> Plan[Step]:
    """Judge every row by the directory as it is, and work out all that is written; reads only."""
    made: Plan[Step] = plans.begun(roster, folder)
    total, done = roster.counts.get("rows", 0), 0
    for some in lines.in_order(roster, at_once=_ROWS_AT_ONCE, only=~Q(code__in=OWN_FAULTS)):
        made.add(_step(roster, some, made, now))
        done += len(some)
        progress.tell(roster.pk, "Comparing with the directory", done, total)
    return made


def changed_row(patient: Patient, now: datetime) -> tuple[Any, ...]:
    """A patient as it is in memory, for the statement that writes it."""
    return (*(getattr(patient, name) for name in FIELDS), patient.provisional, now, patient.pk)


def _step(roster: Roster, some: Sequence[Line], made: Plan[Step], now: datetime) -> Step:
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
    after = [(line.outcome, line.patient_id, line.before) for line in some]
    made.differences += sum(was[0] != is_now[0] for was, is_now in zip(shown, after, strict=True))
    return Step(
        new=[_values(each, now) for each in new],
        changed=[changed_row(each, now) for each in changed],
        prepared=index.prepare(roster.clinic_id, [*new, *changed]),
        other=[line for line, was, is_now in zip(some, shown, after, strict=True) if was != is_now],
        rows=len(some),
    )


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
    facts = (line.mrn, line.family_name, line.given_names, line.suffix, line.birth_date, line.sex)
    return NewPatient(line.patient_id, clinic.pk, *facts)


def _values(new: NewPatient, now: datetime) -> tuple[Any, ...]:
    facts = (new.family_name, new.given_names, new.suffix, new.birth_date, new.sex)
    return (new.pk, new.clinic_id, new.mrn, mrn_key_of(new.mrn), *facts, False, now, now)
