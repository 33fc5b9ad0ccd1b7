"""Keeps what the matcher finds patients by (`patients.index_models`) true to the patients' rows.

Call `put_in` in the transaction that writes a patient. Changes of one directory take turns, from the first
write to the commit: each sees the counts that the one before has left.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from numpy.typing import NDArray

from clinics.models import Clinic
from patients.bell import ring_on_commit
from patients.index_models import DirectoryState, IndexedPatient, Tally
from patients.matching.keys import keys_of, within
from patients.matching.normalise import Person, number_of, person_of

FIELDS = (
    "patient_id", "mrn", "family", "given", "joined", "suffix", "birth_date", "sex", "provisional", "merged",
)  # fmt: skip

_ROWS_AT_ONCE = 5_000
_MANY_KEYS = 20_000  # of a thousand patients; fewer are counted by the database's own housekeeping
_WRITTEN = ("directory", "mrn", "number", *FIELDS[2:])

_Sorts = Counter[tuple[str, str]]  # of words and numbers, with how many have them
_Block = TypeVar("_Block", list[Any], NDArray[np.int64])

_open = threading.local()  # .clinics: whose directories this thread has changed in the transaction it is in


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


@transaction.atomic
def put_in(patients: Iterable[PatientRow]) -> None:
    """Make keys and counts those of the rows as they are now; only what differs is written.

    A thousand patients take some seven megabytes while they are written.
    """
    by_clinic: dict[UUID, dict[UUID, PatientRow]] = {}
    for row in patients:
        by_clinic.setdefault(row.clinic_id, {})[row.pk] = row
    for clinic_id in sorted(by_clinic):
        _put_in(clinic_id, by_clinic[clinic_id])


@transaction.atomic
def take_out(patient_ids: Iterable[UUID]) -> None:
    """Forget these patients; call it before their rows go."""
    wanted = list(patient_ids)
    for clinic_id in sorted({entry.directory.clinic_id for entry in _entries(wanted).values()}):
        directory = _locked(clinic_id)
        entries = [each for each in _entries(wanted).values() if each.directory_id == directory.pk]
        sorts: _Sorts = Counter()
        for entry in entries:
            sorts.subtract(_sorts_of(entry))
        _remove(_packed_all(entries))
        for some in _in_blocks([entry.pk for entry in entries]):
            IndexedPatient.objects.filter(pk__in=some).delete()
        _count(directory, sorts, -sum(not entry.merged for entry in entries))


def take_turn(clinic_id: UUID) -> None:
    """Wait until nobody else changes the clinic's directory, and keep others waiting until the transaction
    ends: what is planned from here on is planned on what will still be there.
    """
    _locked(clinic_id)


def is_settled(clinic_id: UUID) -> bool:
    """Has this thread no change of the directory open, that a rollback could undo?"""
    if not connection.in_atomic_block:
        _open.clinics = frozenset()
    return clinic_id not in _clinics_open()


def person_from(row: tuple[Any, ...]) -> Person:
    """The values of `FIELDS` as the matcher sees them; SQLite hands identifiers and dates over as text."""
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
    return f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"


def _put_in(clinic_id: UUID, rows: Mapping[UUID, PatientRow]) -> None:
    directory = _locked(clinic_id)
    there = _entries(rows)
    entries = [_entry_of(directory, row) for row in rows.values()]
    changed = [entry for entry in entries if _facts(entry) != _facts(there.get(entry.patient_id))]
    if not changed:
        return
    before = [there[entry.patient_id] for entry in changed if entry.patient_id in there]
    IndexedPatient.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["patient"], update_fields=_WRITTEN
    )
    old_keys, new_keys = _packed_all(before), _packed_all(changed)
    _remove(np.setdiff1d(old_keys, new_keys, assume_unique=True))
    _insert(np.setdiff1d(new_keys, old_keys, assume_unique=True))
    _take_stock(len(new_keys))
    sorts: _Sorts = Counter()
    for entry in changed:
        sorts.update(_sorts_of(entry))
    for entry in before:
        sorts.subtract(_sorts_of(entry))
    living = sum(not entry.merged for entry in changed) - sum(not entry.merged for entry in before)
    _count(directory, sorts, living)


def _locked(clinic_id: UUID) -> DirectoryState:
    _open.clinics = _clinics_open() | {clinic_id}
    DirectoryState.objects.get_or_create(clinic_id=clinic_id)
    return DirectoryState.objects.select_for_update().get(clinic_id=clinic_id)


def _clinics_open() -> frozenset[UUID]:
    return getattr(_open, "clinics", frozenset())


def _entries(patient_ids: Collection[UUID]) -> dict[UUID, IndexedPatient]:
    entries = IndexedPatient.objects.select_related("directory")
    found = (entries.filter(patient__in=some) for some in _in_blocks(list(patient_ids)))
    return {entry.patient_id: entry for some in found for entry in some}


def _entry_of(directory: DirectoryState, row: PatientRow) -> IndexedPatient:
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
    return IndexedPatient(
        directory=directory,
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


def _facts(entry: IndexedPatient | None) -> tuple[Any, ...]:
    return tuple(getattr(entry, field) for field in FIELDS) if entry is not None else ()


def _keys_of(entry: IndexedPatient) -> list[int]:
    return within(keys_of(person_from(_facts(entry))), entry.directory_id)


def _packed(entry: IndexedPatient, keys: Collection[int]) -> NDArray[np.int64]:
    """Key and entry in one integer, so that a million pairs fit in eight megabytes and sort by key."""
    return np.fromiter(keys, np.int64, len(keys)) * (1 << 32) + entry.pk


def _packed_all(entries: Iterable[IndexedPatient]) -> NDArray[np.int64]:
    packed = [_packed(entry, _keys_of(entry)) for entry in entries]
    return np.sort(np.concatenate(packed)) if packed else np.empty(0, np.int64)


def _pairs(packed: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Key and entry of each."""
    return list(zip((packed >> 32).tolist(), (packed & 0xFFFF_FFFF).tolist(), strict=True))


