"""One list's road into the directory, in a process of its own as a worker is one.

    python -m benchmarks.rosters.product road FILE
    python -m benchmarks.rosters.product loop FILE

`road` is the product's: bytes into staging, the sandboxed reader, every row compared and written down, then
one transaction with patients, keys and counts. `loop` reads the same list and calls `bulk_create`: no
sandbox, no comparison, no rows kept, and nobody of those it writes can be found by a file's name. Each fills
a fresh database, and prints one line of JSON with what it took.
"""

import csv
import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the settings are there
from django.db import DatabaseError, connection  # noqa: E402
from python_calamine import CalamineWorkbook  # noqa: E402

from clinics.models import Clinic  # noqa: E402
from files import sandbox  # noqa: E402
from patients.models import Patient, Roster, mrn_key_of  # noqa: E402
from patients.roster_actions import Sent, apply_roster, receive_roster  # noqa: E402
from patients.roster_states import RosterStatus  # noqa: E402
from patients.rosters import road  # noqa: E402

ROWS_AT_ONCE = 2_000
BLOCK_BYTES = 1 << 20


class Neighbour(threading.Thread):
    """Somebody else who writes to the same database, four times a second, as whoever uploads does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest_seconds = 0.0
        self.refused = 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Write until `end`; who is refused tries again, and its wait goes on."""
        began = time.perf_counter()
        while not self._ended.wait(0.25):
            try:
                Clinic.objects.filter(slug="neighbour").update(name=str(began))
            except DatabaseError:
                self.refused += 1
                continue
            finally:
                self.longest_seconds = max(self.longest_seconds, time.perf_counter() - began)
            began = time.perf_counter()
        connection.close()

    def end(self) -> dict[str, float]:
        """How long it had to wait at most, and how often the database sent it away."""
        self._ended.set()
        self.join()
        return {"neighbour_seconds": self.longest_seconds, "neighbour_refused": self.refused}


def walk(path: Path) -> dict[str, Any]:
    """Seconds of each step of the product's road, and what it took from others."""
    clinic, neighbour = _two_clinics(), Neighbour()
    neighbour.start()
    began = time.perf_counter()
    roster = receive_roster(
        clinic=clinic, sent=Sent(name=path.name, chunks=_blocks(path)), actor=None, ring=_nobody
    )
    received = time.perf_counter()
    roster = _worked_on(roster, RosterStatus.READY)
    read = time.perf_counter()
    apply_roster(roster=roster, actor=None)
    _worked_on(roster, RosterStatus.APPLIED)
    applied = time.perf_counter()
    steps = {"receive": received - began, "read": read - received, "apply": applied - read}
    return _took(began, applied) | neighbour.end() | {"steps": steps}


def loop(path: Path) -> dict[str, Any]:
    """The same list by `bulk_create`."""
    clinic = _two_clinics()
    began = time.perf_counter()
    people = (
        Patient(
            clinic=clinic,
            mrn=mrn,
            mrn_key=mrn_key_of(mrn),
            family_name=family,
            given_names=given,
            birth_date=date.fromisoformat(born),
            sex="F" if sex == "mujer" else "M",
        )
        for mrn, family, given, born, sex in _read(path)
    )
    Patient.objects.bulk_create(people, batch_size=ROWS_AT_ONCE)
    return _took(began, time.perf_counter())


def _two_clinics() -> Clinic:
    call_command("migrate", verbosity=0)
    Clinic.objects.create(slug="neighbour", name="Neighbour")
    return Clinic.objects.create(slug="bench", name="Bench")


def _worked_on(roster: Roster, wanted: RosterStatus) -> Roster:
    road.work_on(roster.pk)
    roster.refresh_from_db()
    if roster.status != wanted:
        raise SystemExit(f"{roster.status} {roster.error_code} {roster.error_message}")
    return roster


def _took(began: float, ended: float) -> dict[str, Any]:
    sandbox._zygote.stop()  # noqa: SLF001 - so that the kernel tells what its readers took
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    readers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    added = Patient.objects.count()
    return {"seconds": ended - began, "added": added, "worker_mb": own, "readers_mb": readers}


def _read(path: Path) -> Iterator[list[str]]:
    if path.suffix == ".xlsx":
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        yield from ([str(cell) for cell in row] for row in rows[1:])
        return
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter=";")
        next(lines)
        yield from lines


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _nobody(_: object) -> None:
    """No worker is rung for: the work is done here."""


if __name__ == "__main__":
    print(json.dumps({"road": walk, "loop": loop}[sys.argv[1]](Path(sys.argv[2]))))
