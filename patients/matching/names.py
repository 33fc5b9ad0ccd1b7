"""Compares the words of a file with the names of a record, word by word, in ordered levels."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from patients.clues import Field
from patients.matching.nicknames import are_forms_of_one_name, are_two_names, formal_names
from patients.matching.normalise import Person
from patients.matching.reading import Kind, Word
from patients.matching.vocabulary import Vocabulary


class Level(StrEnum):
    """How a word of the file fits a word of the record, best first; the first that fits counts."""

    EXACT = "exact"
    JOINED = "joined"  # two words written as one, or one as two
    NICKNAME = "nickname"
    NEAR = "near"  # one slip of hand, ear or scanner apart
    TRUNCATED = "truncated"
    INITIAL = "initial"


_LEVELS = tuple(Level)
_STRICT_LEVELS = (Level.EXACT, Level.JOINED)
_SHORTEST_TRUNCATED = 4

# Weights are natural logarithms of likelihood ratios: how much likelier is this for the owner than for
# anybody.
_EXACT_IF_OWNER = 0.9
_JOINED_IF_OWNER = 0.3
_NICKNAME_IF_OWNER = 0.013  # this very short form
_NEAR_IF_OWNER = 0.0015  # this very slip
_TRUNCATED_IF_OWNER = 0.003
_SIMILAR_ENDINGS = 4.0  # names that a truncated word could also have been
_INITIAL = math.log(9.0)
_UNEXPLAINED_NAME = math.log(0.03)
_PLACE_TAKEN = math.log(0.12)  # the record has another name where this one should be: a sibling
_UNEXPLAINED_UNKNOWN = math.log(0.25)
_UNEXPLAINED_INITIAL = math.log(0.15)
_SECOND_GIVEN_MISSING = math.log(0.5)
_NO_GIVEN = math.log(0.06)
_SECOND_SURNAME_MISSING = math.log(0.35)
_NO_SURNAME = math.log(0.01)
_OUT_OF_PLACE = math.log(0.05)  # a surname where given names belong, or the reverse


@dataclass(frozen=True, slots=True)
class Match:
    """One word of the file beside the word of the record that explains it."""

    word: Word
    name: str
    level: Level
    is_given: bool
    weight: float


@dataclass(frozen=True, slots=True)
class NameFit:
    """How the words of a file fit one record."""

    matches: tuple[Match, ...] = ()
    unexplained: tuple[Word, ...] = ()  # names and unknown words that the record does not have
    taken: tuple[Word, ...] = ()  # those of them in whose place the record has another name
    missing_family: int = 0
    missing_given: int = 0
    weight: float = 0.0

    @property
    def strength(self) -> float:
        """Log likelihood ratio of the words that fit: 7 means that one in a thousand others would fit as
        well.
        """
        return sum(match.weight for match in self.matches)

    def has(self, *, given: bool) -> bool:
        """Was a whole given name (or surname) read, not only its initial?"""
        return any(match.is_given == given and match.level is not Level.INITIAL for match in self.matches)

    @property
    def unexplained_names(self) -> tuple[Word, ...]:
        """Words that are names here and not this record's."""
        return tuple(word for word in self.unexplained if word.kind is Kind.NAME)

    @property
    def contradicts(self) -> bool:
        """Has the record another name where the file has one that is a name here, or another initial?"""
        return any(word.kind is not Kind.UNKNOWN for word in self.taken)

    @property
    def slips(self) -> int:
        """How many words fit only by a slip, a cut or a restored letter."""
        loose = {Level.NEAR, Level.TRUNCATED}
        return sum(1 for match in self.matches if match.level in loose or match.word.is_restored)


