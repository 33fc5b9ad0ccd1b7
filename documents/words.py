"""Words as both databases index them: without accents or case, stemmed as Spanish and as English. Pure.

Each word of a text becomes three terms, told apart by their first letter: `s` and its Spanish stem, `e` and
its English stem, `w` and the word itself. Clinics mix both languages within a page, so no language is
guessed.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import snowballstemmer
from anyascii import anyascii

SPANISH, ENGLISH, WHOLE = FORMS = ("s", "e", "w")

# PostgreSQL counts no positions beyond 16,383, and each word takes three.
_WORDS_IN_A_BLOCK = 5_000
_LONGEST_WORD = 64
_SHORTEST_BEGINNING = 2
_MOST_WANTED = 16
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'"([^"]*)"|(\S+)')
# Words that say nothing about what is looked for. "no", "not", "sin" and "without" do.
_EMPTY_WORDS: Final = """
a after al an and are as at be been by con cual cuales de del desde despues did do does el ella en era es
esta este esto fue for from ha had han has have he her his how i in is it la las le les lo los me my of
on or para pero por que quien se she since su sus that the their them they this to tras tuvo un una unas
uno unos was were what when which who whose will with y yo you
"""
_EMPTY: Final = frozenset(_EMPTY_WORDS.split())
_stemmers = {SPANISH: snowballstemmer.stemmer("spanish"), ENGLISH: snowballstemmer.stemmer("english")}
_turn = threading.Lock()  # a stemmer keeps the word that it is at


@dataclass(frozen=True)
class Wanted:
    """One thing that a page must have: a word, or several in a row; the last may be a beginning
    (`neumo*`).
    """

    words: tuple[str, ...]
    is_beginning: bool = False

    def forms(self) -> tuple[tuple[str, ...], ...]:
        """The terms in a row, in each way in which a page may have them."""
        if self.is_beginning:
            return (tuple(WHOLE + word for word in self.words),)
        ways = zip(*(stems(word) for word in self.words), strict=True)
        return tuple(ways)


def normalised(text: str) -> str:
    """The text with every accented letter as one character, and ligatures as letters."""
    return unicodedata.normalize("NFKC", text)


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Beginning, end and folded form of each word of a normalised text."""
    for found in _WORD.finditer(text):
        if word := folded(found[0]):
            yield found.start(), found.end(), word


@lru_cache(maxsize=50_000)
def folded(word: str) -> str:
    """ASCII letters and digits, lower case; "" where nothing of the word is one."""
    plain = word if word.isascii() else anyascii(word)
    return "".join(c for c in plain if c.isalnum() and c.isascii()).lower()[:_LONGEST_WORD]


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, str]:
    """The Spanish and the English term of a folded word."""
    if not word.isalpha():
        return SPANISH + word, ENGLISH + word
    with _turn:
        spanish, english = (_stemmers[form].stemWord(word) for form in (SPANISH, ENGLISH))
    return SPANISH + spanish, ENGLISH + english


def is_empty(word: str) -> bool:
    """Does a folded word say nothing by itself?"""
    return word in _EMPTY


def terms_of(text: str) -> Iterator[str]:
    """What is indexed of a text: its terms in three rows, each in the order of the words; one string for each
    [5,000] words.
    """
    words = [word for _, _, word in spans(normalised(text))]
    for start in range(0, len(words), _WORDS_IN_A_BLOCK):
        some = words[start : start + _WORDS_IN_A_BLOCK]
        both = [stems(word) for word in some]
        rows = ([spanish for spanish, _ in both], [english for _, english in both], [WHOLE + w for w in some])
        yield " ".join(term for row in rows for term in row)


def wanted_in(query: str) -> tuple[Wanted, ...]:
    """What somebody asks for, each thing once, at most [16] of them; empty words only where there is nothing
    else.
    """
    found = dict.fromkeys(filter(None, map(_wanted, _PART.finditer(normalised(query)))))
    telling = [each for each in found if each.is_beginning or not all(map(is_empty, each.words))]
    return tuple((telling or list(found))[:_MOST_WANTED])


def _wanted(part: re.Match[str]) -> Wanted | None:
    """A quoted phrase, a beginning, or a word; `13.9` and `140/90` are several words in a row."""
    phrase, plain = part.groups()
    words = tuple(word for _, _, word in spans(plain if phrase is None else phrase))
    if not words:
        return None
    is_beginning = phrase is None and plain.endswith("*") and len(words[-1]) >= _SHORTEST_BEGINNING
    return Wanted(words, is_beginning)
