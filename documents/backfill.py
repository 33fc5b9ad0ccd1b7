"""Makes the documents of an older installation found; for the migration that brought search."""

from typing import Any

from documents.splitting import passages_of
from documents.words import terms_of

_AT_ONCE = 200


def index_kept_pages(apps: Any, _schema_editor: Any) -> None:
    """What `documents.passages.index_pages` would have written when these documents came.

    With the models as that migration knows them, and document by document, so that memory stays small.
    """
    document_model = apps.get_model("documents", "Document")
    for document in document_model.objects.only("id", "clinic_id", "processing_type").iterator(_AT_ONCE):
        pages = list(document.pages.order_by("number").values_list("number", "text"))
        if document.processing_type != "vectorized":
            _words(apps, document, pages)
        if document.processing_type != "complete":
            _passages(apps, document, pages)


def _words(apps: Any, document: Any, pages: list[tuple[int, str]]) -> None:
    model = apps.get_model("documents", "PageWords")
    model.objects.bulk_create(
        model(document=document, page_number=number, part=part, terms=terms)
        for number, text in pages
        for part, terms in enumerate(terms_of(text))
    )


def _passages(apps: Any, document: Any, pages: list[tuple[int, str]]) -> None:
    model = apps.get_model("documents", "Passage")
    found = [(number, passage) for number, text in pages for passage in passages_of(text)]
    model.objects.bulk_create(
        model(
            document=document,
            clinic_id=document.clinic_id,
            page_number=number,
            position=position,
            text=passage,
        )
        for position, (number, passage) in enumerate(found)
    )
