"""`manage.py up` as a person or an init system treats it: real processes, real signals, none left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.broker import APPEND_ONLY_FOLDER
from tests.faults.conftest import copy_of
from tests.faults.installation import (
    PATIENCE_SECONDS,
    ROLES,
    ROOT,
    START_SECONDS,
    STOP_SECONDS,
    Installation,
    eventually,
    free_port,
)

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def lasting(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that is ready and that no test ends: what dies in it must come back by itself."""
    with copy_of(prepared, tmp_path_factory.mktemp("lasting")) as one:
        yield made_ready(one)


@pytest.fixture
def ready(installation: Installation) -> Installation:
    """Started, and it says that it is ready."""
    return made_ready(installation)


def made_ready(one: Installation) -> Installation:
    process = one.up()
    eventually(lambda: "is ready on" in one.said() or process.poll() is not None, seconds=START_SECONDS)
    assert f"Intake is ready on http://127.0.0.1:{one.port}" in one.said(), one.said()
    return one


def is_ready(one: Installation, seconds: float = START_SECONDS) -> bool:
    """Whether all is well before long: on a busy machine one of the many answers may come too late."""
    return eventually(lambda: one.readyz()[0] == 200, seconds=seconds)


def stopped(installation: Installation, seconds: float = STOP_SECONDS) -> bool:
    return eventually(lambda: not installation.processes(), seconds=seconds)


def test_ready_means_that_every_part_answers(lasting: Installation) -> None:
    assert is_ready(lasting), lasting.readyz()
    assert (lasting.home / "db.sqlite3").exists()
    assert "Ctrl-C ends all of it" in lasting.said()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_leaves_no_process(ready: Installation, sign: signal.Signals) -> None:
    ready.started[0].send_signal(sign)
    assert stopped(ready), ready.processes()
    assert ready.started[0].wait(timeout=STOP_SECONDS) == 0
    assert "Nothing is left running" in ready.said()


def test_killing_the_parent_leaves_no_process(ready: Installation) -> None:
    ready.started[0].kill()
    assert stopped(ready), ready.processes()


def test_killing_what_started_the_parent_ends_everything_when_asked_for(installation: Installation) -> None:
    script = f"{sys.executable} manage.py up --end-with-parent; true"
    shell = installation.launch(["bash", "-c", script])
    assert is_ready(installation), installation.said()
    shell.kill()
    assert stopped(installation), installation.processes()


def test_after_a_kill_it_starts_again_at_once(ready: Installation) -> None:
    ready.started[0].kill()
    assert stopped(ready)
    process = ready.up()
    assert is_ready(ready), ready.said()
    process.terminate()
    assert stopped(ready)


def test_a_second_one_on_the_same_home_refuses_and_disturbs_nobody(lasting: Installation) -> None:
    before = lasting.processes()
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(free_port())],
        cwd=ROOT, env=lasting.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert f"already running on {lasting.home} (process {lasting.started[0].pid})" in done.stderr
    assert lasting.processes() == before
    assert is_ready(lasting), lasting.readyz()


def test_a_port_in_use_is_a_sentence(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", installation.port)):
        process = installation.up()
        assert process.wait(timeout=START_SECONDS) == 3
    assert f"Port {installation.port} on 127.0.0.1 cannot be used" in installation.said()
    assert "Traceback" not in installation.said()
    assert not installation.processes()


def test_a_home_that_cannot_be_written_is_a_sentence(installation: Installation) -> None:
    shutil.rmtree(installation.home)
    installation.home.write_text("a file where a folder should be")
    process = installation.up()
    assert process.wait(timeout=START_SECONDS) != 0
    assert "cannot be written" in installation.said()
    assert "Set INTAKE_HOME" in installation.said()
    assert "Traceback" not in installation.said()


@pytest.mark.parametrize("child", sorted(ROLES))
def test_a_child_that_is_killed_is_started_again_and_that_is_said(lasting: Installation, child: str) -> None:
    old = lasting.pid_of(child)
    os.kill(old, signal.SIGKILL)
    assert eventually(lambda: f"{child} was killed by SIGKILL" in lasting.said(), seconds=PATIENCE_SECONDS), (
        lasting.said()
    )

    def healed() -> bool:
        try:
            return lasting.pid_of(child) != old and lasting.readyz()[0] == 200
        except ValueError:
            return False

    assert eventually(healed, seconds=PATIENCE_SECONDS), lasting.readyz()


def test_an_unreadable_broker_file_is_set_aside_and_everything_starts(ready: Installation) -> None:
    ready.started[0].kill()
    assert stopped(ready)
    manifest = next((ready.home / "broker" / APPEND_ONLY_FOLDER).glob("*.manifest"))
    manifest.write_bytes(b"\x00 not a manifest")
    ready.up()
    assert is_ready(ready), ready.said()
    assert "could not read its file; it was moved to" in ready.said()
    assert list((ready.home / "broker").glob("unreadable-*"))


def test_a_process_that_cannot_start_ends_the_start_with_its_last_words(installation: Installation) -> None:
    environment = installation.environment() | {"INTAKE_WEB_THREADS": "-5"}
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=START_SECONDS,
    )  # fmt: skip
    assert done.returncode == 6
    assert "web ended with code" in done.stderr
    assert "must be positive" in done.stderr
    assert "Traceback" not in done.stderr
    assert not installation.processes()


def test_what_it_writes_is_for_its_owner_alone(lasting: Installation) -> None:
    for path in [lasting.home, *lasting.home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
