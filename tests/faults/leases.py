"""Leases of the kernel: whoever opens a held file stands still in that very call, until the test lets it go.

So a worker can be harmed in the middle of a file without being quicker than it. The kernel takes a lease away
45 s after somebody has asked for the file (/proc/sys/fs/lease-break-time): harm must be done by then.
"""

import fcntl
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.installation import PATIENCE_SECONDS, Installation, eventually
from tests.faults.sender import Sender

DONE, IN_WORK = 5, 2


class Held:
    """Files that nobody else can open; which of them somebody has tried to."""

    def __init__(self) -> None:
        self._descriptors: dict[Path, int] = {}

    def hold(self, file: Path) -> None:
        """Take the kernel's write lease on a file, as soon as nobody else has it open."""
        self._descriptors[file] = os.open(file, os.O_RDWR)
        taken = eventually(lambda: _took_lease(self._descriptors[file]), seconds=PATIENCE_SECONDS)
        assert taken, "somebody has it open for too long"

    def wanted(self) -> list[Path]:
        """The held files that somebody tries to open just now."""
        return [file for file, descriptor in self._descriptors.items() if not _is_ours_alone(descriptor)]

    def let_go(self, file: Path) -> None:
        """Whoever waits for this file goes on."""
        os.close(self._descriptors.pop(file))

    def let_all_go(self) -> None:
        """Everybody goes on."""
        for file in list(self._descriptors):
            self.let_go(file)

    def let_through(self, count: int) -> None:
        """Let that many openers go on, one after the other, each with the file that it wants."""
        for _ in range(count):
            assert eventually(self.wanted, seconds=PATIENCE_SECONDS, every=0.01), "nobody comes for a file"
            self.let_go(self.wanted()[0])


@contextmanager
def held(files: Iterable[Path]) -> Iterator[Held]:
    """Hold these files until the block ends, or until they are let go. For the main thread only."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # which the kernel sends to us with every request
    those = Held()
    try:
        for file in files:
            those.hold(file)
        yield those
    finally:
        those.let_all_go()
        signal.signal(signal.SIGIO, before)


@contextmanager
def mid_batch(one: Installation, sender: Sender, files: Mapping[str, bytes]) -> Iterator[tuple[str, Held]]:
    """A started batch of which five files are done and two are in work, each of its two workers over one.

    Its address, and what holds it: nothing of it moves until these files are let go.
    """
    batch = sender.new_batch(start="manual")
    sender.send_all(batch, files)
    with held(staged_files(one).values()) as those:
        sender.json("POST", f"{batch}/process")
        those.let_through(DONE)
        is_there = eventually(lambda: stands_in_mid_batch(one, those), seconds=PATIENCE_SECONDS, every=0.02)
        assert is_there, sender.counts(batch)
        yield batch, those


def stands_in_mid_batch(one: Installation, those: Held) -> bool:
    """Whether what was let through is done, and all workers wait."""
    return (settled(one), in_work(one), len(those.wanted())) == (DONE, IN_WORK, IN_WORK)


def in_work(one: Installation) -> int:
    """How many files a worker has claimed."""
    return int(one.rows("SELECT count(*) FROM batches_batchfile WHERE status = 'PROCESSING'")[0][0])


def settled(one: Installation) -> int:
    """How many files have found their place."""
    query = "SELECT count(*) FROM batches_batchfile WHERE status IN ('COMPLETED', 'REVIEW', 'FAILED')"
    return int(one.rows(query)[0][0])


def staged_files(one: Installation) -> dict[str, Path]:
    """Where the bytes of each file wait for a worker, by the path that the sender gave it."""
    rows = one.rows("SELECT path, storage_key FROM batches_batchfile WHERE storage_key <> ''")
    return {path: one.home / "staging" / key for path, key in rows}


def _took_lease(descriptor: int) -> bool:
    """Whether nobody else has the file open, so that the lease is ours."""
    with suppress(BlockingIOError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        return True
    return False


def _is_ours_alone(descriptor: int) -> bool:
    return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_WRLCK
