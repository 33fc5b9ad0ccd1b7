"""A cancel at every moment of a file's life: cancelled or done, never both, and nothing of it comes back."""

import logging
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.faults.installation import HASTE, ROLES, Installation, eventually
from tests.faults.ledger import SETTLED, files_below, staged_bytes, sweep_as_if_later
from tests.faults.sender import Sender, answer_on, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 24
SIDE_PX = 4000


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.settings = HASTE
    installation.start(*ROLES)
    return installation


def begin(sender: Sender, numbers: list[str], count: int = FILES) -> str:
    batch = sender.new_batch(start="manual")
    sender.send_all(batch, pictures(numbers, count, side_px=SIDE_PX))
    sender.json("POST", f"{batch}/process")
    return batch


@contextmanager
def frozen(one: Installation) -> Iterator[None]:
    """The worker and its pool processes stand still, whatever they were doing."""
    one.kill("worker", signal.SIGSTOP)
    try:
        yield
    finally:
        if one.roles["worker"].poll() is None:
            one.kill("worker", signal.SIGCONT)


def in_work(one: Installation) -> int:
    return list(states(one).values()).count("PROCESSING")


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
    assert staged_bytes(one) == set()


def test_uploading_queued_and_processing_end_cancelled_or_done(
    running: Installation, sender: Sender, numbers: list[str]
) -> None:
    batch = begin(sender, numbers)
    upload = sender.announce_one(batch, "half.jpg", 1000)
    sender.send(upload, b"x" * 300)
    with closing(sender.begin(upload, offset=300, length=700)) as line:
        line.sendall(b"x" * 200)
        assert eventually(lambda: in_work(running) == 2, seconds=20, every=0.005)
        with frozen(running):
            before = sender.counts(batch)
            assert min(before[state] for state in ("uploading", "received", "processing")) > 0, before
            sender.json("POST", f"{batch}/cancel")
            after = sender.counts(batch)
        line.sendall(b"x" * 500)
        assert answer_on(line).status == 410, "the upload has ended"
    log.info("before the cancel %s, after it %s", before, after)
    assert after["cancelled"] + after["completed"] == FILES + 1

    time.sleep(2)
    assert sender.counts(batch) == after, "what was in work has left no trace"
    running.kill("worker")
    running.start("worker")
    time.sleep(2 * int(HASTE["INTAKE_RESEND_SECONDS"]))
    assert sender.counts(batch) == after, "a restart revives nothing"
    assert_cancelled_or_done(running)


def test_a_worker_killed_between_bytes_and_rows_leaves_none_of_a_cancelled_file(
    running: Installation, sender: Sender, numbers: list[str]
) -> None:
    """The moment that nobody cleans up: drawings are in storage, no row names them, the worker is dead."""
    batch = begin(sender, numbers)
    assert eventually(lambda: stands_between(running), seconds=30, every=0.001)
    running.kill("worker")
    sender.json("POST", f"{batch}/cancel")
    assert sender.json("GET", batch)["status"] == "CANCELLED"
    sweep_as_if_later(running)
    assert_cancelled_or_done(running)


def stands_between(one: Installation) -> bool:
    """Freeze the worker; when a file in work has bytes in storage already, leave it so."""
    rows = {key for (key,) in one.rows("SELECT key FROM imaging_variant")}
    if files_below(one.home / "media" / "derivatives") <= {key.removeprefix("derivatives/") for key in rows}:
        return False
    one.kill("worker", signal.SIGSTOP)
    time.sleep(0.05)
    begun = {pk for pk, status in states(one).items() if status == "PROCESSING"}
    stored = {key.split("/")[1].replace("-", "") for key in files_below(one.home / "media" / "derivatives")}
    if begun & stored:
        return True
    one.kill("worker", signal.SIGCONT)
    return False


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
    assert eventually(lambda: set(states(running).values()) <= everything_stands, seconds=20)
    time.sleep(1)
    log.info("%s", Counter(states(running).values()))
    assert_cancelled_or_done(running)
