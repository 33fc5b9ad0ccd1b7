"""Cuts the text of a page into passages, short enough for one meaning each. Pure."""

import re
from collections.abc import Iterator

_USUAL_CHARS = 400
_MOST_CHARS = 700
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+(?=\S)")
_FEWEST_LETTERS = 3


def passages_of(page: str) -> Iterator[str]:
    """Passages in their order, without gaps or overlaps, white space folded; none longer than [700]
    characters, none without letters or digits.
    """
    passage = ""
    for sentence in _sentences(page):
        joined = f"{passage} {sentence}".strip()
        if passage and len(joined) > _USUAL_CHARS:
            yield from _telling(passage)
            joined = sentence
        passage = joined
    yield from _telling(passage)


def _sentences(page: str) -> Iterator[str]:
    for paragraph in _PARAGRAPH.split(page):
        for sentence in _SENTENCE.split(" ".join(paragraph.split())):
            yield from _pieces(sentence)


def _pieces(sentence: str) -> Iterator[str]:
    """A sentence that is too long, as a table may be, at its spaces; a word that is too long where it must
    be.
    """
    while len(sentence) > _MOST_CHARS:
        space = sentence.rfind(" ", 0, _MOST_CHARS)
        end = space if space > 0 else _MOST_CHARS
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence


def _telling(passage: str) -> Iterator[str]:
    if sum(character.isalnum() for character in passage) >= _FEWEST_LETTERS:
        yield passage
