"""The embedded broker keeps what it was given, and an unreadable file does not keep it from starting."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from config import broker
from config.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.make()
    return home


@contextmanager
def running(home: Home, url: str) -> Iterator[subprocess.Popen[bytes]]:
    command = broker.arguments(broker.find_server(), home)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        assert broker.answers(url, wait_seconds=10)
        yield process
    finally:
        process.kill()
        process.wait()


def url_of(home: Home) -> str:
    return f"unix://{home.broker_socket}?db=0"


def test_messages_survive_the_kill_of_the_server(home: Home) -> None:
    with running(home, url_of(home)) as process, Redis.from_url(url_of(home)) as client:
        for number in range(100):
            client.lpush("normal", number)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(home, url_of(home)), Redis.from_url(url_of(home)) as client:
        assert client.llen("normal") == 100


def test_it_listens_on_a_socket_of_its_owner_alone_and_refuses_rather_than_forgets(home: Home) -> None:
    with running(home, url_of(home)), Redis.from_url(url_of(home)) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert home.broker_socket.stat().st_mode & 0o077 == 0


def test_no_answer_is_told_soon(home: Home) -> None:
    assert not broker.answers(url_of(home), wait_seconds=0.2)


def test_a_file_that_cannot_be_read_is_set_aside_not_deleted(home: Home) -> None:
    with running(home, url_of(home)), Redis.from_url(url_of(home)) as client:
        client.lpush("normal", "message")
    manifest = next((home.broker / broker.APPEND_ONLY_FOLDER).glob("*.manifest"))
    manifest.write_bytes(b"\x00 not a manifest")
    with pytest.raises((AssertionError, RedisError)), running(home, url_of(home)):
        pass
    aside = broker.set_aside(home)
    assert aside is not None
    assert (aside / manifest.name).exists()
    assert broker.set_aside(home) is None
    with running(home, url_of(home)):
        pass
