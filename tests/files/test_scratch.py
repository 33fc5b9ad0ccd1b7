"""Room for one attempt: empty, gone afterwards, and never left for long by a process that was killed."""

import os
import uuid
from pathlib import Path

import pytest

from files import scratch

pytestmark = pytest.mark.usefixtures("staging_dir")
FILE = uuid.UUID(int=1)


def test_a_folder_is_empty_and_our_own_and_goes_with_the_attempt() -> None:
    with pytest.raises(RuntimeError), scratch.folder(FILE) as folder:
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "preview.jpg").write_bytes(b"x")
        raise RuntimeError
    assert not folder.exists()


def test_an_attempt_clears_away_what_an_earlier_one_at_the_same_file_left(staging_dir: Path) -> None:
    left = staging_dir / "scratch" / f"{FILE.hex}-left"
    other = staging_dir / "scratch" / f"{uuid.UUID(int=2).hex}-other"
    for folder in (left, other):
        folder.mkdir(parents=True)
    with scratch.folder(FILE):
        assert not left.exists()
        assert other.exists()


def test_what_is_old_is_swept_and_what_is_young_or_not_ours_stays(staging_dir: Path) -> None:
    old = [staging_dir / "scratch" / f"{FILE.hex}-old", staging_dir / "tmpabc.upload.jpg"]
    kept = [staging_dir / "scratch" / f"{FILE.hex}-young", staging_dir / "ab" / "staged"]
    for path in (*old, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (old[0], kept[0]):
        folder.mkdir()
        (folder / "preview.jpg").write_bytes(b"x")
    for file in (old[1], kept[1]):
        file.write_bytes(b"x")
    for path in (*old, kept[1]):
        os.utime(path, (1000, 1000))
    assert scratch.sweep(2000) == 2
    assert [path.exists() for path in (*old, *kept)] == [False, False, True, True]
