"""A database that hangs up on everybody, and one that everybody writes to at once."""

import http.client
import logging
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests import services
from tests.faults.installation import (
    HASTE,
    PATIENCE_SECONDS,
    ROLES,
    Installation,
    alive,
    eventually,
    free_port,
    seconds_until,
)
from tests.faults.leases import settled
from tests.faults.ledger import assert_each_filed_once, sweep_as_if_later
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo_clinic")
call_command("create_token", user="clinician")
"""
HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
FILES = 50
SIDE_PX = 1500
WRITERS, BATCHES, BATCH_FILES, LOOKS = 3, 6, 8, 30


@pytest.fixture
def database() -> Iterator[str]:
    """URL of an empty PostgreSQL database of our own."""
    with ExitStack() as stack:
        url = stack.enter_context(services.postgres()) + "_faults"
        server, _, name = url.rpartition("/")
        admin = stack.enter_context(psycopg.connect(f"{server}/postgres", autocommit=True))
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        stack.callback(admin.execute, f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        yield url


@pytest.fixture
def on_postgres(database: str, prepared: Path, tmp_path: Path) -> Iterator[Installation]:
    """An installation on PostgreSQL with the demonstration clinic and a token."""
    one = Installation(tmp_path / "home", free_port(), HASTE | {"DATABASE_URL": database})
    shutil.copytree(prepared, one.home)
    said = one.run("shell", "--no-imports", "-c", PREPARE)
    (one.home / "token").write_text(said.splitlines()[-1])
    try:
        yield one
    finally:
        one.stop()


def received(one: Installation) -> int:
    return int(one.rows("SELECT count(*) FROM batches_batchfile WHERE received_at IS NOT NULL")[0][0])


# While files come, while they come and are processed, and while they are processed.
MOMENTS = (
    lambda one: received(one) >= 5,
    lambda one: received(one) >= 20,
    lambda one: settled(one) >= 10,
)


def hang_up(database: str) -> int:
    """End every connection to the database, as a restart of the server does; how many there were."""
    with psycopg.connect(database) as connection:
        return len(connection.execute(HANG_UP).fetchall())


def stubborn(sender: Sender, address: str, content: bytes) -> None:
    """Upload as a client library does: after whatever went wrong, ask where it stands and go on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError, AssertionError, KeyError, http.client.HTTPException):
            if sender.finish(address, content).offset == len(content):
                return
        time.sleep(0.2)
    raise AssertionError("the upload did not end")


def test_every_connection_ended_in_mid_batch_and_everything_heals(
    on_postgres: Installation, database: str
) -> None:
    on_postgres.start(*ROLES)
    sender = Sender(on_postgres.port, (on_postgres.home / "token").read_text())
    numbers = [mrn for (mrn,) in on_postgres.rows("SELECT mrn FROM patients_patient ORDER BY mrn")]
    files = pictures(numbers, FILES, side_px=SIDE_PX)
    batch = sender.new_batch()
    addresses = sender.announce(batch, {path: len(content) for path, content in files.items()})
    with ThreadPoolExecutor(4) as pool:
        uploads = [pool.submit(stubborn, sender, addresses[path], files[path]) for path in files]
        rounds = []
        for moment in MOMENTS:
            assert eventually(partial(moment, on_postgres), seconds=PATIENCE_SECONDS, every=0.02)
            rounds.append(hang_up(database))
        assert min(rounds) > 0
        assert settled(on_postgres) < FILES, "too late to mean anything"
        answering = seconds_until(lambda: alive_with_database(on_postgres), within=30)
        for upload in uploads:
            upload.result()
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info(
        "%s connections ended: pages after %.1f s, all %s files filed %.1f s after the last",
        rounds, answering, FILES, seconds,
    )  # fmt: skip
    sweep_as_if_later(on_postgres)
    assert_each_filed_once(on_postgres, sender, batch, files)
    assert not re.search(r" 500 \d+ bytes", on_postgres.log_of("web")), "a database that is away is 503"
    assert {process.poll() for process in on_postgres.roles.values()} == {None}, "nobody had to be restarted"
    assert eventually(lambda: on_postgres.readyz()[0] == 200, seconds=30), on_postgres.readyz()


def alive_with_database(one: Installation) -> bool:
    return alive(one.port) and bool(one.readyz()[1].get("checks", {}).get("database", {}).get("ok"))


def test_many_writers_on_sqlite_never_meet_a_locked_database(
    installation: Installation, sender: Sender, numbers: list[str]
) -> None:
    """Uploads, pages, two worker processes with their leases, and Beat's sweeps, all at once."""
    installation.settings = HASTE
    installation.start(*ROLES)
    sent: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(keep_sending, sender, numbers, sent, number) for number in range(WRITERS)]
        reader = pool.submit(keep_looking, sender, sent, writers)
        files = sum(writer.result() for writer in writers)
        looks = reader.result()
    assert eventually(lambda: all(sender.has_ended(batch) for batch in sent), seconds=PATIENCE_SECONDS)
    log.info("%s files in %s batches and %s looks", files, len(sent), looks)
    assert looks >= LOOKS
    for role in ROLES:
        assert "locked" not in installation.log_of(role), role
        assert "OperationalError" not in installation.log_of(role), role


def keep_sending(sender: Sender, numbers: list[str], sent: list[str], number: int) -> int:
    """Small batches one after the other; the number of files."""
    for turn in range(BATCHES):
        batch = sender.new_batch()
        sent.append(batch)
        name = f"{{number}}_{number}{turn:04d}{{index:04d}}.jpg"
        sender.send_all(batch, pictures(numbers, BATCH_FILES, side_px=300, name=name))
    return BATCHES * BATCH_FILES


def keep_looking(sender: Sender, sent: list[str], writers: Sequence[Future[int]]) -> int:
    """Pause, resume, look, for as long as anybody writes: a person must always be answered; how often."""
    looks = 0
    while not all(writer.done() for writer in writers) or (sent and looks < LOOKS):
        for batch in sent[-3:]:
            sender.json("POST", f"{batch}/pause")
            sender.json("POST", f"{batch}/resume")
            sender.counts(batch)
            looks += 1
        time.sleep(0.05)
    return looks
