"""A broker that forgets, dies or falls silent carries doorbells only: nothing is lost, and nobody waits."""

import json
import logging
import os
import shutil
import signal
import statistics
import time
from collections.abc import Mapping
from uuid import UUID

import pytest
from redis import Redis

from config.broker import APPEND_ONLY_FOLDER
from tests.faults.installation import HASTE, PATIENCE_SECONDS, Installation, eventually, seconds_until
from tests.faults.leases import DONE, IN_WORK, in_work, mid_batch, settled
from tests.faults.ledger import assert_each_filed_once
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 50
SIDE_PX = 600
# What a request would wait for a silent broker if we did not give up sooner: `socket_timeout`.
CELERYS_OWN_SECONDS = 10


def test_emptied_with_fifty_files_waiting(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """With the numbers that a clinic has: a sweep every 30 s."""
    installation.start("broker", "web", "beat")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = sender.new_batch()
    sender.send_all(batch, files)
    with Redis.from_url(installation.redis_url) as client:
        assert ids_of_files(installation) <= ids_in_queue(client), "every file waits there"
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
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = sender.new_batch()
    sender.send_all(batch, files)
    assert eventually(lambda: has_written_all(installation), seconds=PATIENCE_SECONDS)
    installation.kill("broker")
    installation.start("broker", "worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("killed with %s waiting, file kept: all filed %.1f s after the restart", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def test_killed_under_working_hands_and_back_with_nothing(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """With the numbers that a clinic has. The worker has its hands full, and finishes while nobody hears."""
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    with mid_batch(installation, sender, files) as (batch, those):
        installation.kill("broker")
        shutil.rmtree(installation.home / "broker" / APPEND_ONLY_FOLDER)
        for file in those.wanted():
            those.let_go(file)
        noticed = eventually(lambda: has_noticed(installation), seconds=PATIENCE_SECONDS)
        assert noticed, f"{sender.counts(batch)}\n{installation.last_words('worker')}"
    assert settled(installation) <= DONE + IN_WORK, "there was nobody to bring more"
    installation.start("broker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("killed in mid-batch, nothing kept: all %s filed %.1f s after the restart", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def has_noticed(one: Installation) -> bool:
    """Whether the worker has told nobody of both files that it is done, or looks for a broker already."""
    said = one.log_of("worker")
    return not in_work(one) and (said.count("Couldn't ack") == IN_WORK or "Cannot connect to" in said)


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
    assert max(silent) < CELERYS_OWN_SECONDS / 2
    assert statistics.median(silent) < statistics.median(there) + 0.5
    assert statistics.median(dead) < statistics.median(there) + 0.5
    assert sum(silent) + sum(dead) < CELERYS_OWN_SECONDS + 3 * sum(there)

    installation.start("broker")
    healed = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("all %s filed %.1f s after the broker was back", len(files), healed)
    assert_each_filed_once(installation, sender, batch, files)


def ids_of_files(one: Installation) -> set[str]:
    return {str(UUID(pk)) for (pk,) in one.rows("SELECT id FROM batches_batchfile")}


def ids_in_queue(client: Redis) -> set[str]:
    return {json.loads(message)["headers"]["id"] for message in client.lrange("normal", 0, -1)}


def has_written_all(one: Installation) -> bool:
    """Whether the kernel has all that the broker was told; it holds it back while a slow disk is syncing."""
    with Redis.from_url(one.redis_url) as client:
        return bool(client.info("persistence")["aof_buffer_length"] == 0)


def seconds_each(sender: Sender, batch: str, files: Mapping[str, bytes]) -> list[float]:
    """How long each upload takes, one after the other."""
    addresses = sender.announce(batch, {path: len(content) for path, content in files.items()})
    seconds = []
    for path, content in files.items():
        began = time.monotonic()
        assert sender.send(addresses[path], content).status == 204
        seconds.append(time.monotonic() - began)
    return seconds