def fit_names(words: tuple[Word, ...], person: Person, vocabulary: Vocabulary) -> NameFit:
    """Give each word of the file the best free word of the record, and weigh what fits, what does not and
    what is missing.
    """
    matches = list(_matches(words, person, vocabulary))
    explained = {match.word.text for match in matches}
    used = {(match.name, match.is_given) for match in matches}
    left_family = [name for name in person.family if (name, False) not in used]
    left_given = [name for name in person.given if (name, True) not in used]
    joined = [match.name for match in matches if match.level is Level.JOINED]
    left_family = [name for name in left_family if not any(name in whole for whole in joined)]
    left_given = [name for name in left_given if not any(name in whole for whole in joined)]
    open_words = tuple(
        word
        for word in words
        if word.kind not in {Kind.ASIDE, Kind.CODE} and word.text not in explained and not _is_y(word)
    )
    taken = tuple(word for word in open_words if _is_taken(word, left_family, left_given, vocabulary))
    weight = sum(match.weight for match in matches) + sum(_unexplained(word) for word in open_words)
    weight += len(taken) * _PLACE_TAKEN + _missing(matches, len(left_family), len(left_given))
    return NameFit(
        tuple(matches), open_words, taken, len(left_family), len(left_given), weight if words else 0.0
    )


def _is_y(word: Word) -> bool:
    """`Ortega y Gasset`, `Costa e Silva`: a conjunction, not an initial."""
    return word.text in {"y", "e", "i"}


def _matches(words: tuple[Word, ...], person: Person, vocabulary: Vocabulary) -> Iterator[Match]:
    free = [(name, False) for name in person.family] + [(name, True) for name in person.given]
    waiting, names = list(words), person.names
    for level in _LEVELS if _may_fit_loosely(words, person, vocabulary) else _STRICT_LEVELS:
        if not free:
            return
        if level is Level.JOINED:
            yield from _joined(waiting, free, person, vocabulary)
            continue
        fits = _FITS[level]
        for word in tuple(waiting):
            if level is Level.EXACT and word.text not in names:
                continue  # as most words of most candidates; the search below costs ten times as much
            able = (name for name in _in_role(word, level, free) if fits(word.text, name, vocabulary))
            name = next(able, None)
            if name is not None:
                free.remove(name)
                waiting.remove(word)
                weight = _weight(word, name[0], level, vocabulary)
                weight += _OUT_OF_PLACE if _is_out_of_place(word, name) else 0.0
                yield Match(word, name[0], level, name[1], weight)


def _may_fit_loosely(words: tuple[Word, ...], person: Person, vocabulary: Vocabulary) -> bool:
    """Could a word fit a name otherwise than letter by letter? Most of hundreds of candidates share a word
    and no more, and need no closer look.
    """
    names = person.names
    for text in [word.text for word in words]:
        kin = vocabulary.kin(text)
        for name in names:
            is_part = name != text and name.startswith(text)
            if name in kin or (name[0] == text[0] and (is_part or len(text) == 1 or len(name) == 1)):
                return True
    return False


