"""The data folder: where things lie, and that nobody else can read them."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.home import SOCKET_PATH_LIMIT_BYTES, Home, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    home.make()
    assert all(folder.is_dir() and mode(folder) == 0o700 for folder in home.folders())
    home.make()


def test_a_long_home_gets_its_socket_in_a_short_private_folder(tmp_path: Path) -> None:
    near, far = Home(tmp_path / "a"), Home(tmp_path / ("long" * 40))
    assert near.broker_socket == near.broker / "broker.sock"
    assert len(os.fsencode(far.broker_socket)) <= SOCKET_PATH_LIMIT_BYTES
    assert far.broker_socket == Home(far.root).broker_socket
    assert far.broker_socket != Home(tmp_path / ("long" * 41)).broker_socket
    far.make()
    assert mode(far.broker_socket.parent) == 0o700
    far.broker_socket.parent.rmdir()


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(PermissionError, match="belongs to another user"):
        private_folder(tmp_path / "link")


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: home.read_or_make_secret_key(), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 64
    assert mode(home.secret_key) == 0o600
    assert [path.name for path in home.root.iterdir()] == ["secret-key"]
