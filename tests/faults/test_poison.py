"""A file that kills its worker each time it is read: set aside after three attempts, and the others go on."""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.faults.installation import HASTE, ROLES, Installation, eventually, seconds_until
from tests.faults.sender import Sender, pictures
from tests.samples import jpeg, scene

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
POISON = "poison.jpg"
OTHERS = 20


def test_it_is_failed_after_three_attempts_and_the_others_are_filed(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    installation.settings = HASTE
    installation.start(*ROLES)
    batch = sender.new_batch(start="manual")
    files = pictures(numbers, OTHERS) | {POISON: jpeg(scene(900, 600))}
    sender.send_all(batch, files)
    staged = installation.home / "staging" / key_of(installation)
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    over = threading.Event()
    killed: list[int] = []
    murderer = threading.Thread(target=kill_whoever_reads, args=(installation, staged, over, killed))
    murderer.start()
    try:
        sender.json("POST", f"{batch}/process")
        seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    finally:
        over.set()
        murderer.join()
        signal.signal(signal.SIGIO, before)
    log.info("it killed %s workers and was set aside after %.1f s", len(killed), seconds)
    assert sender.counts(batch) | {"completed": OTHERS, "failed": 1} == sender.counts(batch)
    facts = "path, status, error_code, attempts, lost_claims"
    ends = {path: end for path, *end in installation.rows(f"SELECT {facts} FROM batches_batchfile")}  # noqa: S608
    assert ends.pop(POISON) == ["FAILED", "poison", 3, 3]
    assert all(end == ["COMPLETED", "", 1, 0] for end in ends.values()), "nobody else was hurt"
    assert b"stopped the worker 3 times" in sender.call("GET", f"{batch}/files?status=FAILED").content
    assert staged.exists(), "nothing is lost: somebody may want to look at it"


def key_of(one: Installation) -> str:
    return str(dict(one.rows("SELECT path, storage_key FROM batches_batchfile"))[POISON])


def kill_whoever_reads(one: Installation, file: Path, over: threading.Event, killed: list[int]) -> None:
    """SIGKILL for the worker process that opens the file, itself or by the reader that it has sent.

    A lease of the kernel holds whoever opens the file inside the call: nobody is too quick to be caught.
    """
    while not over.is_set():
        with leased(file) as is_opened:
            while not over.is_set() and not is_opened():
                time.sleep(0.005)
            pool = set(one.children_of("worker"))
            for pid in who_waits_for_a_lease():
                worker = next((ancestor for ancestor in ancestors_of(pid) if ancestor in pool), None)
                if worker is not None:
                    os.kill(worker, signal.SIGKILL)
                    killed.append(worker)
                    eventually(partial(is_gone, worker), seconds=5)


@contextmanager
def leased(file: Path) -> Iterator[Callable[[], bool]]:
    """Hold the kernel's write lease on a file; answers whether somebody has tried to open it since."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        assert eventually(lambda: took_lease(descriptor), seconds=10), "somebody has it open for too long"
        yield lambda: fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK
    finally:
        os.close(descriptor)


def took_lease(descriptor: int) -> bool:
    """Whether nobody else has the file open, so that the lease is ours."""
    with suppress(BlockingIOError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        return True
    return False


def who_waits_for_a_lease() -> list[int]:
    """Processes that the kernel holds in an `open`."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and "break_lease" in (entry / "wchan").read_text():
                found.append(int(entry.name))
    return found


def is_gone(pid: int) -> bool:
    """Whether the process no longer runs; one that is dead and not yet collected does not."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def ancestors_of(pid: int) -> list[int]:
    """The process, its parent, its parent's parent, …"""
    line = []
    while pid > 1:
        line.append(pid)
        try:
            pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return line