def _insert(packed: NDArray[np.int64]) -> None:
    with connection.cursor() as cursor:
        for some in _in_blocks(packed):
            # As text: they are integers, and to bind fifty for each patient took longer than all the rest.
            values = ",".join(f"({key},{entry})" for key, entry in _pairs(some))
            cursor.execute(
                f'INSERT INTO patients_patientkey ("key", entry_id) VALUES {values} ON CONFLICT DO NOTHING'  # noqa: S608
            )


def _take_stock(written: int) -> None:
    """Let PostgreSQL see what it has after a bulk import; until then it would read all of a table that it
    takes for a small one.
    """
    if written >= _MANY_KEYS and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE patients_patientkey, patients_indexedpatient")


def _remove(packed: NDArray[np.int64]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            'DELETE FROM patients_patientkey WHERE "key" = %s AND entry_id = %s', _pairs(packed)
        )


def _sorts_of(entry: IndexedPatient) -> Iterator[tuple[str, str]]:
    """What the directory counts of a patient; nothing of one who was merged."""
    if entry.merged:
        return
    for kind, words in (
        (Tally.Kind.FAMILY, entry.family),
        (Tally.Kind.GIVEN, entry.given),
        (Tally.Kind.JOINED, entry.joined),
    ):
        yield from ((kind.value, word) for word in set(words.split()))
    number = number_of(entry.mrn)
    if not number.is_empty:
        yield Tally.Kind.WIDTH.value, str(number.width)
        yield Tally.Kind.LETTERS.value, number.letters


def _count(directory: DirectoryState, sorts: _Sorts, living: int) -> None:
    """Add to the counts, and tell every process by a new version, and what waits in review by the time."""
    Clinic.objects.filter(pk=directory.clinic_id).update(directory_changed_at=Now())
    ring_on_commit(directory.clinic_id)
    directory.version += 1
    directory.patients += living
    directory.save(update_fields=["version", "patients"])
    changes = {sort: change for sort, change in sorts.items() if change}
    counts = _counts(directory, changes)
    Tally.objects.bulk_create(
        (
            Tally(
                directory=directory, kind=kind, text=text, count=counts[kind, text], version=directory.version
            )
            for kind, text in sorted(changes)
        ),
        update_conflicts=True,
        unique_fields=["directory", "kind", "text"],
        update_fields=["count", "version"],
        batch_size=_ROWS_AT_ONCE,
    )


def _counts(directory: DirectoryState, changes: Mapping[tuple[str, str], int]) -> _Sorts:
    counts: _Sorts = Counter(changes)
    tallies = Tally.objects.filter(directory=directory)
    for kind in Tally.Kind.values:
        texts = [text for each, text in changes if each == kind]
        for some in _in_blocks(texts):
            for text, count in tallies.filter(kind=kind, text__in=some).values_list("text", "count"):
                counts[kind, text] += count
    return counts


def _in_blocks(rows: _Block) -> Iterator[_Block]:
    return (rows[at : at + _ROWS_AT_ONCE] for at in range(0, len(rows), _ROWS_AT_ONCE))
