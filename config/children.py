"""The four processes of an installation on one machine: how each is started, and how it is asked to end."""

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024
# Receive buffers of a megabyte are kept and reused instead of being mapped and unmapped for every read, and
# one arena is enough for threads that share the interpreter's lock: uploads run 1.3 to 1.9 times as fast.
WEB_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * MIB),
    "MALLOC_TRIM_THRESHOLD_": str(128 * MIB),
    "MALLOC_TOP_PAD_": str(16 * MIB),
}
# No query string, no referrer, no user agent: a search box would put names into the log.
ACCESS_LINE = "%(t)s %(h)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # gunicorn's own heartbeat file, opened and unlinked by it


@dataclass(frozen=True)
class Ending:
    """How a process is asked to end: each signal in turn, and how long it has before the next."""

    steps: tuple[tuple[signal.Signals, float], ...]


@dataclass(frozen=True)
class Child:
    """One process. `environment` is added to ours; `orphan_signal` is what it gets when its parent dies."""

    name: str
    command: list[str]
    ending: Ending
    environment: dict[str, str] = field(default_factory=dict)
    orphan_signal: signal.Signals = signal.SIGKILL


def broker(command: list[str]) -> Child:
    """The embedded broker; it writes its file when it is asked to end."""
    return Child("broker", command, Ending(((signal.SIGTERM, 10),)), orphan_signal=signal.SIGTERM)


def web(*, address: str, workers: int, threads: int) -> Child:
    """gunicorn with threads: an upload waits for its network in a thread of its own, which costs little."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", address]
    command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
    command += ["--graceful-timeout", "10", "--timeout", "60", "--keep-alive", "15", "--no-control-socket"]
    command += ["--access-logfile", "-", "--access-logformat", ACCESS_LINE]
    command += ["--logger-class", "config.access_log.QuotedPathLogger"]
    if os.access(SHARED_MEMORY, os.W_OK):
        command += ["--worker-tmp-dir", str(SHARED_MEMORY)]
    return Child("web", command, Ending(((signal.SIGTERM, 15),)), environment=WEB_MEMORY)


def worker(*, queues: tuple[str, ...], processes: int) -> Child:
    """Celery's worker; it finishes the files in hand, and hands back what it cannot finish in time."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", ",".join(queues)]
    command += ["--concurrency", str(processes), "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return Child("worker", command, Ending(((signal.SIGTERM, 20), (signal.SIGQUIT, 10))))


def beat() -> Child:
    """Celery Beat; its schedule is in the database, so nothing of its own is kept on disk."""
    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", "", "--loglevel", "INFO"]
    return Child("beat", command, Ending(((signal.SIGTERM, 5),)))
