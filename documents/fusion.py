"""Two orders become one: what was found by its words and what was found by its meaning. Pure.

Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): how well two ways of looking think of a document
can only be compared by the place that each gives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

_DAMPING = 60  # as published; benchmarks/search.py finds the same from 10 to 60
# A document that has everything that was asked for, a record number or a phrase, comes before what resembles
# it.
_OF_ALL_WORDS = 2.0
_OF_SOME_WORDS = 1.0
_OF_MEANING = 1.5
_MOST_OTHER_PAGES = 5


class Mode(StrEnum):
    """How to look."""

    WORDS = "words"
    MEANING = "meaning"
    BOTH = "both"


@dataclass(frozen=True)
class FoundPage:
    """A page that was found in one way. `fit` orders those of that way; `has_all` is for words alone."""

    document_id: UUID
    number: int
    fit: float
    has_all: bool = False
    passage_id: int | None = None  # the one that was found, where it was found by meaning


@dataclass
class Place:
    """A document that was found: its best page, other pages of it, and how. `rank` orders places."""

    document_id: UUID
    page_number: int
    passage_id: int | None
    rank: float = 0.0
    found_by: list[Mode] = field(default_factory=list)
    other_pages: list[int] = field(default_factory=list)


def merged(by_words: Sequence[FoundPage], by_meaning: Sequence[FoundPage]) -> list[Place]:
    """The documents of both, the best first. Each way counts a document once, by the first of its pages,
    which is shown where the words have it.
    """
    places: dict[UUID, Place] = {}
    for mode, found in ((Mode.WORDS, by_words), (Mode.MEANING, by_meaning)):
        rank = 0
        for page in found:
            place = places.setdefault(page.document_id, Place(page.document_id, page.number, page.passage_id))
            if mode not in place.found_by:
                rank += 1
                place.found_by.append(mode)
                place.rank += _weight(mode, page) / (_DAMPING + rank)
            _note_page(place, page)
    return sorted(places.values(), key=lambda place: (-place.rank, place.document_id.int))


def _weight(mode: Mode, page: FoundPage) -> float:
    if mode is Mode.MEANING:
        return _OF_MEANING
    return _OF_ALL_WORDS if page.has_all else _OF_SOME_WORDS


def _note_page(place: Place, page: FoundPage) -> None:
    is_new = page.number != place.page_number and page.number not in place.other_pages
    if is_new and len(place.other_pages) < _MOST_OTHER_PAGES:
        place.other_pages.append(page.number)
