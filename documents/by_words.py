"""Finds pages by their words; both databases give the same pages, and the order is made here, so it is the
same.

The database says which pages have the words. How well a page fits follows from how often it has them (BM25 of
Robertson and Zaragoza 2009), and where only some are there, from how rare those are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from documents.fusion import FoundPage
from documents.models import DocumentQuerySet, PageWords
from documents.scope import Few, within
from documents.words import FORMS, Wanted

MOST_PAGES = 1_000
"""How many pages with all the words are put in order; of more, the first that the database finds."""

_COMMON = 1_000
_MOST_WITH_SOME = 200
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75
_USUAL_WORDS = 250
_Row: TypeAlias = tuple[int, UUID, int, str]  # its number, document, page, terms


@dataclass(frozen=True)
class FoundPages:
    """Pages, the best first. `has_all` says whether they have every word; `is_cut` whether there are more."""

    pages: Sequence[FoundPage] = ()
    has_all: bool = True
    is_cut: bool = False


def with_all(documents: DocumentQuerySet, few: Few, wanted: Sequence[Wanted]) -> FoundPages:
    """Pages that have everything that is wanted, the best of them first."""
    if not wanted:
        return FoundPages()
    rows = _rows_of(few)
    if rows is None:
        found = _having(documents, tuple(wanted)).values_list("pk", "document_id", "page_number", "terms")
        rows = list(found[: MOST_PAGES + 1])
    else:
        rows = [row for row in rows if all(_has(row, each) for each in wanted)]
    fits = _fits(rows[:MOST_PAGES], dict.fromkeys(wanted, 1.0))
    return FoundPages(fits, has_all=True, is_cut=len(rows) > MOST_PAGES)


def with_some(documents: DocumentQuerySet, few: Few, wanted: Sequence[Wanted]) -> FoundPages:
    """Pages that have some of it, those with the rarest and the most of it first; at most [200].

    What more than [1,000] pages have decides nothing as long as something rarer is wanted too.
    """
    rows = _rows_of(few)
    holders = {each: _holders(documents, rows, each) for each in wanted}
    weights = {each: log(1 + (_COMMON + 1) / len(ids)) for each, ids in holders.items() if ids}
    rare = {each: ids for each, ids in holders.items() if 0 < len(ids) <= _COMMON} or holders
    sums: defaultdict[int, float] = defaultdict(float)
    for each, ids in rare.items():
        for pk in ids:
            sums[pk] += weights[each]
    best = sorted(sums, key=lambda pk: (-sums[pk], pk))[:_MOST_WITH_SOME]
    found = PageWords.objects.filter(pk__in=best).values_list("pk", "document_id", "page_number", "terms")
    nowhere = log(2 + _COMMON)
    return FoundPages(_fits(found, {each: weights.get(each, nowhere) for each in wanted}), has_all=False)


def _rows_of(few: Few) -> list[_Row] | None:
    """All rows of few documents, where these are few as well: sooner read than found among all others by
    words that the clinic's other pages have, too.
    """
    if few is None:
        return None
    rows = PageWords.objects.filter(document__in=few).order_by("pk")
    some = list(rows.values_list("pk", "document_id", "page_number", "terms")[: _COMMON + 1])
    return some if len(some) <= _COMMON else None


def _holders(documents: DocumentQuerySet, rows: Sequence[_Row] | None, each: Wanted) -> list[int]:
    if rows is not None:
        return [row[0] for row in rows if _has(row, each)]
    return list(_having(documents, (each,)).values_list("pk", flat=True)[: _COMMON + 1])


def _having(documents: DocumentQuerySet, wanted: tuple[Wanted, ...]) -> QuerySet[PageWords]:
    return PageWords.objects.having(wanted).filter(within(documents))


def _has(row: _Row, each: Wanted) -> bool:
    """As the index of the database would say."""
    terms = f" {row[3]} "
    return any(pattern in terms for pattern in _patterns(each))


def _fits(rows: Iterable[_Row], weights: dict[Wanted, float]) -> list[FoundPage]:
    """The pages in order; of several parts of one page, the one that fits best."""
    whole = sum(weights.values())
    looked_for = [(weight / whole, _patterns(each)) for each, weight in weights.items()]
    best: dict[tuple[UUID, int], FoundPage] = {}
    for _, document_id, number, terms in rows:
        fit, has_all = _fit(f" {terms} ", looked_for)
        other = best.get((document_id, number))
        if fit and (other is None or fit > other.fit):
            best[document_id, number] = FoundPage(document_id, number, fit, has_all=has_all)
    return sorted(best.values(), key=lambda page: (-page.fit, page.document_id.int, page.number))


def _patterns(each: Wanted) -> list[str]:
    end = "" if each.is_beginning else " "
    return [f" {' '.join(way)}{end}" for way in each.forms()]


def _fit(terms: str, looked_for: Sequence[tuple[float, Sequence[str]]]) -> tuple[float, bool]:
    """What a page gets of everything, by how often each is there; and whether all of it is."""
    words = terms.count(" ") / len(FORMS)
    damping = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * words / _USUAL_WORDS)
    fit, has_all = 0.0, True
    for weight, patterns in looked_for:
        times = max(map(terms.count, patterns))
        fit += weight * times / (times + damping)
        has_all = has_all and times > 0
    return fit, has_all
