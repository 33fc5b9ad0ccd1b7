"""Writes down what of a document's text can be found: words of pages, passages for their meaning.

Called in the transaction in which the text of the pages becomes known, and again when it becomes known
better.
"""

from collections.abc import Sequence

from django.db import transaction

from documents import passage_bell
from documents.models import Document, PageWords, Passage, ProcessingType
from documents.splitting import passages_of
from documents.words import terms_of


@transaction.atomic
def index_pages(document: Document, pages: Sequence[str]) -> None:
    """Make `pages`, the text of each page in order, what is found of `document`; what was found before is
    not.

    Of a `complete` document the words are found, of a `vectorized` one the meaning, of `both` both; a passage
    stays as text, because another model has to read it again. Vectors are made by a worker after the commit.
    Running it twice changes nothing.
    """
    PageWords.objects.filter(document=document).delete()
    Passage.objects.filter(document=document).delete()
    if document.processing_type != ProcessingType.VECTORIZED:
        PageWords.objects.bulk_create(_words(document, pages))
    if document.processing_type != ProcessingType.COMPLETE and Passage.objects.bulk_create(
        _passages(document, pages)
    ):
        passage_bell.ring_on_commit()


def _words(document: Document, pages: Sequence[str]) -> list[PageWords]:
    return [
        PageWords(document=document, page_number=number, part=part, terms=terms)
        for number, text in enumerate(pages, start=1)
        for part, terms in enumerate(terms_of(text))
    ]


def _passages(document: Document, pages: Sequence[str]) -> list[Passage]:
    found = [(number, text) for number, page in enumerate(pages, start=1) for text in passages_of(page)]
    return [
        Passage(
            document=document, clinic_id=document.clinic_id, page_number=number, position=position, text=text
        )
        for position, (number, text) in enumerate(found)
    ]
