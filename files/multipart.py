"""Files that come as parts of a form: spooled to disk within a limit, from a form that has come whole."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser

from files import staging
from files.errors import Refused, Trouble


class BoundedUploadHandler(FileUploadHandler):
    """Takes files within `limit_bytes` from a form that has come whole.

    Django's own parser says nothing of a cut and leaves out the file that it went through.

    Raises Trouble `storage-full` before the first byte when the disk has no room for the body, and Refused
    `incomplete-upload` when the sender broke off, or said nothing for [15] seconds.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[Any, Any]:
        """The fields and the files of the form, in place of Django's own parsing."""
        _refuse_without_room(content_length)
        if (connection := META.get("gunicorn.socket")) is not None:
            connection.settimeout(settings.INTAKE_BODY_TIMEOUT_SECONDS)
        body: Any = _CountedBody(input_data, content_length)
        parsed = MultiPartParser(
            META, body, [_BoundedHandler(self.request, self.limit_bytes)], encoding or "utf-8"
        ).parse()
        body.refuse_cut()
        return parsed

    @cached_property
    def limit_bytes(self) -> int:
        """How large one file may be; more than that is not kept."""
        return int(settings.INTAKE_MAX_FILE_BYTES)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Never called: the form was parsed before."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Never called: the form was parsed before."""


class _CountedBody:
    """A request's body that knows whether all of it came."""

    def __init__(self, stream: Any, length_bytes: int) -> None:
        self._stream, self._length_bytes, self._come_bytes = stream, length_bytes, 0

    def read(self, size: int) -> bytes:
        try:
            piece: bytes = self._stream.read(size)
        except OSError as silence:
            raise self._cut() from silence
        self._come_bytes += len(piece)
        return piece

    def refuse_cut(self) -> None:
        if self._come_bytes < self._length_bytes:
            raise self._cut()

    def _cut(self) -> Refused:
        message = f"{self._come_bytes} of {self._length_bytes} bytes of the form came. Send it again."
        return Refused("incomplete-upload", message)


class _BoundedHandler(TemporaryFileUploadHandler):
    """Spools each part to disk, never to memory, and keeps nothing of one that outgrows the limit.

    Such a part still comes out with its full size, so that it becomes a FAILED row with its reason.
    """

    def __init__(self, request: HttpRequest | None, limit_bytes: int) -> None:
        super().__init__(request)
        self._limit_bytes = limit_bytes

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self._limit_bytes:
            self.file.seek(0)
            self.file.truncate()
            return
        super().receive_data_chunk(raw_data, start)


def _refuse_without_room(length_bytes: int) -> None:
    if staging.free_bytes() - length_bytes < settings.INTAKE_MIN_FREE_BYTES:
        message = "The server's disk is nearly full. Tell your administrator, then send the files again."
        raise Trouble("storage-full", message)