def _in_role(word: Word, level: Level, free: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Where the source keeps surnames and given names apart, only an exact word may stand in the wrong place:
    second surnames do, in headers made for one.
    """
    if not word.role:
        return free
    right = [name for name in free if not _is_out_of_place(word, name)]
    wrong = [name for name in free if _is_out_of_place(word, name)]
    return [*right, *wrong] if level is Level.EXACT else right


def _is_out_of_place(word: Word, name: tuple[str, bool]) -> bool:
    return bool(word.role) and (word.role == Field.GIVEN_NAMES) != name[1]


def _joined(
    waiting: list[Word], free: list[tuple[str, bool]], person: Person, vocabulary: Vocabulary
) -> Iterator[Match]:
    """`minji` for the record's `Min Ji`, and `min ji` for its `Minji`."""
    for word in tuple(waiting):
        if len(word.text) <= len("ab") or word.text not in person.joined:
            continue
        parts = [name for name in free if len(name[0]) > 1 and name[0] in word.text]
        if parts:
            waiting.remove(word)
            for part in parts:
                free.remove(part)
            yield Match(word, word.text, Level.JOINED, parts[0][1], _joined_weight(word.text, vocabulary))
    for first, second in tuple(pairwise(waiting)):
        whole = first.text + second.text
        if whole not in person.names:
            continue
        name = next(
            (name for name in free if name[0] == whole and first in waiting and second in waiting), None
        )
        if name is not None:
            free.remove(name)
            waiting.remove(first)
            waiting.remove(second)
            yield Match(first, whole, Level.JOINED, name[1], _joined_weight(whole, vocabulary))
            yield Match(second, whole, Level.JOINED, name[1], 0.0)


def _joined_weight(whole: str, vocabulary: Vocabulary) -> float:
    return math.log(_JOINED_IF_OWNER / vocabulary.share(whole))


def _is_exact(text: str, name: tuple[str, bool], _: Vocabulary) -> bool:
    return text == name[0] and len(text) > 1


def _is_nickname(text: str, name: tuple[str, bool], _: Vocabulary) -> bool:
    return name[1] and are_forms_of_one_name(text, name[0])


def _is_near(text: str, name: tuple[str, bool], vocabulary: Vocabulary) -> bool:
    if name[1] and are_two_names(text, name[0]):
        return False
    return abs(len(text) - len(name[0])) <= len("rn") and name[0] in vocabulary.near(text)


def _is_truncated(text: str, name: tuple[str, bool], _: Vocabulary) -> bool:
    return len(text) >= _SHORTEST_TRUNCATED and name[0].startswith(text)


def _is_initial(text: str, name: tuple[str, bool], _: Vocabulary) -> bool:
    return text[0] == name[0][0] and (len(text) == 1 or len(name[0]) == 1)


# Each asks whether a word of the file fits a (name, is it a given name) of the record.
_FITS: dict[Level, Callable[[str, tuple[str, bool], Vocabulary], bool]] = {
    Level.EXACT: _is_exact,
    Level.NICKNAME: _is_nickname,
    Level.NEAR: _is_near,
    Level.TRUNCATED: _is_truncated,
    Level.INITIAL: _is_initial,
}


def _weight(word: Word, name: str, level: Level, vocabulary: Vocabulary) -> float:
    """Log of P(word | this patient) / P(word | anybody); a restored letter makes an exact word a near one."""
    if level is Level.INITIAL:
        return _INITIAL
    if level is Level.EXACT and not word.is_restored:
        return math.log(_EXACT_IF_OWNER / vocabulary.share(name))
    by_itself = vocabulary.count(word.text) / vocabulary.patients
    if level is Level.NICKNAME:
        bearers = sum(vocabulary.share(formal) for formal in formal_names(word.text) | {name})
        return _ratio(_NICKNAME_IF_OWNER, bearers, by_itself)
    if level is Level.TRUNCATED:
        return _ratio(_TRUNCATED_IF_OWNER, _SIMILAR_ENDINGS * vocabulary.share(name), by_itself)
    neighbours = sum(vocabulary.share(near) for near in (*vocabulary.near(word.text), name))
    return _ratio(_NEAR_IF_OWNER, neighbours, 0.0 if word.is_restored else by_itself)


def _ratio(if_owner: float, bearers: float, by_itself: float) -> float:
    return math.log(if_owner / (if_owner * bearers + by_itself))


def _unexplained(word: Word) -> float:
    if word.kind is Kind.INITIAL:
        return _UNEXPLAINED_INITIAL
    return _UNEXPLAINED_NAME if word.kind is Kind.NAME else _UNEXPLAINED_UNKNOWN


def _is_taken(word: Word, left_family: list[str], left_given: list[str], vocabulary: Vocabulary) -> bool:
    """Has the record another name, of the same sort, that the file does not show?"""
    if word.kind is Kind.INITIAL or not vocabulary.knows(word.text):
        return bool(left_given or left_family)
    return bool(left_family if vocabulary.is_surname(word.text) else left_given)


def _missing(matches: list[Match], left_family: int, left_given: int) -> float:
    """Names of the record that the file leaves out: second ones often are, first ones hardly ever."""
    if not matches:
        return 0.0
    weight = 0.0
    if any(not match.is_given for match in matches):
        weight += left_family * _SECOND_SURNAME_MISSING
    else:
        weight += _NO_SURNAME
    if any(match.is_given for match in matches):
        weight += left_given * _SECOND_GIVEN_MISSING
    else:
        weight += _NO_GIVEN
    return weight
