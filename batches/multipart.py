"""Files that come whole, as parts of a form: spooled to disk within limits, then taken in one by one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from batches.actions.intake import Announced, announce_files, receive_into
from batches.models import Batch, BatchFile
from clinics.access import access_of
from files import multipart
from files.errors import Refused, Trouble

_BLOCK_BYTES = 1 << 20


class BoundedUploadHandler(multipart.BoundedUploadHandler):
    """Takes files within the clinic's limits; see the parent for what it raises.

    A part that outgrows them still comes out with its full size, so that it becomes a FAILED row with its
    reason.
    """

    @cached_property
    def limit_bytes(self) -> int:
        """The clinic's own limit."""
        access = access_of(self.request) if self.request else None
        return access.clinic.file_limit_bytes if access else int(settings.INTAKE_MAX_FILE_BYTES)


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
