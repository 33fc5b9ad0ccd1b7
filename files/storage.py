"""Where filed bytes rest for good: originals and derivatives, on our disk or an S3 server, by settings."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from uuid import UUID, uuid4

from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from files.disk import fsync_directory, make_directory
from files.errors import Trouble

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:
    BytesFile = File  # generic only in the eyes of the type checker

_VARIANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_BLOCK_BYTES = 1 << 20


class DurableFileSystemStorage(FileSystemStorage):
    """Local storage that has a file whole and for good, or not at all; saving it again replaces it."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Keep every name: our keys are made of identifiers, and a second attempt writes the same one."""
        return name

    def _save(self, name: str, content: BytesFile) -> str:
        target = Path(self.path(name))
        for folder in (target.parent, self.parts):
            make_directory(folder, self.directory_permissions_mode or 0o700)
        part = self.parts / uuid4().hex
        try:
            self._write(part, content)
            part.replace(target)
        finally:
            # It is still there after a failure, and where the target was a name of the same bytes already.
            with suppress(OSError):
                part.unlink(missing_ok=True)
        fsync_directory(target.parent)
        return name

    @property
    def parts(self) -> Path:
        """Where a file grows until it is whole; what is left there by a crash is swept when it is old."""
        return Path(self.location) / ".parts"

    def _write(self, part: Path, content: BytesFile) -> None:
        if isinstance(content, _Upload) and content.staged and _link(content.staged, part):
            return
        with part.open("xb") as file:
            os.fchmod(file.fileno(), self.file_permissions_mode or 0o600)
            for chunk in content.chunks(_BLOCK_BYTES):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


class _Upload(BytesFile):
    """An open file with its media type, which an S3 storage writes beside the object."""

    def __init__(self, file: BinaryIO, *, media_type: str, staged: Path | None = None) -> None:
        super().__init__(file, name="")
        self.content_type = media_type
        self.staged = staged


def original_key(clinic_id: UUID, record_id: UUID) -> str:
    """The key of a record's own bytes: identifiers only, never a name of a person or a file."""
    return f"originals/{UUID(str(clinic_id))}/{UUID(str(record_id))}"


def variant_key(clinic_id: UUID, record_id: UUID, name: str) -> str:
    """The key of a derivative; `name` is ours, as in "thumbnail". Raises ValueError for another shape."""
    if not _VARIANT_NAME.fullmatch(name):
        raise ValueError("A variant's name is made of small letters, digits, - and _.")
    return f"derivatives/{UUID(str(clinic_id))}/{UUID(str(record_id))}/{name}.jpg"


def put(key: str, path: Path, media_type: str) -> None:
    """Store the bytes of `path` under `key`, replacing what is there; returns when they are safe.

    Raises Trouble "storage-unavailable", as every function below when the storage behind it fails.
    """
    with _storage_faults(), path.open("rb") as file:
        _save(key, _Upload(file, media_type=media_type))


def put_staged(key: str, path: Path, media_type: str) -> None:
    """The same for staged bytes, which are on the disk for good already and are never written again.

    Where the storage is on the same disk they are not copied but get a second name; the first goes with
    the staging key.
    """
    with _storage_faults(), path.open("rb") as file:
        _save(key, _Upload(file, media_type=media_type, staged=path))


def copy(key: str, to: str, media_type: str) -> None:
    """Store the object's bytes under a second key; on our own disk both are names of the same bytes."""
    with _storage_faults(), default_storage.open(key, "rb") as original:
        _save(to, _Upload(cast("BinaryIO", original.file), media_type=media_type, staged=_own_path(key)))


def bring_back(key: str, path: Path) -> None:
    """Give the object's bytes the name `path` too, which must be new; they are safe when this returns.

    The name itself is not: its directory is the caller's.
    """
    with _storage_faults():
        own = _own_path(key)
        if own is not None:
            # Looked at by the sweep of staged bytes, which must not take old bytes for forgotten ones.
            os.utime(own)
        if own is None or not _link(own, path):
            _copy_out(key, path)


def open_object(key: str) -> BytesFile:
    """The stored object, open for reading; the caller closes it. An object that is gone is Trouble."""
    with _storage_faults():
        return default_storage.open(key, "rb")


def delete(key: str) -> None:
    """Remove the object; already gone is done."""
    with _storage_faults():
        default_storage.delete(key)


def exists(key: str) -> bool:
    """Say whether the storage has an object under `key`."""
    with _storage_faults():
        return default_storage.exists(key)


def size(key: str) -> int:
    """How many bytes the object has."""
    with _storage_faults():
        return default_storage.size(key)


def folders(key: str) -> list[str]:
    """The names right below `key` that have something below themselves; none where nothing is."""
    with _storage_faults():
        return sorted(_listed(key)[0])


def keys(below: str) -> Iterator[str]:
    """Every key below `below`, in no order."""
    with _storage_faults():
        inner, names = _listed(below)
    yield from (f"{below}/{name}" for name in names)
    for name in inner:
        yield from keys(f"{below}/{name}")


def stored_at(key: str) -> float:
    """When the object came under this key, in seconds since 1970.

    On our own disk the time of the last change: a second name for old bytes has their time of writing.
    """
    with _storage_faults():
        own = _own_path(key)
        return own.stat().st_ctime if own is not None else default_storage.get_modified_time(key).timestamp()


def sweep_parts(before: float) -> int:
    """Remove what a crash has left half-written `before` (seconds since 1970); S3 keeps no such thing."""
    if not isinstance(default_storage, DurableFileSystemStorage):
        return 0
    with _storage_faults():
        # The time of the last change, because a second name for old bytes has their time of writing.
        old = [part for part in default_storage.parts.glob("*") if part.stat().st_ctime < before]
        for part in old:
            part.unlink(missing_ok=True)
    return len(old)


def _listed(key: str) -> tuple[list[str], list[str]]:
    try:
        inner, names = default_storage.listdir(key)
    except FileNotFoundError:
        return [], []
    return inner, names


def _save(key: str, upload: _Upload) -> None:
    if default_storage.save(key, upload) != key:
        raise Trouble("storage-unavailable", "The storage keeps objects under other keys than ours.")


def _own_path(key: str) -> Path | None:
    """Where the object is a file on our own disk; None in an object storage."""
    if not isinstance(default_storage, DurableFileSystemStorage):
        return None
    return Path(default_storage.path(key))


def _copy_out(key: str, path: Path) -> None:
    with default_storage.open(key, "rb") as original, path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for chunk in original.chunks(_BLOCK_BYTES):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _link(staged: Path, part: Path) -> bool:
    """A second name for the same bytes; False where the disk is another one or knows no links."""
    try:
        part.hardlink_to(staged)
    except OSError:
        return False
    return True


@contextmanager
def _storage_faults() -> Iterator[None]:
    """Turn whatever a storage raises into Trouble without its words, which may hold addresses and keys."""
    try:
        yield
    except (SuspiciousOperation, Trouble):
        raise
    except Exception as error:
        reason = type(error).__name__
        raise Trouble("storage-unavailable", f"The storage of filed records failed: {reason}.") from error
