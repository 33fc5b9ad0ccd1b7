"""A worker that dies over a roster: read or applied once by the next one, all of it or nothing."""

import logging

import pytest

from tests.faults.installation import HASTE, PATIENCE_SECONDS, Installation, eventually
from tests.faults.leases import held
from tests.faults.sender import Sender

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)
ROWS = 6_000
BOUNDARY = "a-line-between-parts"


def send_roster(sender: Sender, path: str = "/api/v1/rosters/preview") -> str:
    """The address of a roster whose bytes are safe."""
    people = (f"9{n:09d};Zubarov{n % 97};Oluwaseun;1980-02-{n % 28 + 1:02}" for n in range(ROWS))
    content = "\n".join(["NHC;Apellidos;Nombre;Fecha de nacimiento", *people, ""])
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
        f"{content}\r\n--{BOUNDARY}--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = sender.call("POST", path, body.encode(), headers=kind)
    assert answer.status == 202, answer.content
    (found,) = sender.json("GET", "/api/v1/rosters")["rosters"]
    return f"/api/v1/rosters/{found['id']}"


def status_of(sender: Sender, roster: str) -> str:
    return str(sender.json("GET", roster)["status"])


def imported(one: Installation) -> int:
    return int(one.rows("SELECT count(*) FROM patients_patient WHERE family_name LIKE 'Zubarov%'")[0][0])


def row_numbers(one: Installation) -> tuple[int, int]:
    rows, lines = one.rows("SELECT count(*), count(DISTINCT line) FROM patients_rosterrow")[0]
    return int(rows), int(lines)


def test_a_worker_killed_while_it_reads_leaves_a_roster_that_the_next_one_reads(
    installation: Installation, sender: Sender
) -> None:
    installation.settings = HASTE
    installation.start("broker", "web", "beat")
    roster = send_roster(sender)
    (key,) = installation.rows("SELECT storage_key FROM patients_roster")[0]
    with held([installation.home / "staging" / key]) as those:
        installation.start("worker")
        assert eventually(those.wanted, seconds=PATIENCE_SECONDS, every=0.02), "nobody reads it"
        assert status_of(sender, roster) == "READING"
        installation.kill("worker")
    assert row_numbers(installation) == (0, 0)

    installation.start("worker")
    assert eventually(lambda: status_of(sender, roster) == "READY", seconds=PATIENCE_SECONDS)
    found = sender.json("GET", roster)
    assert (found["counts"]["added"], row_numbers(installation)) == (ROWS, (ROWS, ROWS))
    assert imported(installation) == 0


def test_a_worker_killed_while_it_applies_has_written_nothing_and_the_next_one_writes_all(
    installation: Installation, sender: Sender
) -> None:
    installation.settings = HASTE
    installation.start("broker", "web", "beat", "worker")
    roster = send_roster(sender)
    assert eventually(lambda: status_of(sender, roster) == "READY", seconds=PATIENCE_SECONDS)
    sender.json("POST", f"{roster}/apply", {})
    is_at_it = eventually(
        lambda: sender.json("GET", roster)["progress"] is not None, seconds=PATIENCE_SECONDS, every=0.005
    )
    assert is_at_it
    installation.kill("worker")
    before = status_of(sender, roster)
    assert (before, imported(installation)) == ("APPLYING", 0), "killed too late to mean anything"

    installation.start("worker")
    assert eventually(lambda: status_of(sender, roster) == "APPLIED", seconds=PATIENCE_SECONDS)
    assert imported(installation) == ROWS
    (entries,) = installation.rows(
        "SELECT count(*) FROM patients_indexedpatient WHERE family LIKE 'zubarov%'"
    )[0]
    assert entries == ROWS
    (audited,) = installation.rows("SELECT count(*) FROM clinics_auditentry WHERE action = 'roster-applied'")[
        0
    ]
    assert audited == 1


def test_a_worker_killed_while_it_takes_back_has_removed_nobody_and_the_next_one_removes_all(
    installation: Installation, sender: Sender
) -> None:
    installation.settings = HASTE
    installation.start("broker", "web", "beat", "worker")
    roster = send_roster(sender)
    assert eventually(lambda: status_of(sender, roster) == "READY", seconds=PATIENCE_SECONDS)
    sender.json("POST", f"{roster}/apply", {})
    assert eventually(lambda: status_of(sender, roster) == "APPLIED", seconds=PATIENCE_SECONDS)
    assert eventually(lambda: sender.json("GET", roster)["progress"] is None, seconds=PATIENCE_SECONDS)
    sender.json("POST", f"{roster}/undo", {"reason": "the wrong list"})
    is_at_it = eventually(
        lambda: sender.json("GET", roster)["progress"] is not None, seconds=PATIENCE_SECONDS, every=0.005
    )
    assert is_at_it
    installation.kill("worker")
    before = status_of(sender, roster)
    assert (before, imported(installation)) == ("UNDOING", ROWS), "killed too late to mean anything"

    installation.start("worker")
    assert eventually(lambda: status_of(sender, roster) == "UNDONE", seconds=PATIENCE_SECONDS)
    assert imported(installation) == 0
    assert installation.rows("SELECT count(*) FROM patients_indexedpatient WHERE family LIKE 'zubarov%'") == [
        (0,)
    ]
