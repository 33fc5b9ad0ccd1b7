"""The one function behind the search page and the REST call: what fits a question, in what order, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from documents import by_meaning, by_words
from documents.by_words import FoundPages
from documents.fusion import FoundPage, Mode, Place, merged
from documents.models import Document, Page, Passage, ProcessingType
from documents.scope import Filters, Scope, few_of
from documents.snippets import Piece, snippet
from documents.words import Wanted, wanted_in

__all__ = ["MOST_CHARS", "Found", "Hit", "Mode", "Place", "outside_meaning", "search", "shown"]

MOST_CHARS = 300
"""How long a question may be; what is beyond is not looked at."""

_MOST_DOCUMENTS = 100


@dataclass(frozen=True)
class Found:
    """At most [100] documents, the best first.

    `has_all` is false where no page has all the words and these have some; `is_cut` says that there are more.
    """

    places: Sequence[Place] = ()
    wanted: tuple[Wanted, ...] = ()
    has_all: bool = True
    is_cut: bool = False


@dataclass(frozen=True)
class Hit:
    """A place with what is shown of it; no piece of a document whose text is not shown."""

    place: Place
    document: Document
    pieces: tuple[Piece, ...]


def search(scope: Scope, query: str, *, mode: Mode, filters: Filters | None = None) -> Found:
    """Documents of the scope that fit the query and the filters; nothing for a query without a letter or
    digit.
    """
    query = query[:MOST_CHARS]
    documents = (filters or Filters()).of(scope.documents)
    wanted = wanted_in(query)
    if not wanted:
        return Found()
    few = few_of(documents)
    if mode is Mode.WORDS:
        pages = by_words.with_all(documents, few, wanted)
        return _found(wanted, pages if pages.pages else by_words.with_some(documents, few, wanted), ())
    near = by_meaning.nearest(scope.clinic, documents, few, query)
    pages = by_words.with_some(documents, few, wanted) if mode is Mode.BOTH else FoundPages()
    return _found(wanted, pages, near)


def outside_meaning(scope: Scope, filters: Filters | None = None) -> int:
    """How many documents of the scope, as far as the filters go, no search by meaning looks at: those of
    which the full text alone is kept.
    """
    documents = (filters or Filters()).of(scope.documents)
    return documents.filter(processing_type=ProcessingType.COMPLETE).count()


def shown(found: Found, places: Sequence[Place]) -> list[Hit]:
    """Some of what was found, with the documents' rows and the words around each place.

    The passages of a document that is searchable by meaning only are read by models, and shown to nobody.
    """
    documents = Document.objects.select_related("patient").in_bulk([place.document_id for place in places])
    texts = _texts(places)
    return [
        Hit(place, document, snippet(text, found.wanted) if document.is_text_shown else ())
        for place, text in zip(places, texts, strict=True)
        if (document := documents.get(place.document_id)) is not None
    ]


def _found(wanted: tuple[Wanted, ...], pages: FoundPages, near: Sequence[FoundPage]) -> Found:
    places = merged(pages.pages, near)
    is_cut = pages.is_cut or len(places) > _MOST_DOCUMENTS
    return Found(places[:_MOST_DOCUMENTS], wanted, has_all=pages.has_all, is_cut=is_cut)


def _texts(places: Sequence[Place]) -> list[str]:
    """The passage of each place, or the text of its page."""
    passages = Passage.objects.filter(pk__in=[place.passage_id for place in places if place.passage_id])
    by_passage = dict(passages.values_list("pk", "text"))
    wanted = [Q(document=p.document_id, number=p.page_number) for p in places if p.passage_id is None]
    pages = Page.objects.filter(reduce(or_, wanted)) if wanted else Page.objects.none()
    by_page = {(page.document_id, page.number): page.text for page in pages}
    return [
        by_page.get((place.document_id, place.page_number), "")
        if place.passage_id is None
        else by_passage.get(place.passage_id, "")
        for place in places
    ]
