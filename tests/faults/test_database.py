"""A database that hangs up on everybody, and one that everybody writes to at once."""

import http.client
import logging
import re
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from tests import services
from tests.faults.installation import HASTE, ROLES, Installation, alive, eventually, free_port, seconds_until
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
BUSY_SECONDS = 25


@pytest.fixture
def database() -> Iterator[str]:
    """URL of an empty PostgreSQL database of our own."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(services.postgres()) + "_faults"
        except services.MissingError as missing:
            pytest.skip(str(missing))
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


def hang_up(database: str) -> int:
    """End every connection to the database, as a restart of the server does; how many there were."""
    with psycopg.connect(database) as connection:
        return len(connection.execute(HANG_UP).fetchall())


def stubborn(sender: Sender, address: str, content: bytes) -> None:
    """Upload as a client library does: after whatever went wrong, ask where it stands and go on."""
    deadline = time.monotonic() + 30
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
    files = pictures(numbers, FILES, side_px=3000)
    batch = sender.new_batch()
    addresses = sender.announce(batch, {path: len(content) for path, content in files.items()})
    with ThreadPoolExecutor(4) as pool:
        uploads = [pool.submit(stubborn, sender, addresses[path], files[path]) for path in files]
        ended = 0
        for _ in range(3):
            time.sleep(0.7)
            ended += hang_up(database)
        answering = seconds_until(lambda: alive_with_database(on_postgres), within=15)
        for upload in uploads:
            upload.result()
    seconds = seconds_until(lambda: sender.has_ended(batch), within=60)
    log.info(
        "%s connections ended in three rounds: pages after %.1f s, all %s files filed %.1f s after the last",
        ended, answering, FILES, seconds,
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
    over = threading.Event()
    sent: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(keep_sending, sender, numbers, sent, over, number) for number in range(3)]
        reader = pool.submit(keep_looking, sender, sent, over)
        time.sleep(BUSY_SECONDS)
        over.set()
        files = sum(writer.result() for writer in writers)
        looks = reader.result()
    assert eventually(lambda: all(sender.has_ended(batch) for batch in sent), seconds=60)
    log.info("%s files in %s batches and %s looks in %s s", files, len(sent), looks, BUSY_SECONDS)
    assert files > 50
    for role in ROLES:
        assert "locked" not in installation.log_of(role), role
        assert "OperationalError" not in installation.log_of(role), role


def keep_sending(
    sender: Sender, numbers: list[str], sent: list[str], over: threading.Event, number: int
) -> int:
    """Small batches one after the other; the number of files."""
    total = 0
    while not over.is_set():
        batch = sender.new_batch()
        sent.append(batch)
        name = f"{{number}}_{number}{len(sent):04d}{{index:04d}}.jpg"
        files = pictures(numbers, 8, side_px=300, name=name)
        sender.send_all(batch, files)
        total += len(files)
    return total


def keep_looking(sender: Sender, sent: list[str], over: threading.Event) -> int:
    """Pause, resume, look: whatever a person does meanwhile must be answered; how often."""
    looks = 0
    while not over.is_set():
        for batch in sent[-3:]:
            sender.json("POST", f"{batch}/pause")
            sender.json("POST", f"{batch}/resume")
            sender.counts(batch)
            looks += 1
        time.sleep(0.05)
    return looks
