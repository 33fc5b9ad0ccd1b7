"""What must be true after every harm: each acknowledged file is there once, whole, and settled once."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.faults.installation import PATIENCE_SECONDS, Installation, eventually
from tests.faults.sender import Sender

SWEEP = """
from datetime import timedelta
from django.utils import timezone
from batches.expiry import sweep_staging
sweep_staging(timezone.now() + timedelta(hours=2))
"""
SETTLED = {"COMPLETED", "REVIEW", "DUPLICATE", "FAILED", "CANCELLED"}


def assert_each_filed_once(one: Installation, sender: Sender, batch: str, files: Mapping[str, bytes]) -> None:
    """Every file was filed: one row, one settling move, one picture with its sizes, and its very bytes."""
    counts = sender.counts(batch)
    assert counts["completed"] == len(files) == sum(counts.values()), counts
    assert one.rows("SELECT path, sha256 FROM batches_batchfile ORDER BY path") == sorted(
        (path, hashlib.sha256(content).hexdigest()) for path, content in files.items()
    )
    moves = Counter(
        file for file, to in one.rows("SELECT file_id, to_status FROM batches_fileevent") if to in SETTLED
    )
    assert set(moves.values()) == {1}
    assert len(moves) == len(files)
    _assert_stored(one, files)


def _assert_stored(one: Installation, files: Mapping[str, bytes]) -> None:
    originals = one.rows("SELECT original_key, sha256 FROM imaging_image")
    drawings = one.rows("SELECT key FROM imaging_variant")
    assert len(originals) == len(files)
    assert len(drawings) == 2 * len(files)
    media = one.home / "media"
    assert {hashlib.sha256((media / key).read_bytes()).hexdigest() for key, _ in originals} == {
        sha256 for _, sha256 in originals
    }
    assert files_below(media) == {key for key, *_ in [*originals, *drawings]}
    assert_nothing_staged(one)


def assert_nothing_staged(one: Installation) -> None:
    """Temporary storage is empty; the last file's bytes go a moment after its row says that it is filed."""
    assert eventually(lambda: not staged_bytes(one), seconds=PATIENCE_SECONDS), staged_bytes(one)


def sweep_as_if_later(one: Installation) -> None:
    """What a crash has left between writing bytes and writing a row is swept, when it is old enough."""
    one.run("shell", "--no-imports", "-c", SWEEP)


def files_below(folder: Path) -> set[str]:
    """The files of a folder, relative to it; folders may come and go meanwhile."""
    found = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return {str(path.relative_to(folder)) for path in found}


def staged_bytes(one: Installation) -> set[str]:
    """What lies in temporary storage, and what readers have left in their scratch folders."""
    return files_below(one.home / "staging") | files_below(one.scratch)
