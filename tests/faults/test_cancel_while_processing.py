"""A cancel at every moment of a file's life: cancelled or done, never both, and nothing of it comes back."""

import logging
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.faults.installation import HASTE, PATIENCE_SECONDS, ROLES, Installation, eventually
from tests.faults.leases import DONE, IN_WORK, mid_batch
from tests.faults.ledger import SETTLED, assert_nothing_staged, files_below, sweep_as_if_later
from tests.faults.sender import Sender, answer_on, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 24
SIDE_PX = 800
# One original and two drawings of it.
OBJECTS = 3


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.settings = HASTE | {"INTAKE_BODY_TIMEOUT_SECONDS": "60"}
    installation.start(*ROLES)
    return installation


@contextmanager
def between_bytes_and_rows(one: Installation, sender: Sender, numbers: list[str]) -> Iterator[str]:
    """A batch whose worker stands still over two files: their bytes are all in storage, no row names them.

    It cannot settle them before it is stopped, because until then the database is ours.
    """
    with mid_batch(one, sender, pictures(numbers, FILES, side_px=SIDE_PX)) as (batch, those):
        with writing_nobody(one):
            for file in those.wanted():
                those.let_go(file)
            assert eventually(lambda: all_bytes_stored(one), seconds=PATIENCE_SECONDS, every=0.01)
            one.kill("worker", signal.SIGSTOP)
        try:
            yield batch
        finally:
            if one.roles["worker"].poll() is None:
                one.kill("worker", signal.SIGCONT)


@contextmanager
def writing_nobody(one: Installation) -> Iterator[None]:
    """Hold the database's only right to write, for less than the [20] s that others wait for it."""
    with closing(sqlite3.connect(one.home / "db.sqlite3", timeout=20, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


def all_bytes_stored(one: Installation) -> bool:
    """Whether both files in work have everything in storage."""
    stored = [key.replace("-", "") for key in files_below(one.home / "media")]
    begun = [pk for pk, status in states(one).items() if status == "PROCESSING"]
    return [sum(pk in key for key in stored) for pk in begun] == [OBJECTS] * IN_WORK


def states(one: Installation) -> dict[str, str]:
    return dict(one.rows("SELECT id, status FROM batches_batchfile"))


def assert_cancelled_or_done(one: Installation) -> None:
    """Every file settled once, a picture for each that is done, and no byte of those that are not."""
    found = states(one)
    assert set(found.values()) <= {"COMPLETED", "CANCELLED"}
    done = {pk for pk, status in found.items() if status == "COMPLETED"}
    moves = one.rows("SELECT file_id, to_status FROM batches_fileevent")
    assert set(Counter(pk for pk, to in moves if to in SETTLED).values()) == {1}
    assert {pk for (pk,) in one.rows("SELECT id FROM imaging_image")} == done
    drawings = {key for (key,) in one.rows("SELECT key FROM imaging_variant")}
    originals = {key for (key,) in one.rows("SELECT original_key FROM imaging_image")}
    assert len(drawings) == 2 * len(done)
    assert files_below(one.home / "media") == drawings | originals
    assert_nothing_staged(one)


def test_uploading_queued_and_processing_end_cancelled_or_done(
    running: Installation, sender: Sender, numbers: list[str]
) -> None:
    with between_bytes_and_rows(running, sender, numbers) as batch:
        upload = sender.announce_one(batch, "half.jpg", 1000)
        sender.send(upload, b"x" * 300)
        with closing(sender.begin(upload, offset=300, length=700)) as line:
            line.sendall(b"x" * 200)
            before = sender.counts(batch)
            assert [before[state] for state in ("uploading", "processing", "completed")] == [1, IN_WORK, DONE]
            sender.json("POST", f"{batch}/cancel")
            after = sender.counts(batch)
            line.sendall(b"x" * 500)
            assert answer_on(line).status == 410, "the upload has ended"
    log.info("before the cancel %s, after it %s", before, after)
    assert (after["cancelled"], after["completed"]) == (FILES + 1 - DONE, DONE)

    noticed = eventually(
        lambda: running.log_of("worker").count("claim lost") == IN_WORK, seconds=PATIENCE_SECONDS
    )
    assert noticed, "both workers find out when they want to write"
    assert eventually(running.is_idle, seconds=PATIENCE_SECONDS)
    assert sender.counts(batch) == after, "what was in work has left no trace"
    running.kill("worker")
    running.start("worker")
    swept = sweeps(running)
    assert eventually(lambda: sweeps(running) >= swept + 2, seconds=PATIENCE_SECONDS)
    assert sender.counts(batch) == after, "a restart revives nothing"
    assert_cancelled_or_done(running)


def sweeps(one: Installation) -> int:
    """How often Beat has asked for what waits to be sent again."""
    return one.log_of("beat").count("batches.tasks.resend_waiting")


def test_a_worker_killed_between_bytes_and_rows_leaves_none_of_a_cancelled_file(
    running: Installation, sender: Sender, numbers: list[str]
) -> None:
    """The moment that nobody cleans up: drawings are in storage, no row names them, the worker is dead."""
    with between_bytes_and_rows(running, sender, numbers) as batch:
        running.kill("worker")
    sender.json("POST", f"{batch}/cancel")
    assert sender.json("GET", batch)["status"] == "CANCELLED"
    sweep_as_if_later(running)
    assert_cancelled_or_done(running)


def test_cancels_at_any_moment_never_leave_a_file_in_between(
    running: Installation, sender: Sender, numbers: list[str]
) -> None:
    for pause in (0.05, 0.3, 0.7, 1.1):
        batch = sender.new_batch()
        name = f"{{number}}_{int(pause * 100)}_{{index:04d}}.jpg"
        sender.send_all(batch, pictures(numbers, 12, side_px=1500, name=name))
        time.sleep(pause)
        sender.call("POST", f"{batch}/cancel")
    everything_stands = {"COMPLETED", "CANCELLED"}
    assert eventually(lambda: set(states(running).values()) <= everything_stands, seconds=PATIENCE_SECONDS)
    assert eventually(running.is_idle, seconds=PATIENCE_SECONDS), "and those who were over one have let go"
    log.info("%s", Counter(states(running).values()))
    assert_cancelled_or_done(running)
