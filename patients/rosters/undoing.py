"""An applied roster is taken back, in one transaction, as far as nobody has built on it since.

Who came by it and has nothing in the chart goes again; what it changed gets its old value back where nobody
has changed it since. The rest stays, and its row says why.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import PROTECT, Q
from django.utils import timezone

from clinics import audit
from files import lease
from patients import index, matcher
from patients.models import Patient, Roster
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import claims, lines, progress
from patients.rosters.applying import change_patients
from patients.rosters.claims import Claim
from patients.rosters.judging import FIELDS
from patients.rosters.lines import Line

_ROWS_AT_ONCE = 10_000
_IDS_AT_ONCE = 2_000
_GONE = "The record is not in the directory any more."
_IN_USE = "Something is in the chart, or a batch, a merge or an account hangs on it."
_CHANGED = "Somebody has changed the record since."
_CHANGED_PARTLY = "Somebody has changed {} since; that stays."
_WORDS = {
    "family_name": "the surnames",
    "given_names": "the given names",
    "suffix": "the suffix",
    "birth_date": "the birth date",
    "sex": "the sex",
    "provisional": "that it is provisional",
}


def undo(claim: Claim) -> None:
    """Take the roster back; the counts say what went, what is as it was, and what stays."""
    roster = claim.roster
    with transaction.atomic():
        index.take_turn(roster.clinic_id)
        began = lease.now()
        removed = _remove_added(roster)
        restored = _restore_changed(roster)
        matcher.verify_check_digit(roster.clinic)
        kept = lines.chosen(roster, outcome="kept").count()
        counts = {"removed": removed, "restored": restored, "kept": kept}
        claims.settle(claim, RosterStatus.UNDONE, counts=roster.counts | counts, undone_at=timezone.now())
        audit.record("roster-undone", clinic=roster.clinic, actor=roster.undone_by, target=roster, **counts)
        lease.hold_all(began)


def _remove_added(roster: Roster) -> int:
    removed = 0
    for some in _rows(roster, Outcome.ADDED):
        reasons = dict(_reasons_to_stay(some))
        going = [line.patient_id for line in some if line.line not in reasons and line.patient_id]
        for ids in _in_parts(going):
            Patient.objects.filter(pk__in=ids).delete()
        lines.keep(roster, reasons.items())
        removed += len(going)
    return removed


def _reasons_to_stay(some: Sequence[Line]) -> Iterator[tuple[int, str]]:
    ids = [line.patient_id for line in some if line.patient_id]
    patients = _locked(ids)
    used = _used(ids)
    for line in some:
        patient = patients.get(line.patient_id) if line.patient_id else None
        if patient is None:
            yield line.line, _GONE
        elif patient.pk in used or patient.user_id is not None or patient.merged_into_id is not None:
            yield line.line, _IN_USE
        elif any(getattr(patient, name) != getattr(line, name) for name in (*FIELDS, "mrn")):
            yield line.line, _CHANGED


def _restore_changed(roster: Roster) -> int:
    restored = 0
    for some in _rows(roster, Outcome.CHANGED):
        patients = _locked([line.patient_id for line in some if line.patient_id])
        back, reasons = [], dict[int, str]()
        for line in some:
            patient = patients.get(line.patient_id) if line.patient_id else None
            kept = _restore(patient, line) if patient else []
            if patient is None:
                reasons[line.line] = _GONE
            elif len(kept) < len(line.before or {}):
                back.append(patient)
            if kept:
                reasons[line.line] = _CHANGED_PARTLY.format(" and ".join(_WORDS[name] for name in kept))
        change_patients(back, timezone.now())
        index.put_in(back)
        lines.keep(roster, reasons.items())
        restored += len(back)
    return restored


def _restore(patient: Patient, line: Line) -> list[str]:
    """Give the old values back in memory; which fields somebody has changed since, so that they stay."""
    kept = []
    for name, old in (line.before or {}).items():
        new = False if name == "provisional" else getattr(line, name)
        if getattr(patient, name) != new:
            kept.append(name)
        else:
            setattr(patient, name, _value(name, old))
    return kept


def _value(name: str, old: Any) -> Any:
    return date.fromisoformat(old) if name == "birth_date" and old else old


def _rows(roster: Roster, outcome: Outcome) -> Iterator[Sequence[Line]]:
    total, done = roster.counts.get(outcome.value, 0), 0
    for some in lines.in_order(roster, at_once=_ROWS_AT_ONCE, only=Q(outcome=outcome)):
        yield some
        done += len(some)
        progress.tell(roster.pk, "Taking back what was " + outcome.value, done, total)


def _locked(ids: Sequence[UUID]) -> Mapping[UUID, Patient]:
    """These patients, which nobody changes, and nobody files under, before we are done."""
    found: dict[UUID, Patient] = {}
    for some in _in_parts(ids):
        found |= {each.pk: each for each in Patient.objects.select_for_update().filter(pk__in=some)}
    return found


def _used(ids: Sequence[UUID]) -> set[UUID]:
    """Who of them something hangs on that would not let a record go: a picture, a document, a batch, a merge,
    a move between charts. Asked of every table that points to patients, so that a new one is not forgotten.
    """
    return {patient_id for some in _in_parts(ids) for patient_id in _used_of(some)}


def _used_of(ids: Sequence[UUID]) -> Iterable[UUID]:
    for relation in Patient._meta.related_objects:  # noqa: SLF001 - Django's documented way to ask
        if relation.on_delete is PROTECT:
            name = relation.field.attname
            rows: Any = relation.related_model
            yield from rows._base_manager.filter(**{f"{name}__in": ids}).values_list(name, flat=True)  # noqa: SLF001


def _in_parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
