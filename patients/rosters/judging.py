"""What a row of a roster does to the directory as it is now: patients come and change, nobody goes, and
nobody is mixed up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import uuid4

from clinics.models import Clinic
from patients.list_file import ListRow
from patients.matcher import today_in
from patients.matching.normalise import person_of
from patients.models import Patient, mrn_key_of
from patients.roster_states import Outcome
from patients.rosters.lines import Line
from patients.rosters.same_person import may_be_same

LEFT_OUT = "looks-like-another"
# What is wrong with a row itself: the directory cannot change it.
OWN_FAULTS = frozenset({
    *("not-understood", "no-number", "whole-name", "no-surname", "birth-date-lost", "birth-date-impossible"),
    "number-twice",
})  # fmt: skip
FIELDS = ("family_name", "given_names", "suffix", "birth_date", "sex")

_KEYS_AT_ONCE = 2_000
_EARLIEST_BIRTH = date(1880, 1, 1)


class _Row(Protocol):
    """What is asked of a row, read from a file or from the database."""

    @property
    def mrn(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def given_names(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def sex(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: a stable code, and the sentence."""

    code: str
    why: str


@dataclass(slots=True)
class Verdict:
    """What one row does. `patient` is the record that bears its number, changed in memory as the row wants
    it; `before` are the old values of what it changes.
    """

    outcome: Outcome
    fault: Fault | None = None
    patient: Patient | None = None
    before: dict[str, Any] | None = None


def own_fault(row: ListRow, today: date) -> Fault | None:
    """What is wrong with the row itself, whatever is in the directory."""
    if not mrn_key_of(row.mrn):
        return Fault("no-number", "It has no record number.")
    if row.whole_name and not row.family_name:
        return Fault("whole-name", "Write the name as SURNAMES, Names, or in two columns.")
    if not row.family_name:
        return Fault("no-surname", "It has no surname.")
    if row.lost_date:
        return Fault("birth-date-lost", row.lost_date)
    if row.birth_date and not _EARLIEST_BIRTH <= row.birth_date <= today:
        why = f"Its birth date {row.birth_date} is not between {_EARLIEST_BIRTH} and today. Correct it."
        return Fault("birth-date-impossible", why)
    return None


def judge(clinic: Clinic, rows: Sequence[_Row]) -> list[Verdict]:
    """What each of `rows` does, in their order; their numbers must all differ. Reads, and writes nothing."""
    there = _records_like(clinic, rows)
    today = today_in(clinic)
    return [_verdict(row, there.get(mrn_key_of(row.mrn), ()), today) for row in rows]


def note(line: Line, verdict: Verdict) -> Line:
    """Write the verdict into the row; who is new gets the identifier that the record will have."""
    line.outcome = verdict.outcome.value
    line.code, line.why = (verdict.fault.code, verdict.fault.why) if verdict.fault else ("", "")
    line.before = verdict.before
    if verdict.patient is not None:
        line.patient_id = verdict.patient.pk
    else:
        line.patient_id = uuid4() if verdict.outcome is Outcome.ADDED else None
    return line


def leave_out(line: Line) -> None:
    """Refuse a row that may be somebody under another number."""
    line.outcome, line.code, line.patient_id = Outcome.REFUSED.value, LEFT_OUT, None
    line.why = "It looks like a patient under another number, and was left out as you asked."


def _verdict(row: _Row, alike: Sequence[Patient], today: date) -> Verdict:
    own = next((patient for patient in alike if patient.mrn == row.mrn), None)
    if own is None:
        return Verdict(Outcome.REFUSED, _alike(row.mrn, alike[0].mrn)) if alike else Verdict(Outcome.ADDED)
    before = _changes(row, own)
    if own.merged_into_id is not None:
        return Verdict(Outcome.REFUSED, Fault("record-merged", "This record was merged into another one."))
    if not before:
        return Verdict(Outcome.UNCHANGED, patient=own)
    if not may_be_same(_person(row, row.mrn), _person(own, own.mrn), today):
        return Verdict(Outcome.REFUSED, Fault("another-person", "Another person has this record number."))
    return Verdict(Outcome.CHANGED, patient=_changed(own, row, before), before=before)


def _alike(number: str, other: str) -> Fault:
    why = (
        f"Its record number {number} differs from {other} of a patient here only in zeros or signs between. "
        f"Write {other} if it is the same person; if it is another one, add them under Patients."
    )
    return Fault("number-alike", why)


def _changes(row: _Row, patient: Patient) -> dict[str, Any]:
    """The old values of what the row knows better; an empty cell takes nothing away."""
    before = {
        name: _plain(old)
        for name in FIELDS
        if (new := getattr(row, name)) and (old := getattr(patient, name)) != new
    }
    return before | ({"provisional": True} if patient.provisional else {})


def _changed(patient: Patient, row: _Row, before: dict[str, Any]) -> Patient:
    for name in before:
        setattr(patient, name, False if name == "provisional" else getattr(row, name))
    return patient


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _person(row: _Row | Patient, mrn: str) -> Any:
    return person_of(
        "", mrn, family=row.family_name, given=row.given_names, suffix=row.suffix, birth_date=row.birth_date
    )


def _records_like(clinic: Clinic, rows: Sequence[_Row]) -> dict[str, list[Patient]]:
    """The directory's records whose numbers look like those of `rows`, by their comparable form."""
    keys = sorted({mrn_key_of(row.mrn) for row in rows})
    found: dict[str, list[Patient]] = {}
    for some in _in_parts(keys):
        for patient in Patient.objects.of(clinic).filter(mrn_key__in=some):
            found.setdefault(patient.mrn_key, []).append(patient)
    return found


def _in_parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _KEYS_AT_ONCE] for start in range(0, len(items), _KEYS_AT_ONCE))
