"""The name words of one directory: how frequent each is, which are one slip apart, how a run-on word falls
apart.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from patients.matching.normalise import Person

_SHORTEST_FUZZY = 4
_SHORTEST_PIECE = 3
_LONGEST_RUN_ON = 40
_USUAL_SHARE = 0.002  # of people bear a usual name; without it three patients would make every name common
_LEANING = 300.0  # as if so many people had been counted before the directory's first
_MASK = (1 << 63) - 1
# What hands, ears and scanners exchange and what costs two letters or more; each is read in both directions.
_SOUNDS = (
    ("rn", "m"), ("cl", "d"), ("ll", "y"), ("ph", "f"), ("qu", "k"), ("ie", "ei"), ("nn", "n"), ("tt", "t"),
    ("vv", "w"), ("ll", "l"), ("ss", "s"), ("ch", "x"), ("x", "j"), ("z", "s"),
)  # fmt: skip


class Vocabulary:
    """Name words with the number of patients that bear each; built once for a directory, then only read."""

    def __init__(
        self, family: Counter[str], given: Counter[str], joined: Counter[str], patients: int
    ) -> None:
        self.patients = max(patients, 1)
        self.family = family
        self.given = given
        self.joined = joined
        self._words: list[str] = []
        self._hashes: NDArray[np.int64] = np.empty(0, np.int64)
        self._owners: NDArray[np.int32] = np.empty(0, np.int32)
        self._is_indexed = False
        self.near = lru_cache(maxsize=50_000)(self._near)
        self.pieces = lru_cache(maxsize=10_000)(self._pieces)

    @classmethod
    def of(cls, people: Iterable[Person]) -> "Vocabulary":
        """The vocabulary of these people."""
        family: Counter[str] = Counter()
        given: Counter[str] = Counter()
        joined: Counter[str] = Counter()
        patients = 0
        for person in people:
            patients += 1
            family.update(set(person.family))
            given.update(set(person.given))
            joined.update(set(person.joined))
        return cls(family, given, joined, patients)

    def count(self, word: str) -> int:
        """How many patients bear `word` as a surname or given name, alone or as two words in one."""
        return self.family[word] + self.given[word] + self.joined[word]

    def knows(self, word: str) -> bool:
        """Is `word` a name here?"""
        return word in self.family or word in self.given or word in self.joined

    def share(self, word: str) -> float:
        """The share of people who bear `word`, leaning on what names are like where few are counted."""
        return (self.count(word) + _USUAL_SHARE * _LEANING) / (self.patients + _LEANING)

    def is_surname(self, word: str) -> bool:
        """Is it borne as a surname by more patients than as a given name?"""
        return self.family[word] >= self.given[word]

    def _near(self, word: str) -> tuple[str, ...]:
        if len(word) < _SHORTEST_FUZZY:
            return ()
        found = {
            other
            for other in self._sharing_a_deletion(word)
            if OSA.distance(word, other, score_cutoff=1) <= 1
        }
        found.update(other for other in _sound_alikes(word) if self.knows(other))
        found.discard(word)
        return tuple(sorted(found))

    def begins_one(self, word: str) -> bool:
        """Does a name here begin with `word` and go on?"""
        if not self._is_indexed:
            self._index()
        at = bisect_right(self._words, word)
        return at < len(self._words) and self._words[at].startswith(word)

    def _sharing_a_deletion(self, word: str) -> set[str]:
        if not self._is_indexed:
            self._index()
        found: set[str] = set()
        for form in _deletions(word):
            key = hash(form) & _MASK
            start, end = np.searchsorted(self._hashes, [key, key + 1])
            found.update(self._words[owner] for owner in self._owners[start:end])
        return found

    def _index(self) -> None:
        """Every word with one letter left out, as sorted hashes: a few megabytes where a dictionary takes
        hundreds.
        """
        self._words = sorted({*self.family, *self.given, *self.joined})
        hashes: list[int] = []
        owners: list[int] = []
        for owner, word in enumerate(self._words):
            if len(word) >= _SHORTEST_FUZZY - 1:
                forms = {hash(form) & _MASK for form in _deletions(word)}
                hashes.extend(forms)
                owners.extend([owner] * len(forms))
        order = np.argsort(np.asarray(hashes, np.int64), kind="stable")
        self._hashes = np.asarray(hashes, np.int64)[order]
        self._owners = np.asarray(owners, np.int32)[order]
        self._is_indexed = True

    def _pieces(self, run_on: str) -> tuple[str, ...]:
        """`garcialopezmaria` as the known words it is made of, the most frequent way, if any."""
        if not 2 * _SHORTEST_PIECE <= len(run_on) <= _LONGEST_RUN_ON:
            return ()
        best: list[tuple[float, tuple[str, ...]] | None] = [None] * (len(run_on) + 1)
        best[0] = (0.0, ())
        for end in range(_SHORTEST_PIECE, len(run_on) + 1):
            ways = [
                (cost + self._cost(run_on[start:end]), (*words, run_on[start:end]))
                for start in range(end - _SHORTEST_PIECE + 1)
                if (before := best[start]) is not None
                for cost, words in [before]
                if run_on[start:end] in self.family or run_on[start:end] in self.given
            ]
            best[end] = min(ways, default=None)
        return best[-1][1] if best[-1] is not None else ()

    def _cost(self, word: str) -> float:
        return 1.0 - float(np.log(self.share(word)))


def _deletions(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _sound_alikes(word: str) -> Iterator[str]:
    for one, other in _SOUNDS:
        for old, new in ((one, other), (other, one)):
            at = word.find(old)
            while at >= 0:
                yield word[:at] + new + word[at + len(old) :]
                at = word.find(old, at + 1)
