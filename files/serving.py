"""Sends stored bytes to a browser so that they can do no harm there."""

from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from files import storage

# Smaller pictures are looked at again and again; an hour in the browser's own cache, nowhere else.
_DERIVATIVE_SECONDS = 3600
_HARMLESS = "default-src 'none'; sandbox"


def attachment(key: str, *, name: str, media_type: str) -> HttpResponseBase:
    """The original bytes under `key` as a download named `name` (RFC 6266), never shown and never cached.

    Raises Trouble when the storage is away or has lost them.
    """
    response = FileResponse(
        storage.open_object(key), as_attachment=True, filename=name, content_type=media_type
    )
    response["Cache-Control"] = "private, no-store"
    return _hardened(response)


def picture(key: str, *, etag: str, if_none_match: str = "") -> HttpResponseBase:
    """A JPEG that we drew ourselves, shown inline; 304 when the browser has the one with this `etag`."""
    is_known = is_current(etag, if_none_match)
    response = HttpResponseNotModified() if is_known else _inline(key)
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={_DERIVATIVE_SECONDS}"
    return _hardened(response)


def is_current(etag: str, if_none_match: str) -> bool:
    """Is `etag` among those that the client holds (RFC 9110, 13.1.2: weak comparison)?"""
    held = {known.removeprefix("W/") for known in parse_etags(if_none_match)}
    return "*" in held or etag.removeprefix("W/") in held


def _inline(key: str) -> HttpResponse | FileResponse:
    return FileResponse(storage.open_object(key), content_type="image/jpeg")


def _hardened(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _HARMLESS
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response
