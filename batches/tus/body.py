"""The bytes of one request as its line brings them: quick lines are read in large pieces, slow in small."""

import socket
import time
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

_SMALLEST_BYTES, _FIRST_BYTES, _LARGEST_BYTES = 1 << 12, 1 << 16, 1 << 20
# A read returns when it has all it asked for, so what it asks for must come within a part of a second.
_PATIENCE_SECONDS = 0.25


class Body:
    """Reads that end, rather than fail, when the sender is gone or says nothing for [15] seconds."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._line: socket.socket | None = request.META.get("gunicorn.socket")
        self._bytes = _FIRST_BYTES
        if self._line is not None:
            self._line.settimeout(settings.INTAKE_BODY_TIMEOUT_SECONDS)

    def read(self, limit: int) -> bytes:
        """At most `limit` bytes; what came before a line broke is handed out, and then nothing any more."""
        began = time.monotonic()
        try:
            piece = self._request.read(min(self._bytes, limit))
        except (OSError, UnreadablePostError):
            return self._rest(limit)
        if time.monotonic() - began < _PATIENCE_SECONDS:
            self._bytes = min(self._bytes * 2, _LARGEST_BYTES)
        else:
            self._bytes = max(self._bytes // 2, _SMALLEST_BYTES)
        return piece

    def _rest(self, limit: int) -> bytes:
        """What the server had taken from the line when that failed: after a hang-up a read gives it out."""
        if self._line is None:
            return b""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RD)
        with suppress(OSError, UnreadablePostError):
            return self._request.read(min(self._bytes, limit))
        return b""
