"""Keeps what the matcher finds patients by (`patients.index_models`) true to the patients' rows.

Call `put_in` in the transaction that writes a patient. Changes of one directory take turns, from the first
write to the commit: each sees the counts that the one before has left.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from numpy.typing import NDArray

from clinics.models import Clinic
from patients import bulk, index_keys
from patients.bell import ring_on_commit
from patients.index_entries import FIELDS, Entry, PatientRow, entry_of, facts
from patients.index_keys import in_blocks
from patients.index_models import DirectoryState, IndexedPatient, Tally
from patients.matching.normalise import number_of

_WRITTEN = ("directory", "mrn", "number", *FIELDS[2:])
_VALUES = attrgetter("directory_id", *_WRITTEN[1:])
_REWRITE = (
    "UPDATE patients_indexedpatient SET directory_id = %s, mrn = %s, number = %s, family = %s, given = %s, "
    "joined = %s, suffix = %s, birth_date = %s, sex = %s, provisional = %s, merged = %s WHERE patient_id = %s"
)
# Whoever counts has locked the directory, and a row stays when it comes to none.
_TALLY = (
    "INSERT INTO patients_tally (directory_id, kind, text, count, version) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (directory_id, kind, text) DO UPDATE "
    "SET count = patients_tally.count + excluded.count, version = excluded.version"
)

_Sorts = Counter[tuple[str, str]]  # of words and numbers, with how many have them


@dataclass(slots=True)
class Prepared:
    """What is written for some patients of one directory; a new entry has its place in `new` for a number,
    also in its keys.
    """

    new: list[Entry]
    new_keys: NDArray[np.int64]
    rewritten: list[Entry]
    removed: NDArray[np.int64]
    inserted: NDArray[np.int64]
    gone: list[int]
    sorts: _Sorts
    living: int


_open = threading.local()  # .clinics: whose directories this thread has changed in the transaction it is in


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
        _write(directory, prepare(clinic_id, (), without=wanted))


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


def version_of(clinic_id: UUID) -> int:
    """The version of the clinic's directory as it is committed, or as this transaction sees it."""
    found = DirectoryState.objects.filter(clinic_id=clinic_id).values_list("version", flat=True)
    return found.first() or 0


def prepare(
    clinic_id: UUID,
    rows: Collection[PatientRow],
    *,
    without: Collection[UUID] = (),
    leaves_keys: bool = False,
) -> Prepared:
    """Work out what `write` writes for these patients of one clinic, and to forget those who go: it takes
    most of the time, and nothing is locked. It holds as long as the directory has the same version.

    With `leaves_keys` the keys of those who go are left to `index_keys.sweep`, in the same transaction.
    """
    directory, _ = DirectoryState.objects.get_or_create(clinic_id=clinic_id)
    going = [each for each in _entries(without).values() if each.directory_id == directory.pk]
    there = _entries([row.pk for row in rows])
    entries = [entry_of(directory, row) for row in rows]
    changed = [entry for entry in entries if facts(entry) != facts(there.get(entry.patient_id))]
    before = [there[entry.patient_id] for entry in changed if entry.patient_id in there]
    new = [entry for entry in changed if entry.patient_id not in there]
    rewritten = [entry for entry in changed if entry.patient_id in there]
    for place, entry in enumerate(new):
        entry.pk = place
    for entry in rewritten:
        entry.pk = there[entry.patient_id].pk
    old_keys = index_keys.packed_all(before if leaves_keys else [*before, *going])
    now_keys = index_keys.packed_all(rewritten)
    return Prepared(
        new=new,
        new_keys=index_keys.packed_all(new),
        rewritten=rewritten,
        removed=np.setdiff1d(old_keys, now_keys, assume_unique=True),
        inserted=np.setdiff1d(now_keys, old_keys, assume_unique=True),
        gone=[entry.pk for entry in going],
        sorts=_difference(changed, [*before, *going]),
        living=_living(changed) - _living(before) - _living(going),
    )


@transaction.atomic
def write(clinic_id: UUID, prepared: Prepared) -> None:
    """Write what was worked out, while the directory is still what it was then."""
    _write(_locked(clinic_id), prepared)


def _put_in(clinic_id: UUID, rows: Mapping[UUID, PatientRow]) -> None:
    directory = _locked(clinic_id)
    _write(directory, prepare(clinic_id, list(rows.values())))


def _write(directory: DirectoryState, prepared: Prepared) -> None:
    if not (prepared.new or prepared.rewritten or prepared.gone):
        return
    numbers = bulk.reserve(IndexedPatient, len(prepared.new)) if prepared.new else []
    for entry, number in zip(prepared.new, numbers, strict=True):
        entry.pk = number
    bulk.insert(IndexedPatient, ("id", *_WRITTEN, "patient"), map(_row_of, prepared.new))
    bulk.write(_REWRITE, (_row_of(entry)[1:] for entry in prepared.rewritten))
    index_keys.remove(prepared.removed)
    for some in in_blocks(prepared.gone):
        IndexedPatient.objects.filter(pk__in=some).delete()
    index_keys.insert(np.concatenate([index_keys.numbered(prepared.new_keys, numbers), prepared.inserted]))
    index_keys.take_stock(len(prepared.new_keys) + len(prepared.inserted))
    _count(directory, prepared.sorts, prepared.living)


def _difference(now: Iterable[Entry], before: Iterable[IndexedPatient]) -> _Sorts:
    sorts: _Sorts = Counter()
    for entry in now:
        sorts.update(_sorts_of(entry))
    for old in before:
        sorts.subtract(_sorts_of(old))
    return sorts


def _living(entries: Iterable[Entry | IndexedPatient]) -> int:
    return sum(not entry.merged for entry in entries)


def _locked(clinic_id: UUID) -> DirectoryState:
    _open.clinics = _clinics_open() | {clinic_id}
    DirectoryState.objects.get_or_create(clinic_id=clinic_id)
    return DirectoryState.objects.select_for_update().get(clinic_id=clinic_id)


def _clinics_open() -> frozenset[UUID]:
    return getattr(_open, "clinics", frozenset())


def _entries(patient_ids: Collection[UUID]) -> dict[UUID, IndexedPatient]:
    entries = IndexedPatient.objects.select_related("directory")
    found = (entries.filter(patient__in=some) for some in in_blocks(list(patient_ids)))
    return {entry.patient_id: entry for some in found for entry in some}


def _row_of(entry: Entry) -> tuple[Any, ...]:
    return (entry.pk, *_VALUES(entry), entry.patient_id)


def _sorts_of(entry: Entry | IndexedPatient) -> Iterator[tuple[str, str]]:
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
    changes = sorted((sort, change) for sort, change in sorts.items() if change)
    bulk.write(_TALLY, ((directory.pk, *sort, change, directory.version) for sort, change in changes))
