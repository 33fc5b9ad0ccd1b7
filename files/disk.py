"""What staging and storage ask of a disk: that names survive a power cut, and that its faults have words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from files.errors import Trouble

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def fsync_directory(path: Path) -> None:
    """Make the names inside a directory durable: fsync of a file alone does not keep its name."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def make_directory(path: Path, mode: int = 0o700) -> None:
    """Make a directory and its missing parents, each durable in the one above it. Already there is done."""
    if path.is_dir():
        return
    make_directory(path.parent, mode)
    path.mkdir(mode=mode, exist_ok=True)
    fsync_directory(path.parent)


@contextmanager
def disk_faults() -> Iterator[None]:
    """Turn an OSError into Trouble: "storage-full", "staged-bytes-missing" or "storage-unavailable".

    The sentence names the fault and never the path.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise Trouble("staged-bytes-missing", "The received bytes are not where they were put.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise Trouble("storage-full", "There is no space left for received files.") from error
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise Trouble("storage-unavailable", f"Received files cannot be reached: {reason}.") from error
