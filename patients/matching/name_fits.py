"""Fits the words of one file to many records, and to records that look alike to these words only once."""

from itertools import combinations

from patients.matching.names import NameFit, fit_names
from patients.matching.normalise import Person
from patients.matching.reading import Word
from patients.matching.vocabulary import Vocabulary

_Look = tuple[tuple[str, ...], tuple[str, ...]]


class NameFits:
    """`fit_names` for the same words and person after person.

    Of hundreds of candidates called Juan García most differ only in names that the file does not have: what
    such a name is makes no difference to the fit, only that there is one.
    """

    def __init__(self, words: tuple[Word, ...], vocabulary: Vocabulary) -> None:
        """For `words` in the directory of `vocabulary`."""
        self._words, self._vocabulary = words, vocabulary
        self._texts = tuple(word.text for word in words)
        self._alike = {left + right for left, right in combinations(self._texts, 2)}.union(
            self._texts, *(vocabulary.kin(text) for text in self._texts)
        )
        self._initials = {text for text in self._texts if len(text) == 1}
        self._first_letters = {text[0] for text in self._texts}
        self._known: dict[str, str] = {}
        self._fits: dict[_Look, NameFit] = {}

    def of(self, person: Person) -> NameFit:
        """How the words fit `person`, as `fit_names` says."""
        if not words_joined(self._texts, person):
            look = (self._look(person.family), self._look(person.given))
            fit = self._fits.get(look)
            if fit is None:
                fit = self._fits[look] = fit_names(self._words, person, self._vocabulary)
            return fit
        return fit_names(self._words, person, self._vocabulary)

    def without(self, aside: tuple[Word, ...], person: Person) -> NameFit:
        """How the words fit `person` when those `aside` are left out."""
        words = tuple(word for word in self._words if word not in aside)
        return fit_names(words, person, self._vocabulary)

    def _look(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names that some word could fit, and empty places for the others."""
        known = self._known
        return tuple([known[name] if name in known else self._learn(name) for name in names])

    def _learn(self, name: str) -> str:
        return self._known.setdefault(name, name if self._could_be_fitted(name) else "")

    def _could_be_fitted(self, name: str) -> bool:
        """Could any word fit this name: as it is, or as a form, a slip, an initial or a beginning of it, or
        two of them written together?
        """
        if name in self._alike:
            return True
        if name[0] not in self._first_letters:
            return False
        return len(name) == 1 or name[0] in self._initials or name.startswith(self._texts)


def words_joined(texts: tuple[str, ...], person: Person) -> bool:
    """Is one of the words two names of this person written together?"""
    return any(text in person.joined for text in texts)
