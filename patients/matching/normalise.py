"""Makes names, numbers and birth dates of files and records comparable."""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from anyascii import anyascii

PARTICLES = frozenset(
    word
    for words in (
        "de del la las los el y e i",
        "da das do dos di du des le",
        "van von der den ter ten zu bin al",
    )
    for word in words.split()
) | {"san", "santa", "st", "saint"}
JOINING = PARTICLES - {"san", "santa", "st", "saint"}  # never carry a name alone
_JOINING_GIVEN = frozenset({"de", "del", "la", "las", "los"})  # `Van` and `Do` are given names of some people
SUFFIXES = {
    "jr": "jr", "junior": "jr", "hijo": "jr", "sr": "sr", "senior": "sr",
    "ii": "ii", "iii": "iii", "iv": "iv",
}  # fmt: skip

_SPECIAL = str.maketrans({
    "đ": "d", "Đ": "D", "ð": "d", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss",
    "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i", "þ": "th",
})  # fmt: skip
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’`´ʼ](?=[^\W\d_])")
_LETTERS = re.compile(r"[^\W\d_]+")
_NOT_ASCII_LETTER = re.compile(r"[^a-z]")


@lru_cache(maxsize=100_000)
def folded(word: str) -> str:
    """One word in small Latin letters without accents: `Núñez` and `NUÑEZ` are both `nunez`."""
    plain = unicodedata.normalize("NFKD", word.translate(_SPECIAL))
    plain = "".join(ch for ch in plain if not unicodedata.combining(ch))
    if not plain.isascii():
        plain = anyascii(plain)
    return _NOT_ASCII_LETTER.sub("", plain.lower())


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a registered name: `St. John-O'Neil` gives `st`, `john`, `oneil`."""
    text = _APOSTROPHE.sub("", unicodedata.normalize("NFC", text))
    return tuple(word for word in map(folded, _LETTERS.findall(text)) if word)


class Number(NamedTuple):
    """A record number taken apart: letters it starts with, digits without leading zeros, and how many
    digits were written.
    """

    letters: str
    digits: str
    width: int

    @property
    def is_empty(self) -> bool:
        """No digit at all: such a number finds nobody."""
        return not self.digits


@lru_cache(maxsize=10_000)
def number_of(text: str) -> Number:
    """`MX-0012345` is letters `MX`, digits `12345`, width 7. Letters after the first digit count as
    letters, too.
    """
    if text.isascii() and text.isdigit():
        return Number("", text.lstrip("0"), len(text))
    letters = "".join(ch for ch in text if ch.isalpha()).upper()
    digits = "".join(ch for ch in text if ch.isascii() and ch.isdigit())
    return Number(letters, digits.lstrip("0"), len(digits))


class Person(NamedTuple):
    """A patient as the matcher sees one: folded words, the number taken apart, a suffix in one spelling."""

    id: str
    number: Number
    family: tuple[str, ...]
    given: tuple[str, ...]
    joined: tuple[str, ...]  # neighbouring words written as one: `delacruz`, `mariajose`
    suffix: str
    birth_date: date | None
    written_number: str
    is_provisional: bool = False
    sex: str = ""  # F or M; empty where it is neither, or not known

    @property
    def names(self) -> tuple[str, ...]:
        """Surnames, then given names, without particles."""
        return self.family + self.given


def person_of(
    patient_id: str,
    number: str,
    *,
    family: str,
    given: str,
    suffix: str = "",
    birth_date: date | None = None,
    is_provisional: bool = False,
    sex: str = "",
) -> Person:
    """A patient's row made comparable. A suffix inside a name is read as one (`Smith Jr`)."""
    family_words, given_words = words_of(family), words_of(given)
    found = [
        SUFFIXES[word]
        for word in (*words_of(suffix), *family_words[1:], *given_words[1:])
        if word in SUFFIXES
    ]
    return Person(
        id=patient_id,
        number=number_of(number),
        family=_bearing(family_words),
        given=_bearing(given_words, is_given=True),
        joined=tuple(dict.fromkeys((*_joined(family_words), *_joined(given_words)))),
        suffix=found[0] if found else "",
        birth_date=birth_date,
        written_number=number,
        is_provisional=is_provisional,
        sex=sex_of(sex),
    )


def sex_of(text: str) -> str:
    """F or M, however it was written; anything else says nothing that could agree or contradict."""
    letter = text.strip()[:1].upper()
    return letter if letter in {"F", "M"} else ""


def _bearing(words: tuple[str, ...], *, is_given: bool = False) -> tuple[str, ...]:
    """The words that carry a name; when only particles are there, they do (the surname `De`)."""
    kept = tuple(
        word
        for word in words
        if word not in SUFFIXES and word not in (_JOINING_GIVEN if is_given else JOINING)
    )
    return kept or words


def _joined(words: tuple[str, ...]) -> list[str]:
    pairs = [first + second for first, second in pairwise(words)]
    return [*pairs, "".join(words)] if len(words) > len("ab") else pairs
