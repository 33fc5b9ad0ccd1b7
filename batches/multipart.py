"""Files that come whole, as parts of a form: spooled to disk within limits, then taken in one by one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser

from batches.actions.intake import Announced, announce_files, receive_into
from batches.models import Batch, BatchFile
from clinics.access import access_of
from files import staging
from files.errors import Refused, Trouble

_BLOCK_BYTES = 1 << 20


class BoundedUploadHandler(FileUploadHandler):
    """Takes files within the clinic's limits from a form that has come whole.

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
        parsed = MultiPartParser(META, body, [_BoundedHandler(self.request)], encoding or "utf-8").parse()
        body.refuse_cut()
        return parsed

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
    """Spools each part to disk, never to memory, and keeps nothing of one that outgrows the clinic's limit.

    Such a part still comes out with its full size, so that it becomes a FAILED row with its reason.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self._limit_bytes:
            self.file.seek(0)
            self.file.truncate()
            return
        super().receive_data_chunk(raw_data, start)

    @cached_property
    def _limit_bytes(self) -> int:
        access = access_of(self.request) if self.request else None
        return access.clinic.file_limit_bytes if access else settings.INTAKE_MAX_FILE_BYTES


@dataclass(frozen=True)
class Part:
    """One file of a form under the path that it had at the sender's."""

    path: str
    upload: UploadedFile[bytes]

    @property
    def size(self) -> int:
        """Bytes that came, also those that were not kept."""
        return self.upload.size or 0


@dataclass(frozen=True)
class Interrupted:
    """A file that is announced but could not be stored just now; sending it again goes on."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class Received:
    """What became of the parts: a row for each, and those whose bytes are still missing."""

    files: list[BatchFile] = field(default_factory=list)
    interrupted: list[Interrupted] = field(default_factory=list)


def parts_of(uploads: Sequence[UploadedFile[bytes]], paths: Sequence[str]) -> list[Part]:
    """The files with their paths; without `paths`, their names. Equal paths are told apart: `a (2).jpg`.

    Raises Refused `paths-mismatch` when `paths` are given and their number is not that of the files.
    """
    if paths and len(paths) != len(uploads):
        message = f"{len(uploads)} files came with {len(paths)} paths. Send one for each, in the same order."
        raise Refused("paths-mismatch", message, files=len(uploads), paths=len(paths))
    named = paths or [upload.name or "" for upload in uploads]
    return [Part(path, upload) for path, upload in zip(_told_apart(named), uploads, strict=True)]


def announce_parts(batch: Batch, parts: Sequence[Part]) -> list[BatchFile]:
    """A row for each part before any is stored; refused as a whole (413, 409) when they do not fit."""
    return announce_files(batch=batch, entries=[Announced(part.path, part.size) for part in parts])


def receive_parts(files: Sequence[BatchFile], parts: Sequence[Part]) -> Received:
    """Take every part into its row; one that is refused or cannot be stored just now stops no other."""
    received = Received(list(files))
    for index, part in enumerate(parts):
        try:
            received.files[index] = receive_into(file=files[index], chunks=part.upload.chunks(_BLOCK_BYTES))
        except (Refused, Trouble) as error:
            received.interrupted.append(Interrupted(part.path, error.code, error.message))
    return received


def _refuse_without_room(length_bytes: int) -> None:
    if staging.free_bytes() - length_bytes < settings.INTAKE_MIN_FREE_BYTES:
        message = "The server's disk is nearly full. Tell your administrator, then send the files again."
        raise Trouble("storage-full", message)


def _told_apart(paths: Sequence[str]) -> list[str]:
    """Two files of one form are two files, even when they were called the same in two folders."""
    seen: Counter[str] = Counter()
    apart = []
    for path in paths:
        seen[path] += 1
        apart.append(path if seen[path] == 1 else _numbered(path, seen[path]))
    return apart


def _numbered(path: str, number: int) -> str:
    folder, slash, name = path.rpartition("/")
    pure = PurePosixPath(name)
    return f"{folder}{slash}{pure.stem} ({number}){pure.suffix}"
