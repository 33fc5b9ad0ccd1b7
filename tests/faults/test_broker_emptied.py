"""A broker that forgets, dies or falls silent carries doorbells only: nothing is lost, and nobody waits."""

import logging
import os
import signal
import statistics
import time
from collections.abc import Mapping

import pytest
from redis import Redis

from tests.faults.installation import HASTE, Installation, seconds_until
from tests.faults.ledger import assert_each_filed_once
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 50


def test_emptied_with_fifty_files_waiting(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """With the numbers that a clinic has: a sweep every 30 s."""
    installation.start("broker", "web", "beat")
    files = pictures(numbers, FILES)
    batch = sender.new_batch()
    sender.send_all(batch, files)
    with Redis.from_url(installation.redis_url) as client:
        assert client.llen("normal") == FILES
        client.flushall()
    installation.start("worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("emptied with %s waiting: all filed %.1f s after the worker's start", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def test_killed_and_back_with_its_file_nothing_is_even_late(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """Without Beat, so that only what the broker has kept can bring the files to a worker."""
    installation.start("broker", "web")
    files = pictures(numbers, FILES)
    batch = sender.new_batch()
    sender.send_all(batch, files)
    installation.kill("broker")
    installation.start("broker", "worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=30)
    log.info("killed with %s waiting, file kept: all filed %.1f s after the restart", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def test_uploads_go_on_while_it_is_away_and_are_processed_when_it_is_back(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """Away in both ways: silent (a line that swallows everything), then dead (a line that is refused)."""
    installation.settings = HASTE
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, 45, side_px=400)
    paths = list(files)
    batch = sender.new_batch(start="manual")
    sender.json("POST", f"{batch}/process")

    there = seconds_each(sender, batch, {path: files[path] for path in paths[:15]})
    os.kill(installation.roles["broker"].pid, signal.SIGSTOP)
    silent = seconds_each(sender, batch, {path: files[path] for path in paths[15:30]})
    installation.kill("broker")
    dead = seconds_each(sender, batch, {path: files[path] for path in paths[30:]})
    for name, seconds in (("there", there), ("silent", silent), ("dead", dead)):
        log.info(
            "broker %s: PATCH median %.3f s, longest %.3f s", name, statistics.median(seconds), max(seconds)
        )
    # The first in each of the two web processes finds out; nobody after them may notice.
    assert max(silent) < 4
    assert statistics.median(silent) < statistics.median(there) + 0.5
    assert statistics.median(dead) < statistics.median(there) + 0.5
    assert sum(silent) + sum(dead) < 10

    installation.start("broker")
    healed = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("all %s filed %.1f s after the broker was back", len(files), healed)
    assert_each_filed_once(installation, sender, batch, files)


def seconds_each(sender: Sender, batch: str, files: Mapping[str, bytes]) -> list[float]:
    """How long each upload takes, one after the other."""
    addresses = sender.announce(batch, {path: len(content) for path, content in files.items()})
    seconds = []
    for path, content in files.items():
        began = time.monotonic()
        assert sender.send(addresses[path], content).status == 204
        seconds.append(time.monotonic() - began)
    return seconds
