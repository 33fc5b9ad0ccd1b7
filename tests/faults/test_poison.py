"""A file that kills its worker each time it is read: set aside after three attempts, and the others go on."""

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.installation import HASTE, ROLES, Installation, seconds_until
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
    files = pictures(numbers, OTHERS) | {POISON: jpeg(scene(9000, 6000))}
    sender.send_all(batch, files)
    staged = installation.home / "staging" / key_of(installation)
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
    """SIGKILL for the worker process that has the file open, itself or by the reader that it has sent."""
    pool = set(one.children_of("worker"))
    while not over.is_set():
        for pid in readers_of(file):
            worker = next((ancestor for ancestor in ancestors_of(pid) if ancestor in pool), None)
            if worker is not None:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
                time.sleep(0.5)
        pool = set(one.children_of("worker"))
        time.sleep(0.005)


def readers_of(file: Path) -> list[int]:
    """Processes that have the file open."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and any(fd.readlink() == file for fd in (entry / "fd").iterdir()):
                found.append(int(entry.name))
    return found


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
