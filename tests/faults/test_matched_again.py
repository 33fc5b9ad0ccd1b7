"""A worker that dies while it matches waiting files again: each is filed once, by whoever comes after."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product

import pytest

from tests.faults.installation import HASTE, Installation, eventually
from tests.faults.ledger import files_below, sweep_as_if_later
from tests.faults.sender import Sender, pictures

pytestmark = pytest.mark.faults
log = logging.getLogger(__name__)

SURNAMES = [
    f"{start}{end}"
    for start, end in product(
        ("Zub", "Kel", "Vor", "Nyg", "Tha", "Gri"), ("arov", "imens", "ettor", "ulbak", "oyden", "ysanto")
    )
]
ROSTER = [(f"9{index:09d}", surname, "Oluwaseun") for index, surname in enumerate(SURNAMES, start=104729)]


@pytest.fixture
def waiting(installation: Installation, sender: Sender) -> str:
    """A batch of which every file waits, because nobody in the directory bears its number and name."""
    installation.settings = HASTE | {"INTAKE_MATCH_AGAIN_SWEEP_SECONDS": "3"}
    installation.start("broker", "web", "beat", "worker")
    batch = sender.new_batch()
    names = (f"{number}_{family}, {given}.jpg" for number, family, given in ROSTER)
    content = pictures([number for number, *_ in ROSTER], len(ROSTER), side_px=320)
    sender.send_all(batch, dict(zip(names, content.values(), strict=True)))
    assert eventually(lambda: sender.counts(batch)["review"] == len(ROSTER), seconds=90), sender.counts(batch)
    return batch


def enter_roster(one: Installation) -> None:
    """Everybody comes into the directory in one transaction, which rings for the worker when it commits."""
    path = one.home.parent / "roster.csv"
    lines = (f"{number};{family};{given}" for number, family, given in ROSTER)
    path.write_text("\n".join(["NHC;Apellidos;Nombre", *lines, ""]))
    assert f"{len(ROSTER)} added" in one.run("import_roster", str(path))


@contextmanager
def no_write(one: Installation) -> Iterator[None]:
    """Whoever wants to write next stands still, in the middle of what it does."""
    with closing(sqlite3.connect(one.home / "db.sqlite3", timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")


def filed(one: Installation) -> int:
    return int(one.rows("SELECT count(*) FROM batches_batchfile WHERE status = 'COMPLETED'")[0][0])


def test_a_worker_killed_while_it_matches_again_files_each_once(
    installation: Installation, sender: Sender, waiting: str
) -> None:
    enter_roster(installation)
    assert eventually(lambda: filed(installation) > 0, seconds=60, every=0.002)
    with no_write(installation):
        before = filed(installation)
        assert 0 < before < len(ROSTER), "killed too late to mean anything"
        installation.kill("worker")
    assert filed(installation) == before

    installation.start("worker")
    assert eventually(lambda: filed(installation) == len(ROSTER), seconds=90), sender.counts(waiting)
    log.info("killed after %s of %s files, all filed by the next worker", before, len(ROSTER))
    moves = Counter(installation.rows("SELECT file_id, to_status, actor_id FROM batches_fileevent"))
    again = {key: number for key, number in moves.items() if key[1] in {"REVIEW", "COMPLETED"}}
    assert set(again.values()) == {1}
    assert {actor for _, _, actor in again} == {None}
    assert_every_picture_is_in_its_own_chart(installation)


def assert_every_picture_is_in_its_own_chart(one: Installation) -> None:
    """By name, number and bytes; what was put into storage for a filing that died is all there is beside."""
    rows = one.rows(
        "SELECT file.path, patient.mrn, image.original_key FROM batches_batchfile file"
        " JOIN imaging_image image ON image.id = file.image_id"
        " JOIN patients_patient patient ON patient.id = image.patient_id AND patient.id = file.patient_id"
    )
    assert {(path.partition("_")[0], mrn) for path, mrn, _ in rows} == {(mrn, mrn) for mrn, *_ in ROSTER}
    sweep_as_if_later(one)
    originals = {key.removeprefix("originals/") for *_, key in rows}
    stored = files_below(one.home / "media" / "originals")
    assert originals <= stored
    assert len(stored - originals) <= 1
    # The roster's own bytes stay as long as its import can be taken back.
    assert files_below(one.home / "staging") == {
        key for (key,) in one.rows("SELECT storage_key FROM patients_roster")
    }
