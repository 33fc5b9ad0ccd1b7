"""In which languages documents are: that of the whole text, and those of its single pages."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from documents.models import Document, DocumentQuerySet, Page

NAMES = {"es": "Spanish", "en": "English"}
"""The languages that are told from each other, in the order in which they are named."""


def languages_of(documents: Iterable[Document]) -> dict[UUID, list[str]]:
    """The languages of each document, by its identifier; an empty list where no text tells."""
    found = {document.pk: {document.language} for document in documents}
    pages = Page.objects.filter(document__in=found).exclude(language="").order_by()
    for document_id, language in pages.values_list("document_id", "language").distinct():
        found[document_id].add(language)
    return {pk: [language for language in NAMES if language in spoken] for pk, spoken in found.items()}


def named(languages: Iterable[str]) -> str:
    """`Spanish and English`; empty where there is none."""
    return " and ".join(NAMES[language] for language in languages)


def spoken_in(documents: DocumentQuerySet, language: str) -> DocumentQuerySet:
    """Those of the documents that are in this language, or have a page that is."""
    pages = Page.objects.filter(document=OuterRef("pk"), language=language)
    return documents.filter(Q(language=language) | Exists(pages))
