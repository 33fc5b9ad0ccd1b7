"""Staged bytes: random keys, exact offsets, no holes, nothing brought back, faults that say whose."""

import hashlib
import os
import stat
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from files import staging
from files.errors import Trouble

pytestmark = pytest.mark.usefixtures("staging_dir")


@pytest.fixture
def key() -> str:
    made = staging.new_key()
    staging.create(made)
    return made


def trouble_of(error: pytest.ExceptionInfo[Trouble]) -> str:
    return error.value.code


def test_keys_are_random_and_lie_in_two_levels(staging_dir: Path) -> None:
    keys = {staging.new_key() for _ in range(1000)}
    assert len(keys) == 1000
    for key in keys:
        folder, _, name = key.partition("/")
        assert uuid.UUID(name).version == 4
        assert name.startswith(folder)
        assert staging.path_of(key) == staging_dir / folder / name


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ab",
        "../" + "a" * 32,
        "ab/../../etc/passwd",
        "/etc/passwd",
        "ab/cd" + "a" * 30,
        "AB/AB" + "a" * 30,
        "ab/ab" + "a" * 30 + "\n",
        "ab/ab" + "a" * 30 + "/x",
        "ab\\ab" + "a" * 30,
        "ab/ab" + "a" * 29 + "\0",
    ],
)
def test_a_key_of_another_shape_is_refused_before_the_disk_is_touched(key: str, staging_dir: Path) -> None:
    for verb in (staging.path_of, staging.create, staging.size_of, staging.sha256_of, staging.discard):
        with pytest.raises(ValueError, match="staging key"):
            verb(key)
    with pytest.raises(ValueError, match="staging key"):
        staging.write_at(key, 0, b"bytes")
    assert not staging_dir.exists()


def test_bytes_written_in_pieces_have_the_size_and_checksum_of_the_whole(key: str) -> None:
    whole = os.urandom(3 * (1 << 20) + 17)
    for start in range(0, len(whole), 700_001):
        staging.write_at(key, start, memoryview(whole)[start : start + 700_001])
    assert staging.size_of(key) == len(whole)
    assert staging.sha256_of(key) == hashlib.sha256(whole).hexdigest()
    assert staging.path_of(key).read_bytes() == whole


def test_what_lies_beyond_the_acknowledged_offset_is_overwritten(key: str) -> None:
    staging.write_at(key, 0, b"acknowledged, then a tail of a lost request")
    staging.write_at(key, 12, b"!")
    assert staging.path_of(key).read_bytes().startswith(b"acknowledged! then")


def test_bytes_and_names_are_on_the_disk_before_they_are_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[int] = []

    def watch(fd: int) -> None:
        synced.append(os.fstat(fd).st_size if stat.S_ISREG(os.fstat(fd).st_mode) else -1)

    monkeypatch.setattr(os, "fsync", watch)
    monkeypatch.setattr(staging, "_sync_data", watch)
    key = staging.new_key()
    staging.create(key)
    folders = len(synced)
    staging.write_at(key, 0, b"bytes")
    assert synced == [-1] * folders + [5]
    assert folders >= 2


def test_making_a_file_again_changes_nothing(key: str) -> None:
    staging.write_at(key, 0, b"bytes")
    staging.create(key)
    assert staging.path_of(key).read_bytes() == b"bytes"


def test_staged_bytes_are_for_our_own_user_only(key: str, staging_dir: Path) -> None:
    path = staging.path_of(key)
    assert [entry.stat().st_mode & 0o077 for entry in (path, path.parent, staging_dir)] == [0, 0, 0]


@pytest.mark.parametrize("offset", [6, 1 << 62, -1])
def test_no_hole_is_ever_left_where_acknowledged_bytes_should_be(key: str, offset: int) -> None:
    staging.write_at(key, 0, b"bytes")
    with pytest.raises(Trouble) as caught:
        staging.write_at(key, offset, b"more")
    assert trouble_of(caught) == "staged-bytes-missing"
    assert staging.path_of(key).read_bytes() == b"bytes"


def test_a_discarded_file_is_gone_twice_and_late_bytes_do_not_bring_it_back(key: str) -> None:
    staging.discard(key)
    staging.discard(key)
    with pytest.raises(Trouble) as caught:
        staging.write_at(key, 0, b"late")
    assert trouble_of(caught) == "staged-bytes-missing"
    assert not staging.path_of(key).exists()


@pytest.mark.parametrize("verb", [staging.size_of, staging.sha256_of])
def test_asking_for_bytes_that_are_gone_is_trouble(key: str, verb: object) -> None:
    staging.discard(key)
    assert callable(verb)
    with pytest.raises(Trouble) as caught:
        verb(key)
    assert trouble_of(caught) == "staged-bytes-missing"
    assert key not in caught.value.message


def test_a_full_disk_is_trouble_that_says_so(key: str) -> None:
    path = staging.path_of(key)
    path.unlink()
    path.symlink_to("/dev/full")  # the kernel's own full disk
    with pytest.raises(Trouble) as caught:
        staging.write_at(key, 0, b"bytes")
    assert trouble_of(caught) == "storage-full"


def test_a_disk_that_cannot_be_reached_is_trouble(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"not a folder")
    settings.INTAKE_STAGING_DIR = str(tmp_path / "file")
    with pytest.raises(Trouble) as caught:
        staging.create(staging.new_key())
    assert trouble_of(caught) == "storage-unavailable"
    assert "file" not in caught.value.message.split(":")[1]


def test_the_sweep_sees_every_key_with_its_time_and_nothing_else(staging_dir: Path) -> None:
    keys = {staging.new_key() for _ in range(5)}
    for key in keys:
        staging.create(key)
        os.utime(staging.path_of(key), (1, 1_700_000_000))
    (staging_dir / "notes.txt").write_text("not ours")
    (staging_dir / "ab").mkdir(exist_ok=True)
    (staging_dir / "ab" / "stranger").write_text("not ours")
    assert dict(staging.keys()) == dict.fromkeys(keys, 1_700_000_000.0)


def test_a_staging_folder_that_is_not_there_yet_holds_nothing_and_has_room(staging_dir: Path) -> None:
    assert list(staging.keys()) == []
    assert staging.free_bytes() > 0
    assert staging_dir.is_dir()
