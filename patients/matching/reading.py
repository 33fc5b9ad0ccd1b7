"""What the clues mean in one directory: words that are names here, numbers that could be record numbers,
dates.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from patients.clues import FOLDER, NUMBER_NAME_EPISODE, Clue, Field
from patients.matching.common_names import is_common_name
from patients.matching.normalise import JOINING, SUFFIXES, Number, number_of
from patients.matching.numbers import NumberShape
from patients.matching.plain_words import is_plain, is_ward_word
from patients.matching.spelling import Spelt, spelt_words
from patients.matching.vocabulary import Vocabulary
from patients.matching.ward_words import SIDED, SIDES, WARD_WORDS
from patients.matching.words_aside import ASIDE, PLACES, PLACES_AFTER, SAINTS

_MOST_WORDS = 12
_MOST_NUMBERS = 6
_WORDS_OF_A_PLACE = 3
_LONGEST_NUMBER = 20
_LONGEST_COUNTER = 3
_LONGEST_CODE = 3  # unknown words as short as this are a clinic's own codes


class Kind(StrEnum):
    """What a word in a file name is."""

    NAME = "name"  # borne by a patient here, or one slip away from such a name
    INITIAL = "initial"
    UNKNOWN = "unknown"  # could be a stranger's name, could be anything
    CODE = "code"  # unknown and short: a clinic's abbreviation, or somebody's initials
    ASIDE = "aside"  # a document, a place, a particle: explains nothing unless the record has it


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word of a file or folder name."""

    text: str
    kind: Kind
    source: str
    is_restored: bool = False  # a letter was lost and put back
    was_name: bool = False  # set aside for what stands around it, and a name here all the same
    is_plain: bool = False  # in small letters, outside a name's place, and nothing like a name
    is_capital: bool = False  # not in small letters only, as strangers' names mostly are


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """One number of a file or folder name, as this directory would read it."""

    number: Number
    written: str
    source: str
    place: str
    is_in_place: bool  # where a record number belongs: labelled, or first
    looks_ours: bool


@dataclass(frozen=True, slots=True)
class ReadDate:
    """One date, with every day that it can mean."""

    days: tuple[date, ...]
    source: str
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the sources say, ready to be compared with a record."""

    words: tuple[Word, ...]
    numbers: tuple[ReadNumber, ...]
    dates: tuple[ReadDate, ...]
    suffixes: tuple[str, ...]
    has_doctor: bool = False

    @property
    def name_words(self) -> tuple[Word, ...]:
        """The words that a record has to explain."""
        return tuple(word for word in self.words if word.kind in {Kind.NAME, Kind.INITIAL, Kind.UNKNOWN})


def read(clues: Iterable[Clue], *, vocabulary: Vocabulary, shape: NumberShape) -> Reading:
    """Interpret `clues` in the directory that `vocabulary` and `shape` describe."""
    clues = tuple(clues)
    words: dict[str, Word] = {}
    suffixes: list[str] = []
    for source in dict.fromkeys(clue.source for clue in clues):
        spoken = [clue for clue in clues if clue.source == source and not _is_our_prefix(clue, shape)]
        found = _words_from(spoken, vocabulary)
        suffixes += [SUFFIXES[word.text] for word in found if word.text in SUFFIXES]
        for word in found:
            if word.text not in SUFFIXES:
                words.setdefault(word.text, word)
    return Reading(
        words=tuple(words.values())[:_MOST_WORDS],
        numbers=tuple(_numbers(clues, shape))[:_MOST_NUMBERS],
        dates=tuple(_dates(clues)),
        suffixes=tuple(dict.fromkeys(suffixes)),
        has_doctor=any(clue.field == Field.DOCTOR for clue in clues),
    )


def _is_our_prefix(clue: Clue, shape: NumberShape) -> bool:
    return clue.place == "prefix" and clue.value.upper() in shape.letters


def _words_from(clues: list[Clue], vocabulary: Vocabulary) -> list[Word]:
    words: list[Word] = []
    for clue in clues:
        if clue.field == Field.NAME:
            stretch = _without_places(_classified(clue, clues, vocabulary))
            words += _aside_unless_a_person(stretch) if clue.source == FOLDER else stretch
    return words


def _classified(clue: Clue, clues: list[Clue], vocabulary: Vocabulary) -> list[Word]:
    spelt = spelt_words(clue.value, vocabulary)
    in_names_place = _is_in_names_place(clue, clues)
    words = [
        Word(
            word.text,
            _kind_of(word, vocabulary),
            clue.source,
            word.is_restored,
            is_plain=not in_names_place and is_plain(word, vocabulary),
            is_capital=not word.is_small,
        )
        for word in spelt
    ]
    return _with_sides(_with_names_beside_a_name(words, spelt, vocabulary))


def _is_in_names_place(clue: Clue, clues: list[Clue]) -> bool:
    """`SURNAMES, NAMES`, or between a record number and an episode: what stands here is meant as a name."""
    with_episode = any(each.field == Field.PATTERN and each.value == NUMBER_NAME_EPISODE for each in clues)
    return with_episode or "," in clue.value


def _with_names_beside_a_name(words: list[Word], spelt: list[Spelt], vocabulary: Vocabulary) -> list[Word]:
    """`palma maria`: beside a name, a thing of the ward that is also somebody's name here is a name."""
    if not any(word.kind is Kind.NAME for word in words):
        return words
    return [
        replace(word, kind=Kind.NAME)
        if each.text in WARD_WORDS and not each.has_digits and vocabulary.knows(each.text)
        else word
        for word, each in zip(words, spelt, strict=True)
    ]


