"""Room for one attempt at reading a file, and the sweep of what attempts have left that nobody could end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from files.disk import disk_faults, make_directory

# Parts of a form that Django was spooling when the web server was killed lie beside the staged bytes.
_SPOOLED = "tmp*.upload*"


@contextmanager
def folder(file_id: UUID) -> Iterator[Path]:
    """An empty folder for this attempt, gone afterwards, whatever happened.

    What an earlier attempt at the same file has left, because its worker was killed, goes first: drawings of
    a patient must not outlive the work. Raises Trouble when the disk has no room.
    """
    root = _root()
    for left in root.glob(f"{file_id.hex}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with disk_faults():
        make_directory(root)
        made = Path(tempfile.mkdtemp(prefix=f"{file_id.hex}-", dir=root))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(before: float) -> int:
    """Remove what dead processes last wrote `before` (seconds since 1970): folders and spooled parts."""
    found = [*_root().glob("*-*"), *_root().parent.glob(_SPOOLED)]
    old = [path for path in found if _written_at(path) < before]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def _root() -> Path:
    return Path(settings.INTAKE_STAGING_DIR) / "scratch"


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
