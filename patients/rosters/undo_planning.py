"""What taking a roster back will write, worked out before its transaction (`patients.rosters.plans`): who
goes, who gets old values back, and who stays, with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q

from patients import index, index_keys
from patients.models import Patient, Roster
from patients.roster_states import Outcome
from patients.rosters import lines, plans, progress
from patients.rosters.hanging import hanging_on
from patients.rosters.judging import FIELDS
from patients.rosters.later_lists import LaterLists, later_lists
from patients.rosters.lines import Line
from patients.rosters.planning import changed_row
from patients.rosters.plans import Plan

_ROWS_AT_ONCE = 20_000
_IDS_AT_ONCE = 2_000
_GONE = "The record is not in the directory any more."
_IN_USE = "On this record hangs {}."
_MERGED = "The record was merged into another one."
_CHANGED = "Somebody has changed the record since."
_CHANGED_PARTLY = "Somebody has changed {} since; that stays."
_LISTED = "The list “{}”, which was applied later, has this patient as well."
_SAID_AGAIN = "The list “{}”, which was applied later, says {} too; that stays."
_WORDS = {
    "family_name": "the surnames",
    "given_names": "the given names",
    "suffix": "the suffix",
    "birth_date": "the birth date",
    "sex": "the sex",
    "provisional": "that it is not provisional",
}


@dataclass(slots=True)
class UndoStep:
    """What is done at once: who goes, who gets old values back, what the matcher finds them by, and which
    lines stay for which reason. With `leaves_keys` the keys of those who go are swept at the end.
    """

    going: list[UUID]
    changed: list[tuple[Any, ...]]
    prepared: index.Prepared
    kept: list[tuple[int, str]]
    rows: int
    leaves_keys: bool


@dataclass(slots=True)
class _Found:
    """What is to be done with some rows, before it is worked out."""

    going: list[UUID] = field(default_factory=list)
    restored: list[Patient] = field(default_factory=list)
    kept: list[tuple[int, str]] = field(default_factory=list)


def plan(roster: Roster, folder: Path, now: datetime) -> Plan[UndoStep]:
    """Compare every row that wrote something with the directory as it is; reads only."""
    made: Plan[UndoStep] = plans.begun(roster, folder)
    later, leaves_keys = later_lists(roster), index_keys.are_many(roster.counts.get(Outcome.ADDED, 0))
    total = roster.counts.get(Outcome.ADDED, 0) + roster.counts.get(Outcome.CHANGED, 0)
    done, only = 0, Q(outcome__in=[Outcome.ADDED, Outcome.CHANGED])
    for some in lines.in_order(roster, at_once=_ROWS_AT_ONCE, only=only):
        found = _compared(some, later)
        prepared = index.prepare(
            roster.clinic_id, found.restored, without=found.going, leaves_keys=leaves_keys
        )
        changed = [changed_row(each, now) for each in found.restored]
        made.add(UndoStep(found.going, changed, prepared, found.kept, len(some), leaves_keys))
        done += len(some)
        progress.tell(roster.pk, "Comparing with the directory", done, total)
    return made


def _compared(some: Sequence[Line], later: LaterLists) -> _Found:
    found = _Found()
    patients = _patients([line.patient_id for line in some if line.patient_id])
    added = {line.patient_id for line in some if line.outcome == Outcome.ADDED}
    hanging = hanging_on([patient_id for patient_id in patients if patient_id in added])
    for line in some:
        patient = patients.get(line.patient_id) if line.patient_id else None
        if patient is None:
            found.kept.append((line.line, _GONE))
        elif line.outcome == Outcome.ADDED:
            _take_out(found, patient, line, later, hanging.get(patient.pk, set()))
        else:
            _restore(found, patient, line, later)
    return found


def _take_out(found: _Found, patient: Patient, line: Line, later: LaterLists, hanging: set[str]) -> None:
    if reason := _reason_to_stay(patient, line, later, hanging):
        found.kept.append((line.line, reason))
    else:
        found.going.append(patient.pk)


def _reason_to_stay(patient: Patient, line: Line, later: LaterLists, hanging: set[str]) -> str:
    if patient.merged_into_id is not None:
        return _MERGED
    if patient.user_id is not None:
        hanging = hanging | {"an account"}
    if hanging:
        return _IN_USE.format(_listed(sorted(hanging)))
    if (name := later.name_for(patient.pk)) is not None:
        return _LISTED.format(name)
    is_changed = any(getattr(patient, each) != getattr(line, each) for each in (*FIELDS, "mrn"))
    return _CHANGED if is_changed else ""


def _restore(found: _Found, patient: Patient, line: Line, later: LaterLists) -> None:
    """Give the old values back in memory, but for what somebody has changed since and what a later list says
    too.
    """
    before = line.before or {}
    changed = [name for name in before if getattr(patient, name) != _new(line, name)]
    said = [name for name in before if name not in changed and later.confirms(patient.pk, name)]
    for name in before.keys() - {*changed, *said}:
        setattr(patient, name, _value(name, before[name]))
    if len(changed) + len(said) < len(before):
        found.restored.append(patient)
    if reasons := list(_reasons(changed, said, later.name_for(patient.pk))):
        found.kept.append((line.line, " ".join(reasons)))


def _reasons(changed: Sequence[str], said: Sequence[str], name: str | None) -> Iterator[str]:
    if changed:
        yield _CHANGED_PARTLY.format(_listed([_WORDS[each] for each in changed]))
    if said:
        yield _SAID_AGAIN.format(name, _listed([_WORDS[each] for each in said]))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _new(line: Line, name: str) -> Any:
    return False if name == "provisional" else getattr(line, name)


def _value(name: str, old: Any) -> Any:
    return date.fromisoformat(old) if name == "birth_date" and old else old


def _patients(ids: Sequence[UUID]) -> Mapping[UUID, Patient]:
    found: dict[UUID, Patient] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        found |= Patient.objects.in_bulk(ids[start : start + _IDS_AT_ONCE])
    return found
