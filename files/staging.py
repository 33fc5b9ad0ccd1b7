"""Where bytes wait under random keys from their first chunk until they are filed: durable, then acknowledged.

How far they are acknowledged is for a row of the database to say; a tail beyond that is overwritten.
"""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from files import storage
from files.disk import disk_faults, fsync_directory, make_directory
from files.errors import Trouble

_KEY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{30}")
_BLOCK_BYTES = 1 << 20
# macOS has no fdatasync; fsync promises more.
_sync_data = getattr(os, "fdatasync", os.fsync)


def new_key() -> str:
    """A random key "ab/ab…" (two levels, uuid4 in hex) that tells nothing of the file's name."""
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name}"


def path_of(key: str) -> Path:
    """Where the bytes of `key` are. Raises ValueError for anything that `new_key` cannot have made."""
    if not _KEY.fullmatch(key):
        raise ValueError("This is not a staging key.")
    return _root() / key


def create(key: str) -> None:
    """Make an empty file whose name survives a power cut; one that is there is left as it is.

    Raises Trouble, as every function below: "storage-full", "staged-bytes-missing" or "storage-unavailable".
    """
    path = path_of(key)
    with disk_faults():
        make_directory(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        fsync_directory(path.parent)


def write_at(key: str, offset: int, data: bytes | memoryview) -> None:
    """Write all of `data` at `offset` bytes and return when it is on the disk.

    Never makes a file, so that bytes which come after a cancel bring nothing back, and never leaves a hole:
    an offset beyond the end means that acknowledged bytes are gone, which is Trouble "staged-bytes-missing".
    """
    path = path_of(key)
    with disk_faults():
        file = os.open(path, os.O_WRONLY)
        try:
            _refuse_hole(file, offset)
            _write_all(file, offset, memoryview(data).cast("B"))
            _sync_data(file)
        finally:
            os.close(file)


def bring_back(stored_key: str) -> str:
    """A new key for the bytes of a stored object, which are on the disk here before this returns."""
    key = new_key()
    path = path_of(key)
    with disk_faults():
        make_directory(path.parent)
    storage.bring_back(stored_key, path)
    with disk_faults():
        fsync_directory(path.parent)
    return key


def second_name(key: str) -> str:
    """A new key for the same staged bytes, which stay when the first goes; they are never written again."""
    name = new_key()
    path = path_of(name)
    with disk_faults():
        make_directory(path.parent)
        path.hardlink_to(path_of(key))
        os.utime(path)  # the sweep must not take old bytes for forgotten ones before their row is there
        fsync_directory(path.parent)
    return name


def size_of(key: str) -> int:
    """How many bytes are staged, an unacknowledged tail included."""
    path = path_of(key)
    with disk_faults():
        return path.stat().st_size


def sha256_of(key: str) -> str:
    """SHA-256 of all staged bytes in hex, read in blocks of 1 MiB."""
    path = path_of(key)
    digest = hashlib.sha256()
    with disk_faults(), path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def discard(key: str) -> None:
    """Remove the staged bytes; already gone is done."""
    path = path_of(key)
    with disk_faults():
        path.unlink(missing_ok=True)


def keys() -> Iterator[tuple[str, float]]:
    """Every staged key with the time of its last write (seconds since 1970), in no order, for the sweep."""
    with disk_faults():
        for path in _root().glob("[0-9a-f][0-9a-f]/*"):
            key = f"{path.parent.name}/{path.name}"
            if _KEY.fullmatch(key) and (written_at := _written_at(path)) is not None:
                yield key, written_at


def free_bytes() -> int:
    """How many bytes the staging disk can still take from us."""
    root = _root()
    with disk_faults():
        make_directory(root)
        return shutil.disk_usage(root).free


def _root() -> Path:
    return Path(settings.INTAKE_STAGING_DIR)


def _refuse_hole(file: int, offset: int) -> None:
    size = os.fstat(file).st_size
    if not 0 <= offset <= size:
        message = f"Only {size} bytes are staged, so none can be written at offset {offset}."
        raise Trouble("staged-bytes-missing", message)


def _write_all(file: int, offset: int, rest: memoryview) -> None:
    while rest:
        written = os.pwrite(file, rest, offset)
        offset += written
        rest = rest[written:]


def _written_at(path: Path) -> float | None:
    """The time of the last write, or None when the file has gone since it was listed."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