def _with_sides(words: list[Word]) -> list[Word]:
    """`heel L`, `R knee`: beside a part of the body, and no name, a letter says which side."""
    if any(word.kind in {Kind.NAME, Kind.UNKNOWN} and not word.is_plain for word in words):
        return words
    parts = {at for at, word in enumerate(words) if word.text in SIDED}
    return [
        _set_aside(word) if word.text in SIDES and {at - 1, at + 1} & parts else word
        for at, word in enumerate(words)
    ]


def _kind_of(word: Spelt, vocabulary: Vocabulary) -> Kind:
    text = word.text
    if len(text) == 1:
        return Kind.INITIAL
    if is_ward_word(word, vocabulary):
        return Kind.ASIDE
    if text in ASIDE or text in JOINING or text in PLACES:
        return Kind.ASIDE
    if vocabulary.knows(text) or is_common_name(text) or vocabulary.near(text):
        return Kind.NAME
    return Kind.UNKNOWN if len(text) > _LONGEST_CODE else Kind.CODE


def _without_places(words: list[Word]) -> list[Word]:
    """`Clinica Santa Maria`, `Grace Clinic`, `San Rafael`: the words of a place need no explanation."""
    aside: set[int] = set()
    for at, word in enumerate(words):
        if word.text in PLACES:
            aside.update(range(at, at + 1 + _WORDS_OF_A_PLACE))
        if word.text in PLACES_AFTER and at:
            aside.add(at - 1)
        if word.text in SAINTS:
            aside.update((at, at + 1))
    return [_set_aside(word) if at in aside else word for at, word in enumerate(words)]


def _aside_unless_a_person(words: list[Word]) -> list[Word]:
    """A folder speaks of a patient only where all its words are names, and more than one."""
    names = [word for word in words if word.kind is Kind.NAME]
    others = [
        word
        for word in words
        if word.kind is Kind.UNKNOWN or (word.kind in {Kind.ASIDE, Kind.CODE} and word.text not in JOINING)
    ]
    if len(names) > 1 and not others:
        return words
    return [_set_aside(word) for word in words]


def _set_aside(word: Word) -> Word:
    return replace(word, kind=Kind.ASIDE, was_name=word.kind is Kind.NAME)


def _numbers(clues: tuple[Clue, ...], shape: NumberShape) -> Iterable[ReadNumber]:
    for clue in clues:
        if clue.field not in {Field.RECORD_NUMBER, Field.NUMBER}:
            continue
        number = shape.without_foreign_letters(number_of(clue.value), clue.value)
        if number is not None and not number.is_empty and number.width <= _LONGEST_NUMBER:
            in_place = clue.field == Field.RECORD_NUMBER
            labelled = clue.place == "labelled" and len(number.digits) > _LONGEST_COUNTER
            ours = clue.place != "date" and (labelled or shape.looks_ours(number))
            yield ReadNumber(number, clue.value, clue.source, clue.place, in_place, ours)


def _dates(clues: tuple[Clue, ...]) -> Iterable[ReadDate]:
    for clue in clues:
        if clue.field in {Field.BIRTH_DATE, Field.DATE}:
            days = tuple(date.fromisoformat(text) for text in clue.value.split("|"))
            yield ReadDate(days, clue.source, clue.field == Field.BIRTH_DATE)
