"""Workers that die in mid-batch: what was acknowledged is filed, once, by those that come after."""

import logging
import os
import signal

import pytest

from tests.faults.installation import (
    HASTE,
    PATIENCE_SECONDS,
    SIGNS,
    STOP_SECONDS,
    ZYGOTE,
    Installation,
    eventually,
    seconds_until,
)
from tests.faults.leases import DONE, IN_WORK, in_work, mid_batch, settled
from tests.faults.ledger import assert_each_filed_once
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
FILES = 50
SIDE_PX = 800


def test_a_whole_worker_killed_in_mid_batch_loses_nothing(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """With the numbers that a clinic has: a lease of 20 s, a sweep every 30 s."""
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    with mid_batch(installation, sender, files) as (batch, _):
        installation.kill("worker")
        assert (settled(installation), in_work(installation)) == (DONE, IN_WORK)
    others = {"web", "beat", "broker"}
    assert eventually(lambda: others == roles_alive(installation), seconds=PATIENCE_SECONDS)

    installation.start("worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("worker killed with %s of %s files left: all filed %.1f s later", FILES - DONE, FILES, seconds)
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
    with mid_batch(installation, sender, files) as (batch, _):
        pool = installation.children_of("worker")
        assert len(pool) == IN_WORK, "each of them is over a file"
        os.kill(pool[0], signal.SIGKILL)
    seconds = seconds_until(lambda: sender.has_ended(batch), within=30)
    log.info("pool process killed: all %s files filed after %.1f s", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)


def test_a_worker_asked_to_stop_in_mid_batch_leaves_nothing_half_done(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    installation.start("broker", "web", "beat", "worker")
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    with mid_batch(installation, sender, files) as (batch, those):
        installation.roles["worker"].send_signal(signal.SIGTERM)
        understood = eventually(
            lambda: "Warm shutdown" in installation.log_of("worker"), seconds=PATIENCE_SECONDS
        )
        assert understood, "it has not heard the signal"
        for file in those.wanted():
            those.let_go(file)
        assert installation.roles["worker"].wait(timeout=STOP_SECONDS) == 0
        assert in_work(installation) == 0
        assert settled(installation) == DONE + IN_WORK, (
            "what it had begun is done, and nothing else was begun"
        )

    installation.start("worker")
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info("worker stopped kindly: all %s files filed %.1f s after the restart", FILES, seconds)
    assert_each_filed_once(installation, sender, batch, files)
