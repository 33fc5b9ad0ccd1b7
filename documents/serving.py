"""Gives the bytes of a document, with an audit row for each look; for the pages and the REST interface."""

from django.http import Http404, HttpResponseBase

from clinics import audit
from clinics.access import Access
from documents.models import Document
from files import serving
from files.errors import Refused
from files.kinds import FileKind


def original(access: Access, document: Document) -> HttpResponseBase:
    """The document as it is kept, as a download: as it came, or as its password has opened it.

    Refused (409 `not-filed`) while it waits for review.
    """
    if not document.original_key:
        message = (
            "This document waits for review. Its original can be had once it is filed; its preview is here."
        )
        raise Refused("not-filed", message, status=409)
    audit.record("original-read", clinic=access.clinic, actor=access.user, target=document)
    media_type = FileKind(document.kind).media_type
    return serving.attachment(document.original_key, name=document.source_name, media_type=media_type)


def variant(access: Access, document: Document, name: str, *, if_none_match: str = "") -> HttpResponseBase:
    """The first page as a picture, inline; visible to who may review also while it waits for that."""
    found = document.variants.filter(name=name).first()
    if found is None:
        raise Http404("This document has no such size.")
    audit.record("variant-read", clinic=access.clinic, actor=access.user, target=document, variant=name)
    return serving.picture(found.key, etag=f'"{found.pk}-{found.size_bytes}"', if_none_match=if_none_match)
