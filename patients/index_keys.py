"""The table of keys (`patients.index_models.PatientKey`) by the million: packed, written, removed, swept."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from patients.index_entries import Entry, facts, person_from
from patients.index_models import IndexedPatient
from patients.matching.keys import keys_of, within

_ROWS_AT_ONCE = 5_000
_ENTRY = 0xFFFF_FFFF
_MANY_KEYS = 20_000  # of a thousand patients; fewer are counted by the database's own housekeeping
_LARGE_SHARE = 10

_Block = TypeVar("_Block", list[Any], NDArray[np.int64])


def _keys_of(entry: Entry | IndexedPatient) -> list[int]:
    return within(keys_of(person_from(facts(entry))), entry.directory_id)


def _packed(entry: Entry | IndexedPatient, keys: Collection[int]) -> NDArray[np.int64]:
    """Key and entry in one integer, so that a million pairs fit in eight megabytes and sort by key."""
    return np.fromiter(keys, np.int64, len(keys)) * (1 << 32) + entry.pk


def packed_all(entries: Iterable[Entry | IndexedPatient]) -> NDArray[np.int64]:
    """Every key of these entries with its entry, in the order of the table."""
    packed = [_packed(entry, _keys_of(entry)) for entry in entries]
    return np.sort(np.concatenate(packed)) if packed else np.empty(0, np.int64)


def _pairs(packed: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Key and entry of each."""
    return list(zip((packed >> 32).tolist(), (packed & _ENTRY).tolist(), strict=True))


def insert(packed: NDArray[np.int64]) -> None:
    """Write keys, those among them that are there already excepted."""
    with connection.cursor() as cursor:
        for some in in_blocks(packed):
            # As text: they are integers, and to bind fifty for each patient took longer than all the rest.
            values = ",".join(f"({key},{entry})" for key, entry in _pairs(some))
            cursor.execute(
                f'INSERT INTO patients_patientkey ("key", entry_id) VALUES {values} ON CONFLICT DO NOTHING'  # noqa: S608
            )


def numbered(keys: NDArray[np.int64], numbers: Sequence[int]) -> NDArray[np.int64]:
    """Packed keys whose entries had only a place, with the numbers that these places have got."""
    if not len(keys):
        return keys
    found: NDArray[np.int64] = (keys & ~_ENTRY) + np.array(numbers, np.int64)[keys & _ENTRY]
    return found


def take_stock(written: int) -> None:
    """Let PostgreSQL see what it has after a bulk import; until then it would read all of a table that it
    takes for a small one.
    """
    if written >= _MANY_KEYS and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE patients_patientkey, patients_indexedpatient")


def remove(packed: NDArray[np.int64]) -> None:
    """Remove these keys, each looked up by itself."""
    with connection.cursor() as cursor:
        cursor.executemany(
            'DELETE FROM patients_patientkey WHERE "key" = %s AND entry_id = %s', _pairs(packed)
        )


def are_many(number: int) -> bool:
    """Are so many patients such a share of all that `sweep` costs less than to look their keys up?"""
    return number * _LARGE_SHARE >= IndexedPatient.objects.count()


def sweep() -> None:
    """Remove the keys that lead to nobody any more. It reads them all, and takes a sixth of the time that it
    takes to look up those of a hundred thousand patients one by one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM patients_patientkey WHERE NOT EXISTS "
            "(SELECT 1 FROM patients_indexedpatient WHERE id = patients_patientkey.entry_id)"
        )


def in_blocks(rows: _Block) -> Iterator[_Block]:
    """As many at a time as one statement takes."""
    return (rows[at : at + _ROWS_AT_ONCE] for at in range(0, len(rows), _ROWS_AT_ONCE))
