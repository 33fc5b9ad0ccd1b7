"""What the clues mean in one directory: words that are names here, numbers that could be record numbers,
dates.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from patients.clues import CARD, DICOM, FOLDER, NUMBER_NAME_EPISODE, Clue, Field
from patients.matching.common_names import is_common_name
from patients.matching.normalise import JOINING, SUFFIXES, Number, folded, number_of, sex_of
from patients.matching.numbers import NumberShape
from patients.matching.plain_words import is_plain, is_ward_word
from patients.matching.spelling import Spelt, spelt_words
from patients.matching.vocabulary import Vocabulary
from patients.matching.ward_words import SIDED, SIDES, WARD_WORDS
from patients.matching.words_aside import ASIDE, PLACES, PLACES_AFTER, SAINTS

MAPPED = "mapped"  # the place of a record number that the clinic's own list gives to this very file
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
    role: str = ""  # `family_name` or `given_names`, where the source keeps them apart


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
    digits: str = ""  # where they could be a record number as well


@dataclass(frozen=True, slots=True)
class ReadSex:
    """F or M, and who says so."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the sources say, ready to be compared with a record."""

    words: tuple[Word, ...]
    numbers: tuple[ReadNumber, ...]
    dates: tuple[ReadDate, ...]
    suffixes: tuple[str, ...]
    has_doctor: bool = False
    sexes: tuple[ReadSex, ...] = ()
    taken: tuple[ReadDate, ...] = ()  # the day of the picture, by each source that knows it
    spoken: tuple[tuple[str, tuple[Word, ...]], ...] = ()  # the words of each source by itself

    @property
    def name_words(self) -> tuple[Word, ...]:
        """The words that a record has to explain."""
        return tuple(word for word in self.words if word.kind in {Kind.NAME, Kind.INITIAL, Kind.UNKNOWN})


def read(clues: Iterable[Clue], *, vocabulary: Vocabulary, shape: NumberShape) -> Reading:
    """Interpret `clues` in the directory that `vocabulary` and `shape` describe."""
    clues = tuple(clues)
    spoken: list[tuple[str, tuple[Word, ...]]] = []
    suffixes = [clue.value for clue in clues if clue.field == Field.SUFFIX]
    for source in dict.fromkeys(clue.source for clue in clues):
        own = [clue for clue in clues if clue.source == source and not _is_our_prefix(clue, shape)]
        found = _words_from(own, vocabulary)
        suffixes += [word.text for word in found]
        spoken.append((source, tuple(word for word in found if word.text not in SUFFIXES)))
    words: dict[str, Word] = {}
    for word in (word for _, found in spoken for word in found):
        words.setdefault(word.text, word)
    return Reading(
        words=tuple(words.values())[:_MOST_WORDS],
        numbers=tuple(_numbers(clues, shape))[:_MOST_NUMBERS],
        dates=tuple(_dates(clues, {Field.BIRTH_DATE, Field.DATE})),
        suffixes=tuple(dict.fromkeys(_known_suffixes(suffixes))),
        has_doctor=any(clue.field == Field.DOCTOR for clue in clues),
        sexes=tuple(_sexes(clues)),
        taken=tuple(_dates(clues, {Field.TAKEN_ON})),
        spoken=tuple((source, found) for source, found in spoken if found),
    )


def _known_suffixes(texts: Iterable[str]) -> Iterator[str]:
    return (SUFFIXES[word] for word in map(folded, texts) if word in SUFFIXES)


def _sexes(clues: tuple[Clue, ...]) -> Iterator[ReadSex]:
    for clue in clues:
        if clue.field == Field.SEX and sex_of(clue.value):
            yield ReadSex(sex_of(clue.value), clue.source)


def _is_our_prefix(clue: Clue, shape: NumberShape) -> bool:
    return clue.place == "prefix" and clue.value.upper() in shape.letters


def _words_from(clues: list[Clue], vocabulary: Vocabulary) -> list[Word]:
    words: list[Word] = []
    for clue in clues:
        if clue.field == Field.NAME:
            stretch = _without_places(_classified(clue, clues, vocabulary))
            words += _aside_unless_a_person(stretch) if clue.source == FOLDER else stretch
        elif clue.field in {Field.FAMILY_NAME, Field.GIVEN_NAMES}:
            words += _in_their_place(clue, vocabulary)
    return words


def _in_their_place(clue: Clue, vocabulary: Vocabulary) -> list[Word]:
    """Surnames, or given names, and nothing else: no word here is a thing, a place or a code."""
    return [
        Word(
            word.text,
            _kind_of_name(word.text),
            clue.source,
            word.is_restored,
            is_capital=True,
            role=clue.field,
        )
        for word in spelt_words(clue.value, vocabulary)
    ]


def _kind_of_name(text: str) -> Kind:
    if text in JOINING:
        return Kind.ASIDE
    return Kind.INITIAL if len(text) == 1 else Kind.NAME


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
            ours = clue.place != "date" and (_is_meant_as_ours(clue, number) or shape.looks_ours(number))
            yield ReadNumber(number, clue.value, clue.source, clue.place, in_place, ours)


def _is_meant_as_ours(clue: Clue, number: Number) -> bool:
    """Labelled as a record number, on our own card, or in the clinic's own list; a DICOM header may come from
    another hospital with that hospital's number.
    """
    if clue.source == DICOM:
        return False
    labelled = clue.place == "labelled" and len(number.digits) > _LONGEST_COUNTER
    return labelled or clue.source == CARD or clue.place == MAPPED


def _dates(clues: tuple[Clue, ...], fields: Container[str]) -> Iterator[ReadDate]:
    for clue, after in pairwise((*clues, None)):
        if clue is not None and clue.field in fields:
            days = tuple(_days(clue.value))
            is_number_too = after is not None and after.field == Field.NUMBER and after.place == "date"
            digits = number_of(after.value).digits if after is not None and is_number_too else ""
            if days:
                yield ReadDate(days, clue.source, clue.field == Field.BIRTH_DATE, digits)


def _days(value: str) -> Iterator[date]:
    for text in value.split("|"):
        try:
            yield date.fromisoformat(text)
        except ValueError:  # a header can hold anything
            continue
