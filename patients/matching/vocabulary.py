"""The name words of one directory: how frequent each is, which are one slip apart, how a run-on word falls
apart.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import log
from string import ascii_lowercase

from patients.matching.nicknames import related
from patients.matching.normalise import Person

_SHORTEST_FUZZY = 4
_SHORTEST_PIECE = 3
_LONGEST_RUN_ON = 40
_FEW_CHANGES = 1_000  # words; to sort them in is quicker than to sort all
_USUAL_SHARE = 0.002  # of people bear a usual name; without it three patients would make every name common
_LEANING = 300.0  # as if so many people had been counted before the directory's first
# What hands, ears and scanners exchange and what costs two letters or more; each is read in both directions.
_SOUNDS = (
    ("rn", "m"), ("cl", "d"), ("ll", "y"), ("ph", "f"), ("qu", "k"), ("ie", "ei"), ("nn", "n"), ("tt", "t"),
    ("vv", "w"), ("ll", "l"), ("ss", "s"), ("ch", "x"), ("x", "j"), ("z", "s"),
)  # fmt: skip


class Vocabulary:
    """Name words with the number of patients that bear each; never changed, so that threads may share it."""

    def __init__(
        self, family: Mapping[str, int], given: Mapping[str, int], joined: Mapping[str, int], patients: int
    ) -> None:
        self.patients = max(patients, 1)
        self._family = family
        self._given = given
        self._joined = joined
        self._words: list[str] | None = None
        self.near = lru_cache(maxsize=50_000)(self._near)
        self.kin = lru_cache(maxsize=50_000)(self._kin)  # what else it could be written for
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

    def changed(
        self, family: Mapping[str, int], given: Mapping[str, int], joined: Mapping[str, int], *, patients: int
    ) -> "Vocabulary":
        """The same with these counts in place of the old ones; a word that nobody bears any more is gone."""
        other = Vocabulary(
            _updated(self._family, family),
            _updated(self._given, given),
            _updated(self._joined, joined),
            patients,
        )
        touched = {*family, *given, *joined}
        if self._words is not None and len(touched) <= _FEW_CHANGES:
            other._words = _resorted(self._words, touched, other)
        return other

    def count(self, word: str) -> int:
        """How many patients bear `word` as a surname or given name, alone or as two words in one."""
        return self._family.get(word, 0) + self._given.get(word, 0) + self._joined.get(word, 0)

    def knows(self, word: str) -> bool:
        """Is `word` a name here?"""
        return word in self._family or word in self._given or word in self._joined

    def share(self, word: str) -> float:
        """The share of people who bear `word`, leaning on what names are like where few are counted."""
        return (self.count(word) + _USUAL_SHARE * _LEANING) / (self.patients + _LEANING)

    def is_surname(self, word: str) -> bool:
        """Is it borne as a surname by more patients than as a given name?"""
        return self._family.get(word, 0) >= self._given.get(word, 0)

    def _kin(self, word: str) -> frozenset[str]:
        return related(word).union(self.near(word))

    def _near(self, word: str) -> tuple[str, ...]:
        if len(word) < _SHORTEST_FUZZY:
            return ()
        found = {other for other in _one_slip_from(word) if self.knows(other)}
        found.update(other for other in _sound_alikes(word) if self.knows(other))
        found.discard(word)
        return tuple(sorted(found))

    def begins_one(self, word: str) -> bool:
        """Does a name here begin with `word` and go on?"""
        if self._words is None:
            self._words = sorted({*self._family, *self._given, *self._joined})
        at = bisect_right(self._words, word)
        return at < len(self._words) and self._words[at].startswith(word)

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
                if run_on[start:end] in self._family or run_on[start:end] in self._given
            ]
            best[end] = min(ways, default=None)
        return best[-1][1] if best[-1] is not None else ()

    def _cost(self, word: str) -> float:
        return 1.0 - log(self.share(word))


def _updated(counts: Mapping[str, int], changes: Mapping[str, int]) -> Mapping[str, int]:
    if not changes:
        return counts
    updated = {**counts, **changes}
    for word, count in changes.items():
        if not count:
            del updated[word]
    return updated


def _resorted(words: list[str], touched: Iterable[str], vocabulary: Vocabulary) -> list[str]:
    words = words.copy()
    for word in touched:
        at = bisect_left(words, word)
        is_there = at < len(words) and words[at] == word
        if is_there and not vocabulary.knows(word):
            del words[at]
        elif not is_there and vocabulary.knows(word):
            words.insert(at, word)
    return words


def _one_slip_from(word: str) -> Iterator[str]:
    """Every word that one letter lost, changed, added or exchanged with its neighbour makes of this one.

    To look them all up, some 500, takes no longer than an index of such slips, which at a million patients
    would be the largest thing in a worker's memory.
    """
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        for letter in ascii_lowercase:
            yield left + letter + right
            yield left + letter + right[1:]
        yield left + right[1:]
        yield left + right[1:2] + right[:1] + right[2:]


def _sound_alikes(word: str) -> Iterator[str]:
    for one, other in _SOUNDS:
        for old, new in ((one, other), (other, one)):
            at = word.find(old)
            while at >= 0:
                yield word[:at] + new + word[at + len(old) :]
                at = word.find(old, at + 1)
