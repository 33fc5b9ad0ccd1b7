"""A directory of patients as the matcher sees it, and one that lives in memory."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from patients.matching import check_digits
from patients.matching.keys import keys_of
from patients.matching.normalise import Person
from patients.matching.numbers import NumberShape, shape_of
from patients.matching.vocabulary import Vocabulary

MOST_CANDIDATES = 300


class Directory(Protocol):
    """Where candidates come from; the scoring is the same for every kind of directory."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The name words of this directory."""

    @property
    def shape(self) -> NumberShape:
        """What its record numbers look like."""

    @property
    def check_digit(self) -> str:
        """The check-digit scheme that was verified on its numbers, or `""`."""

    def find(self, keys: Collection[int], *, limit: int = MOST_CANDIDATES) -> Sequence[str]:
        """Patients who have any of `keys`, those with the most of them first, at most `limit`."""

    def people(self, patient_ids: Collection[str]) -> Sequence[Person]:
        """These patients, in any order; those that are gone are left out."""


class MemoryDirectory:
    """Comparable people in a list, their keys in two sorted arrays; about a kilobyte for each patient."""

    def __init__(self, people: Iterable[Person]) -> None:
        """Index `people`; where two have the same id, the later one answers to it."""
        self._everybody = list(people)
        self._by_id = {person.id: person for person in self._everybody}
        self._keys, self._owners = _posted(self._everybody)
        self.vocabulary = Vocabulary.of(self._everybody)
        self.shape = shape_of(person.number for person in self._everybody)
        self.check_digit = check_digits.verify(person.written_number for person in self._everybody)

    def find(self, keys: Collection[int], *, limit: int = MOST_CANDIDATES) -> Sequence[str]:
        """See `Directory.find`; equal counts keep the order of the directory."""
        wanted = np.fromiter(keys, np.int32, len(keys))
        starts = np.searchsorted(self._keys, wanted, "left")
        ends = np.searchsorted(self._keys, wanted, "right")
        spans = [self._owners[start:end] for start, end in zip(starts, ends, strict=True) if start < end]
        if not spans:
            return []
        owners, counts = np.unique(np.concatenate(spans), return_counts=True)
        best = np.argsort(-counts, kind="stable")[:limit]
        return [self._everybody[owner].id for owner in owners[best]]

    def people(self, patient_ids: Collection[str]) -> Sequence[Person]:
        """See `Directory.people`."""
        return [self._by_id[patient_id] for patient_id in patient_ids if patient_id in self._by_id]


def _posted(people: Iterable[Person]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    keys: list[NDArray[np.int32]] = []
    owners: list[NDArray[np.int32]] = []
    for owner, person in enumerate(people):
        own = keys_of(person)
        keys.append(np.fromiter(own, np.int32, len(own)))
        owners.append(np.full(len(own), owner, np.int32))
    if not keys:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    all_keys, all_owners = np.concatenate(keys), np.concatenate(owners)
    order = np.argsort(all_keys, kind="stable")
    return all_keys[order], all_owners[order]
