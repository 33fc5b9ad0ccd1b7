"""A roster applied to a clinic's directory: patients come and change, nobody goes, and nobody is mixed up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from django.db import IntegrityError, transaction

from clinics import audit
from clinics.models import Clinic, User
from files.errors import Refused
from patients import matcher
from patients.list_file import ListRow
from patients.matching.normalise import words_of
from patients.models import Patient, mrn_key_of

_ROWS_AT_ONCE = 2000
_EARLIEST_BIRTH = date(1880, 1, 1)
_FIELDS = ("family_name", "given_names", "suffix", "birth_date", "sex", "provisional")


@dataclass(slots=True)
class RosterResult:
    """What a roster changed, or would change; each refused line with its number and why."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What is to be written: new patients, and those of the directory as they will be."""

    result: RosterResult = field(default_factory=RosterResult)
    new: list[Patient] = field(default_factory=list)
    changed: list[Patient] = field(default_factory=list)


def apply_roster(clinic: Clinic, rows: Iterable[ListRow], *, actor: User | None) -> RosterResult:
    """Bring the directory up to the roster in one transaction, keys included.

    A row is known by its record number. An empty cell takes nothing away, and who is not on the roster stays.
    A row that could mix two people up is refused, and the others are applied. Refused (409)
    `directory-changed` when somebody has registered one of the new patients meanwhile; nothing is written.
    """
    with transaction.atomic():
        plan = plan_roster(clinic, rows)
        try:
            with transaction.atomic():
                Patient.objects.bulk_create(plan.new, batch_size=_ROWS_AT_ONCE)
        except IntegrityError as error:
            message = "Somebody changed the directory meanwhile. Apply the roster again."
            raise Refused("directory-changed", message, status=409) from error
        Patient.objects.bulk_update(plan.changed, _FIELDS, batch_size=_ROWS_AT_ONCE)
        matcher.refresh_keys_in_bulk([*plan.new, *plan.changed])
        matcher.verify_check_digit(clinic)
        result = plan.result
        audit.record(
            "roster-applied",
            clinic=clinic,
            actor=actor,
            target=clinic,
            added=result.added,
            changed=result.changed,
            unchanged=result.unchanged,
            refused=len(result.refused),
        )
    return result


def plan_roster(clinic: Clinic, rows: Iterable[ListRow]) -> Plan:
    """What applying would do; writes nothing."""
    plan, lines = Plan(), dict[str, int]()
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_AT_ONCE)):
        there = _there(clinic, some)
        for row in some:
            why = _refusal(row, there.get(mrn_key_of(row.mrn), ()), lines)
            if why:
                plan.result.refused.append((row.line, why))
                continue
            lines[mrn_key_of(row.mrn)] = row.line
            _plan_row(plan, clinic, row, there)
    return plan


def _there(clinic: Clinic, rows: Sequence[ListRow]) -> dict[str, list[Patient]]:
    """The directory's records whose numbers look like those of `rows`, by their comparable form."""
    keys = {mrn_key_of(row.mrn) for row in rows}
    found: dict[str, list[Patient]] = {}
    for some in _in_parts(sorted(keys)):
        for patient in Patient.objects.of(clinic).filter(mrn_key__in=some):
            found.setdefault(patient.mrn_key, []).append(patient)
    return found


def _refusal(row: ListRow, alike: Sequence[Patient], lines: dict[str, int]) -> str:
    """Why this row is not applied; empty where it is."""
    return _is_incomplete(row) or _is_doubtful(row, alike, lines)


def _is_incomplete(row: ListRow) -> str:
    if not mrn_key_of(row.mrn):
        return "It has no record number."
    if row.whole_name and not row.family_name:
        return "Write the name as SURNAMES, Names, or in two columns."
    if not row.family_name:
        return "It has no surname."
    if row.has_lost_date:
        return "Its birth date could not be read; write it as 1957-04-23."
    if row.birth_date and not _EARLIEST_BIRTH <= row.birth_date <= date.today():  # noqa: DTZ011 - a day will do
        return "Its birth date cannot be."
    return ""


def _is_doubtful(row: ListRow, alike: Sequence[Patient], lines: dict[str, int]) -> str:
    """Could it mix two people up?"""
    first = lines.get(mrn_key_of(row.mrn))
    if first is not None:
        return f"Line {first} has the same record number."
    own = next((patient for patient in alike if patient.mrn == row.mrn), None)
    if own is None:
        return "Its number differs from a patient's only in zeros or signs between." if alike else ""
    if own.merged_into_id is not None:
        return "This record was merged into another one."
    return "" if _may_be_same(row, own) else "Another person has this record number."


def _may_be_same(row: ListRow, patient: Patient) -> bool:
    """The same birth date, or a word of the name in common: a woman who marries stays herself, and a column
    that slipped by one line renames nobody.
    """
    if row.birth_date and row.birth_date == patient.birth_date:
        return True
    names = set(words_of(f"{row.family_name} {row.given_names}"))
    return bool(names & set(words_of(f"{patient.family_name} {patient.given_names}")))


def _plan_row(plan: Plan, clinic: Clinic, row: ListRow, there: dict[str, list[Patient]]) -> None:
    patients = there.get(mrn_key_of(row.mrn), [])
    patient = next((each for each in patients if each.mrn == row.mrn), None)
    if patient is None:
        plan.new.append(Patient(clinic=clinic, mrn=row.mrn, mrn_key=mrn_key_of(row.mrn), **dict(_known(row))))
        plan.result.added += 1
        return
    facts = {**dict(_known(row)), "provisional": False}
    changes = {name: value for name, value in facts.items() if getattr(patient, name) != value}
    for name, value in changes.items():
        setattr(patient, name, value)
    if changes:
        plan.changed.append(patient)
        plan.result.changed += 1
    else:
        plan.result.unchanged += 1


def _known(row: ListRow) -> Iterator[tuple[str, object]]:
    """The cells that say something."""
    for name in _FIELDS[:-1]:
        if value := getattr(row, name):
            yield name, value


def _in_parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _ROWS_AT_ONCE] for start in range(0, len(items), _ROWS_AT_ONCE))
