"""Gives the bytes of a picture, with an audit row for each look; for the pages and the REST interface."""

from django.http import Http404, HttpResponseBase

from clinics import audit
from clinics.access import Access
from files import serving
from files.errors import Refused
from files.kinds import FileKind
from imaging.models import Image


def original(access: Access, image: Image) -> HttpResponseBase:
    """The picture as it came, as a download; Refused (409 `not-filed`) while it waits for review."""
    if not image.original_key:
        message = (
            "This picture waits for review. Its original can be had once it is filed; its preview is here."
        )
        raise Refused("not-filed", message, status=409)
    audit.record("original-read", clinic=access.clinic, actor=access.user, target=image)
    media_type = FileKind(image.kind).media_type
    return serving.attachment(image.original_key, name=image.source_name, media_type=media_type)


def variant(access: Access, image: Image, name: str, *, if_none_match: str = "") -> HttpResponseBase:
    """The picture drawn smaller, inline; visible to who may review also while it waits for that."""
    found = image.variants.filter(name=name).first()
    if found is None:
        raise Http404("This picture has no such size.")
    audit.record("variant-read", clinic=access.clinic, actor=access.user, target=image, variant=name)
    return serving.picture(found.key, etag=f'"{found.pk}-{found.size_bytes}"', if_none_match=if_none_match)
