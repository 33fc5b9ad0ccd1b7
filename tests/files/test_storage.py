"""Filed bytes: whole or not there, under keys without names, on a disk and on an S3 server alike."""

import io
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from files import storage
from files.errors import Trouble
from files.storage import DurableFileSystemStorage

BUCKET = "intake-test"


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def s3_options(address: str) -> dict[str, Any]:
    keys = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}
    return {"bucket_name": BUCKET, "endpoint_url": address, "file_overwrite": True, **keys}


def s3_client(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def disk(settings: Settings, tmp_path: Path) -> Path:
    options = {"location": str(tmp_path / "own" / "media")}
    backend = {"BACKEND": "files.storage.DurableFileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    return tmp_path / "own" / "media"


@pytest.fixture
def s3(settings: Settings, s3_address: str) -> str:
    s3_client(s3_address).create_bucket(Bucket=BUCKET)
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options(s3_address)}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    return s3_address


@pytest.fixture(params=["disk", "s3"])
def anywhere(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture
def key() -> str:
    return storage.original_key(uuid4(), uuid4())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"picture " * 400_000)
    return path


def test_a_stored_object_comes_back_whole_under_its_own_key(anywhere: str, key: str, source: Path) -> None:
    storage.put(key, source, "image/jpeg")
    assert storage.exists(key)
    assert storage.size(key) == source.stat().st_size
    with storage.open_object(key) as stored:
        assert stored.read() == source.read_bytes()


def test_storing_again_replaces_the_bytes_under_the_same_key(anywhere: str, key: str, source: Path) -> None:
    storage.put(key, source, "image/jpeg")
    source.write_bytes(b"second attempt")
    storage.put(key, source, "image/jpeg")
    with storage.open_object(key) as stored:
        assert stored.read() == b"second attempt"


def test_a_deleted_object_is_gone_and_deleting_it_again_is_done(
    anywhere: str, key: str, source: Path
) -> None:
    storage.put(key, source, "image/jpeg")
    storage.delete(key)
    storage.delete(key)
    assert not storage.exists(key)


def test_an_object_that_is_not_there_is_trouble(anywhere: str, key: str) -> None:
    assert not storage.exists(key)
    for ask in (storage.open_object, storage.size):
        with pytest.raises(Trouble) as caught:
            ask(key)
        assert caught.value.code == "storage-unavailable"
        assert key not in caught.value.message


def test_an_s3_server_is_told_the_media_type(s3: str, key: str, source: Path) -> None:
    storage.put(key, source, "application/pdf")
    assert s3_client(s3).head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/pdf"


def test_an_s3_server_that_is_down_is_trouble_for_every_verb(
    settings: Settings, key: str, source: Path
) -> None:
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options("http://127.0.0.1:9")}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    for ask in (storage.open_object, storage.delete, storage.exists, storage.size):
        with pytest.raises(Trouble, match="storage of filed records"):
            ask(key)
    with pytest.raises(Trouble, match="storage of filed records"):
        storage.put(key, source, "image/jpeg")


def test_bytes_that_cannot_be_read_to_their_end_leave_the_old_object_and_nothing_beside_it(
    disk: Path,
) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            block = super().read(size)
            if not block:
                raise OSError("the source has gone")
            return block

    default_storage.save("originals/a", File(io.BytesIO(b"old")))
    with pytest.raises(OSError, match="gone"):
        default_storage.save("originals/a", File(Breaking(b"new bytes")))
    assert [path.name for path in (disk / "originals").iterdir()] == ["a"]
    assert (disk / "originals" / "a").read_bytes() == b"old"


def test_a_reader_sees_the_old_bytes_or_the_new_and_never_a_part(
    disk: Path, key: str, tmp_path: Path
) -> None:
    versions = [bytes([number]) * (1 << 20) for number in range(2)]
    sources = [tmp_path / f"version{number}" for number in range(2)]
    for path, content in zip(sources, versions, strict=True):
        path.write_bytes(content)
    storage.put(key, sources[0], "image/jpeg")

    def write() -> None:
        for number in range(40):
            storage.put(key, sources[number % 2], "image/jpeg")

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        with storage.open_object(key) as stored:
            assert stored.read() in versions
    writer.join()


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_the_answer(
    disk: Path, key: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, bool]] = []
    fsync = os.fsync

    def watch(fd: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(fd).st_mode), (disk / key).exists()))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", watch)
    storage.put(key, source, "image/jpeg")
    assert synced[-2:] == [(False, False), (True, True)]
    assert set(synced[:-2]) == {(True, False)}  # the new folders, each in the one above it


