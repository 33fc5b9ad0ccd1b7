"""Takes the text of a name apart into words: separators, camel case, run-on words, lost letters, digits
read for letters.
"""

import re
from dataclasses import dataclass, replace
from itertools import product

from patients.matching.nicknames import formal_names
from patients.matching.normalise import PARTICLES, SUFFIXES, folded
from patients.matching.vocabulary import Vocabulary
from patients.matching.ward_words import WARD_WORDS
from patients.matching.words_aside import ASIDE, PLACES

LOST = "\ufffd"
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\ufffd'’`´])*|\ufffd(?:[^\W_]|[\ufffd'’`´])+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-ZÀ-ÞŁĐŠŽ])(?=[A-ZÀ-ÞŁĐŠŽ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zß-ÿ])")
_LOST_LETTERS = "aeiounc"  # what accents and tildes stand on
_ANY_LETTER = "abcdefghijklmnopqrstuvwxyz"
_READ_AS = {"0": "o", "1": "li", "5": "s", "8": "b"}  # what a scanner makes of letters, undone
_MOST_LOST = 2
_SHORTEST_PART = 3
_SHORTEST_RUN_ON = 7


@dataclass(frozen=True, slots=True)
class Spelt:
    """One folded word; `is_restored` says that a lost letter was put back."""

    text: str
    is_restored: bool = False
    is_small: bool = False  # written in small letters only
    has_digits: bool = False


def spelt_words(text: str, vocabulary: Vocabulary) -> list[Spelt]:
    """The words of `text` in the order written, as this directory's vocabulary would have them."""
    tokens = list(_TOKEN.finditer(text))
    words: list[Spelt] = []
    at = 0
    while at < len(tokens):
        bridged = _bridged(text, tokens, at, vocabulary)
        if bridged is not None:
            words.append(Spelt(bridged, is_restored=True))
            at += 2
            continue
        words += _as_written(tokens[at].group(), vocabulary)
        at += 1
    return [word for word in _with_neighbours_joined(words, vocabulary) if word.text]


def _bridged(text: str, tokens: list[re.Match[str]], at: int, vocabulary: Vocabulary) -> str | None:
    """`gonz_lez`: an underscore that stands for one lost letter."""
    if at + 1 >= len(tokens) or text[tokens[at].end() : tokens[at + 1].start()] != "_":
        return None
    left, right = folded(tokens[at].group()), folded(tokens[at + 1].group())
    if _is_word(left, vocabulary) or (_is_word(right, vocabulary) and len(right) >= _SHORTEST_PART):
        return None
    return _most_frequent([left + letter + right for letter in _LOST_LETTERS], vocabulary)


def _as_written(token: str, vocabulary: Vocabulary) -> list[Spelt]:
    """The words of one token, each with how the token was written."""
    has_digits = any(ch.isdigit() for ch in token)
    return [
        replace(word, is_small=token.islower(), has_digits=has_digits) for word in _spelt(token, vocabulary)
    ]


def _spelt(token: str, vocabulary: Vocabulary) -> list[Spelt]:
    if LOST in token:
        return [Spelt(_filled(token, vocabulary), is_restored=True)]
    if any(ch.isdigit() for ch in token):
        return [Spelt(_undigited(token, vocabulary))]
    word = folded(token)
    if _is_word(word, vocabulary) or word in PARTICLES:
        return [Spelt(word)]
    parts = [folded(part) for part in _CAMEL.split(token)]
    if len(parts) > 1 and _are_words(parts, vocabulary):
        return [Spelt(part) for part in parts]
    if len(word) >= _SHORTEST_RUN_ON and not vocabulary.near(word):
        return [Spelt(piece) for piece in vocabulary.pieces(word)] or [Spelt(word)]
    return [Spelt(word)]


def _is_word(word: str, vocabulary: Vocabulary) -> bool:
    is_thing = word in ASIDE or word in WARD_WORDS or word in PLACES
    return is_thing or vocabulary.knows(word) or bool(formal_names(word))


def _are_words(parts: list[str], vocabulary: Vocabulary) -> bool:
    """Camel case is believed where a part is known and none is a scrap (`McDonald` and `HelEna` stay
    whole).
    """
    known = [part for part in parts if _is_word(part, vocabulary)]
    fine = [
        part for part in parts if part in known or part in PARTICLES or part in SUFFIXES or len(part) == 1
    ]
    if len(fine) == len(parts):
        return bool(known)
    scraps = [part for part in parts if part not in fine and len(part) < _SHORTEST_PART]
    return bool(known) and not scraps and any(len(part) >= _SHORTEST_PART for part in known)


def _filled(token: str, vocabulary: Vocabulary) -> str:
    """`G\ufffdmez`: the most frequent name that fits, else the letters that are left."""
    lost = token.count(LOST)
    if lost > _MOST_LOST:
        return folded(token)
    letters = _ANY_LETTER if lost == 1 else _LOST_LETTERS
    pieces = [folded(piece) for piece in token.split(LOST)]
    ways = []
    for choice in product(letters, repeat=lost):
        ways.append("".join(piece + letter for piece, letter in zip(pieces, [*choice, ""], strict=True)))
    return _most_frequent(ways, vocabulary) or folded(token)


def _undigited(token: str, vocabulary: Vocabulary) -> str:
    """`G0mez`, `Torre5`: digits that a scanner read for letters, where that gives a name; else they are
    left out.
    """
    digits = [ch for ch in token if ch.isdigit()]
    if len(digits) <= _MOST_LOST and all(digit in _READ_AS for digit in digits):
        pieces = [folded(piece) for piece in re.split(r"\d", token)]
        ways = [
            "".join(piece + letter for piece, letter in zip(pieces, [*choice, ""], strict=True))
            for choice in product(*(_READ_AS[digit] for digit in digits))
        ]
        best = _most_frequent(ways, vocabulary)
        if best:
            return best
    return folded(token)


def _most_frequent(ways: list[str], vocabulary: Vocabulary) -> str | None:
    known = [way for way in ways if vocabulary.knows(way)]
    return max(known, key=lambda way: (vocabulary.count(way), way), default=None)


def _with_neighbours_joined(words: list[Spelt], vocabulary: Vocabulary) -> list[Spelt]:
    """`Mc Donald` is one word where only that is a name here."""
    out: list[Spelt] = []
    for word in words:
        if out and _belong_together(out[-1].text, word.text, vocabulary):
            out[-1] = Spelt(out[-1].text + word.text)
        else:
            out.append(word)
    return out


def _belong_together(left: str, right: str, vocabulary: Vocabulary) -> bool:
    if min(len(left), len(right)) < len("mc") or not vocabulary.knows(left + right):
        return False
    if left in PARTICLES and right in PARTICLES:
        return False
    return not (_is_word(left, vocabulary) or left in PARTICLES) or not _is_word(right, vocabulary)
