"""A patient made comparable, as the index writes a row of it and the matcher reads one."""

from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID

from patients.index_models import DirectoryState, IndexedPatient
from patients.matching.normalise import Person, number_of, person_of

FIELDS = (
    "patient_id", "mrn", "family", "given", "joined", "suffix", "birth_date", "sex", "provisional", "merged",
)  # fmt: skip

_FACTS = attrgetter(*FIELDS)


class PatientRow(Protocol):
    """What is asked of a patient's row."""

    pk: Any
    clinic_id: UUID
    mrn: str
    family_name: str
    given_names: str
    suffix: str
    birth_date: date | None
    sex: str
    provisional: bool
    merged_into_id: UUID | None


@dataclass(slots=True)
class Entry:
    """A row of `IndexedPatient` before it is written: a model for each of half a million takes too long."""

    directory_id: int
    patient_id: UUID
    mrn: str
    number: float | None
    family: str
    given: str
    joined: str
    suffix: str
    birth_date: date | None
    sex: str
    provisional: bool
    merged: bool
    pk: int = 0


def entry_of(directory: DirectoryState, row: PatientRow) -> Entry:
    """The row of this patient as it has to be; it has no number yet."""
    person = person_of(
        str(row.pk),
        row.mrn,
        family=row.family_name,
        given=row.given_names,
        suffix=row.suffix,
        birth_date=row.birth_date,
        sex=row.sex,
    )
    is_merged = row.merged_into_id is not None
    return Entry(
        directory_id=directory.pk,
        patient_id=row.pk,
        mrn=row.mrn,
        number=None if is_merged or person.number.is_empty else float(person.number.digits),
        family=" ".join(person.family),
        given=" ".join(person.given),
        joined=" ".join(person.joined),
        suffix=person.suffix,
        birth_date=row.birth_date,
        sex=person.sex,
        provisional=row.provisional,
        merged=is_merged,
    )


def facts(entry: Entry | IndexedPatient | None) -> tuple[Any, ...]:
    """The values of `FIELDS`; none of nobody."""
    return _FACTS(entry) if entry is not None else ()


def person_from(row: tuple[Any, ...]) -> Person:
    """The values of `FIELDS` as the matcher sees them; identifiers may be text, and dates are to SQLite."""
    patient_id, mrn, family, given, joined, suffix, birth_date, sex, provisional, _ = row
    return Person(
        id=_dashed(patient_id) if isinstance(patient_id, str) else str(patient_id),
        number=number_of(mrn),
        family=tuple(family.split()),
        given=tuple(given.split()),
        joined=tuple(joined.split()),
        suffix=suffix,
        birth_date=date.fromisoformat(birth_date) if isinstance(birth_date, str) else birth_date,
        written_number=mrn,
        is_provisional=bool(provisional),
        sex=sex,
    )


def _dashed(uuid: str) -> str:
    """As Python writes it; SQLite has it without dashes."""
    if "-" in uuid:
        return uuid
    return f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
