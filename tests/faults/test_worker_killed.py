"""Workers that die in mid-batch: what was acknowledged is filed, once, by those that come after."""

import logging
import os
import signal

import pytest

from tests.faults.installation import HASTE, SIGNS, ZYGOTE, Installation, eventually, seconds_until
from tests.faults.ledger import assert_each_filed_once
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 50
# Pictures of a camera: each keeps a worker long enough to be killed over it.
SIDE_PX = 4000


def begin(one: Installation, sender: Sender, files: dict[str, bytes]) -> str:
    """Upload a batch, start it, and return when the workers are in the middle of it."""
    batch = sender.new_batch(start="manual")
    sender.send_all(batch, files)
    sender.json("POST", f"{batch}/process")
    assert eventually(lambda: settled(one) >= 5 and in_work(one) == 2, seconds=30, every=0.005)
    return batch


def in_work(one: Installation) -> int:
    return int(one.rows("SELECT count(*) FROM batches_batchfile WHERE status = 'PROCESSING'")[0][0])


def settled(one: Installation) -> int:
    query = "SELECT count(*) FROM batches_batchfile WHERE status NOT IN ('RECEIVED', 'PROCESSING')"
    return int(one.rows(query)[0][0])


def test_a_whole_worker_killed_in_mid_batch_loses_nothing(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """With the numbers that a clinic has: a lease of 20 s, a sweep every 30 s."""
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = begin(installation, sender, files)
    installation.kill("worker")
    left = FILES - settled(installation)
    assert in_work(installation), "killed between two files"
    assert left > FILES // 4, "killed too late to mean anything"
    assert eventually(lambda: {"web", "beat", "broker"} == roles_alive(installation), seconds=5)

    installation.start("worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info(
        "worker killed with %s of %s files left: all filed %.1f s after the restart", left, FILES, seconds
    )
    assert_each_filed_once(installation, sender, batch, files)


def roles_alive(one: Installation) -> set[str]:
    """Which roles have a process; a reader left behind by its worker counts as one."""
    commands = one.processes().values()
    signs = SIGNS | {"reader": ZYGOTE}
    return {role for role, sign in signs.items() if any(sign in command for command in commands)}


def test_one_pool_process_killed_in_mid_batch_loses_nothing(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    installation.settings = HASTE
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = begin(installation, sender, files)
    os.kill(installation.children_of("worker")[0], signal.SIGKILL)
    seconds = seconds_until(lambda: sender.has_ended(batch), within=30)
    log.info("pool process killed: all %s files filed after %.1f s", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def test_a_worker_asked_to_stop_in_mid_batch_leaves_nothing_half_done(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = begin(installation, sender, files)
    installation.roles["worker"].send_signal(signal.SIGTERM)
    assert installation.roles["worker"].wait(timeout=20) == 0
    assert in_work(installation) == 0

    installation.start("worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("worker stopped kindly: all %s files filed %.1f s after the restart", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)
