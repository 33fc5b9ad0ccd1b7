"""A file that kills its worker each time it is read: set aside after three attempts, and the others go on."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.faults.installation import (
    GONE,
    HASTE,
    PATIENCE_SECONDS,
    ROLES,
    STOP_SECONDS,
    Installation,
    eventually,
    parent_of,
    seconds_until,
    state_of,
)
from tests.faults.leases import Held, held, staged_files
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
    sender.send_all(batch, pictures(numbers, OTHERS) | {POISON: jpeg(scene(900, 600))})
    staged = staged_files(installation)[POISON]
    with deadly(installation, staged) as killed:
        sender.json("POST", f"{batch}/process")
        seconds = seconds_until(lambda: sender.has_ended(batch), within=PATIENCE_SECONDS)
    log.info("it killed %s workers and was set aside after %.1f s", len(killed), seconds)
    assert sender.counts(batch) | {"completed": OTHERS, "failed": 1} == sender.counts(batch)
    facts = "path, status, error_code, attempts, lost_claims"
    ends = {path: end for path, *end in installation.rows(f"SELECT {facts} FROM batches_batchfile")}  # noqa: S608
    assert ends.pop(POISON) == ["FAILED", "poison", 3, 3]
    assert all(end == ["COMPLETED", "", 1, 0] for end in ends.values()), "nobody else was hurt"
    assert len(killed) == 3
    assert b"stopped the worker 3 times" in sender.call("GET", f"{batch}/files?status=FAILED").content
    assert staged.exists(), "nothing is lost: somebody may want to look at it"


@contextmanager
def deadly(one: Installation, file: Path) -> Iterator[list[int]]:
    """Within: whoever opens the file dies in that very call; the worker processes that did."""
    killed: list[int] = []
    over = threading.Event()
    with held([file]) as those:
        murderer = threading.Thread(target=kill_whoever_reads, args=(one, file, those, over, killed))
        murderer.start()
        try:
            yield killed
        finally:
            over.set()
            murderer.join()


def kill_whoever_reads(
    one: Installation, file: Path, those: Held, over: threading.Event, killed: list[int]
) -> None:
    """SIGKILL for the worker process that opens the file, itself or by the reader that it has sent."""
    while not over.is_set():
        # Asked for, but nobody to be seen in the kernel's wait yet: then it is still on its way there.
        worker = who_waits(one) if those.wanted() else None
        if worker is None:
            time.sleep(0.005)
            continue
        os.kill(worker, signal.SIGKILL)
        killed.append(worker)
        eventually(partial(is_gone, worker), seconds=STOP_SECONDS)
        those.let_go(file)
        those.hold(file)


def who_waits(one: Installation) -> int | None:
    """The worker process that the kernel holds in an `open`, itself or a reader of its own."""
    pool = set(one.children_of("worker"))
    waiting = (ancestor for pid in who_waits_for_a_lease() for ancestor in ancestors_of(pid))
    return next((ancestor for ancestor in waiting if ancestor in pool), None)


def who_waits_for_a_lease() -> list[int]:
    """Processes that the kernel holds in an `open`."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and "break_lease" in (entry / "wchan").read_text():
                found.append(int(entry.name))
    return found


def is_gone(pid: int) -> bool:
    return state_of(pid) in GONE


def ancestors_of(pid: int) -> list[int]:
    """The process, its parent, its parent's parent, …"""
    line = []
    while pid > 1:
        line.append(pid)
        pid = parent_of(pid)
    return line
