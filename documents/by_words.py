"""Finds pages by their words; both databases give the same pages, and the order is made here, so it is the
same.

The database says which pages have the words. How well a page fits follows from how often it has them (BM25 of
Robertson and Zaragoza 2009), and where only some are there, from how rare those are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from uuid import UUID

from django.db.models import QuerySet

from documents.fusion import FoundPage
from documents.models import DocumentQuerySet, PageWords
from documents.scope import within
from documents.words import FORMS, Wanted

MOST_PAGES = 1_000
"""How many pages with all the words are put in order; of more, the first that the database finds."""

_COMMON = 1_000
_MOST_WITH_SOME = 200
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75
_USUAL_WORDS = 250


@dataclass(frozen=True)
class FoundPages:
    """Pages, the best first. `has_all` says whether they have every word; `is_cut` whether there are more."""

    pages: Sequence[FoundPage] = ()
    has_all: bool = True
    is_cut: bool = False


def with_all(documents: DocumentQuerySet, wanted: Sequence[Wanted]) -> FoundPages:
    """Pages that have everything that is wanted, the best of them first."""
    if not wanted:
        return FoundPages()
    found = _rows(documents).filter(terms__having=tuple(wanted))
    rows = list(found.values_list("document_id", "page_number", "terms")[: MOST_PAGES + 1])
    fits = _fits(rows[:MOST_PAGES], dict.fromkeys(wanted, 1.0))
    return FoundPages(fits, has_all=True, is_cut=len(rows) > MOST_PAGES)


def with_some(documents: DocumentQuerySet, wanted: Sequence[Wanted]) -> FoundPages:
    """Pages that have some of it, those with the rarest and the most of it first; at most [200].

    What more than [1,000] pages have decides nothing as long as something rarer is wanted too.
    """
    holders = {each: _holders(documents, each) for each in wanted}
    weights = {each: log(1 + (_COMMON + 1) / len(ids)) for each, ids in holders.items() if ids}
    rare = {each: ids for each, ids in holders.items() if 0 < len(ids) <= _COMMON} or holders
    sums: defaultdict[int, float] = defaultdict(float)
    for each, ids in rare.items():
        for pk in ids:
            sums[pk] += weights[each]
    best = sorted(sums, key=lambda pk: (-sums[pk], pk))[:_MOST_WITH_SOME]
    rows = PageWords.objects.filter(pk__in=best).values_list("document_id", "page_number", "terms")
    nowhere = log(2 + _COMMON)
    return FoundPages(_fits(rows, {each: weights.get(each, nowhere) for each in wanted}), has_all=False)


def _rows(documents: DocumentQuerySet) -> QuerySet[PageWords]:
    return PageWords.objects.filter(within(documents))


def _holders(documents: DocumentQuerySet, each: Wanted) -> list[int]:
    rows = _rows(documents).filter(terms__having=(each,))
    return list(rows.values_list("pk", flat=True)[: _COMMON + 1])


def _fits(rows: Iterable[tuple[UUID, int, str]], weights: dict[Wanted, float]) -> list[FoundPage]:
    """The pages in order; of several parts of one page, the one that fits best."""
    whole = sum(weights.values())
    looked_for = [(weight / whole, _patterns(each)) for each, weight in weights.items()]
    best: dict[tuple[UUID, int], FoundPage] = {}
    for document_id, number, terms in rows:
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
