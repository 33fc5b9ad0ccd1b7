"""The few words around what was found, with what was asked for marked. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.words import WHOLE, Wanted, normalised, spans, stems

_CHARS = 240
_BEFORE = 60
_Mark = tuple[int, int, str]  # beginning, end, and what of the wanted it is


@dataclass(frozen=True)
class Piece:
    """A part of a snippet, as text; whoever writes HTML escapes it."""

    text: str
    is_marked: bool = False


def snippet(text: str, wanted: Sequence[Wanted]) -> tuple[Piece, ...]:
    """About [240] characters of a text around the most different words that were asked for; its beginning
    where none is in it. White space is folded, and dots stand where something was left out.
    """
    plain = " ".join(normalised(text).split())
    marks = list(_marks(plain, wanted))
    start = _best_start(plain, marks)
    end = _end_of_word(plain, start + _CHARS)
    pieces = list(_pieces(plain, marks, start, end))
    if start > 0:
        pieces.insert(0, Piece("… "))
    if end < len(plain):
        pieces.append(Piece(" …"))
    return tuple(pieces)


def _marks(plain: str, wanted: Sequence[Wanted]) -> Iterator[_Mark]:
    terms = {term for each in wanted if not each.is_beginning for way in each.forms() for term in way}
    beginnings = tuple(each.words[-1] for each in wanted if each.is_beginning)
    before = {WHOLE + word for each in wanted if each.is_beginning for word in each.words[:-1]}
    for start, end, word in spans(plain):
        spanish, english = stems(word)
        if spanish in terms or english in terms:
            yield start, end, spanish if spanish in terms else english
        elif WHOLE + word in before or (beginnings and word.startswith(beginnings)):
            yield start, end, word


def _best_start(plain: str, marks: Sequence[_Mark]) -> int:
    """Where the snippet begins: a little before the mark with the most different ones behind it."""
    if not marks or len(plain) <= _CHARS:
        return 0
    start = max(marks, key=lambda mark: (_different(marks, mark[0]), -mark[0]))[0]
    if start <= _BEFORE:
        return 0
    space = plain.rfind(" ", 0, max(0, start - _BEFORE))
    return space + 1


def _different(marks: Iterable[_Mark], start: int) -> int:
    return len({what for at, end, what in marks if at >= start and end <= start + _CHARS - _BEFORE})


def _end_of_word(plain: str, end: int) -> int:
    if end >= len(plain):
        return len(plain)
    space = plain.rfind(" ", 0, end)
    return space if space > end - _BEFORE else end


def _pieces(plain: str, marks: Iterable[_Mark], start: int, end: int) -> Iterator[Piece]:
    at = start
    for begins, ends, _ in marks:
        if begins < start or ends > end:
            continue
        if begins > at:
            yield Piece(plain[at:begins])
        yield Piece(plain[begins:ends], is_marked=True)
        at = ends
    if at < end:
        yield Piece(plain[at:end])