def test_filed_bytes_lie_in_folders_that_only_our_own_user_opens(disk: Path, key: str, source: Path) -> None:
    storage.put(key, source, "image/jpeg")
    folders = [path for path in disk.rglob("*") if path.is_dir()]
    assert len(folders) == 3  # one of them for files that are not whole yet
    assert {path.stat().st_mode & 0o077 for path in (disk, *folders)} == {0}


@pytest.mark.parametrize("key", ["../outside", "/etc/outside", "originals/../../outside"])
def test_a_key_that_leads_outside_is_refused(disk: Path, key: str, source: Path) -> None:
    with pytest.raises(SuspiciousOperation):
        storage.put(key, source, "image/jpeg")


def test_keys_hold_identifiers_and_never_a_name() -> None:
    clinic, record = uuid4(), uuid4()
    assert storage.original_key(clinic, record) == f"originals/{clinic}/{record}"
    assert storage.variant_key(clinic, record, "preview") == f"derivatives/{clinic}/{record}/preview.jpg"
    for name in ("GARZA, MARIA", "../x", "a/b", "", ".", "Preview"):
        with pytest.raises(ValueError, match="variant"):
            storage.variant_key(clinic, record, name)


def test_a_name_that_is_taken_is_kept_and_not_varied(disk: Path) -> None:
    store = DurableFileSystemStorage(location=str(disk))
    assert {store.save("a/b.jpg", File(io.BytesIO(b"x"))) for _ in range(3)} == {"a/b.jpg"}


def test_staged_bytes_get_a_second_name_and_outlive_the_first(settings: Any, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.write_bytes(b"picture")
    key = storage.original_key(uuid4(), uuid4())
    storage.put_staged(key, staged, "image/jpeg")
    stored = Path(default_storage.path(key))
    assert stored.stat().st_ino == staged.stat().st_ino
    staged.unlink()
    with storage.open_object(key) as file:
        assert file.read() == b"picture"


def test_a_second_name_that_is_there_already_leaves_no_third(disk: Path, key: str, source: Path) -> None:
    for _ in range(2):  # as when a worker was killed after the first time
        storage.put_staged(key, source, "image/jpeg")
    assert [path for path in disk.rglob("*") if path.is_file()] == [disk / key]


def test_what_a_crash_left_half_written_is_swept_when_it_is_old(disk: Path, key: str, source: Path) -> None:
    storage.put(key, source, "image/jpeg")
    left = disk / ".parts" / "left"
    left.write_bytes(b"half a pict")
    assert storage.sweep_parts(left.stat().st_ctime) == 0, "too young to judge"
    assert storage.sweep_parts(left.stat().st_ctime + 1) == 1
    assert [path for path in disk.rglob("*") if path.is_file()] == [disk / key]


def test_a_copy_lives_on_when_the_first_key_goes(anywhere: str, key: str, source: Path) -> None:
    storage.put(key, source, "image/jpeg")
    second = storage.original_key(uuid4(), uuid4())
    storage.copy(key, second, "image/jpeg")
    storage.delete(key)
    with storage.open_object(second) as stored:
        assert stored.read() == source.read_bytes()


def test_what_is_brought_back_lives_on_when_the_object_goes(
    anywhere: str, key: str, source: Path, tmp_path: Path
) -> None:
    storage.put(key, source, "image/jpeg")
    back = tmp_path / "back"
    storage.bring_back(key, back)
    storage.delete(key)
    assert back.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(back.stat().st_mode) == 0o600


def test_on_our_own_disk_nothing_is_written_twice(disk: Path, key: str, source: Path, tmp_path: Path) -> None:
    storage.put(key, source, "image/jpeg")
    second, back = storage.original_key(uuid4(), uuid4()), tmp_path / "back"
    storage.copy(key, second, "image/jpeg")
    storage.bring_back(key, back)
    assert (disk / key).stat().st_ino == (disk / second).stat().st_ino == back.stat().st_ino


def test_old_bytes_that_are_brought_back_do_not_look_forgotten(
    disk: Path, key: str, source: Path, tmp_path: Path
) -> None:
    storage.put(key, source, "image/jpeg")
    os.utime(disk / key, (1, 1))
    before = source.stat().st_ctime
    storage.bring_back(key, tmp_path / "back")
    assert (tmp_path / "back").stat().st_mtime >= before


@pytest.mark.parametrize("verb", ["copy", "bring back"])
def test_what_is_gone_cannot_be_copied(anywhere: str, key: str, verb: str, tmp_path: Path) -> None:
    with pytest.raises(Trouble):
        if verb == "copy":
            storage.copy(key, storage.original_key(uuid4(), uuid4()), "image/jpeg")
        else:
            storage.bring_back(key, tmp_path / "back")
