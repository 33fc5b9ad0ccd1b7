"""A roster from its bytes to the directory, beside a plain loop: rows per second, and the most memory taken.

    python -m benchmarks.roster [--csv-rows 500000] [--xlsx-rows 100000] [--batch 2000]

Each part runs in a process of its own on a fresh database: SQLite in a temporary folder, or a new database
on the server of DATABASE_URL. The product walks its own road: bytes into staging, the sandboxed reader, every
row compared and written down, then one transaction with patients, keys and counts. The peer reads the same
file with `csv` (or the same rows from memory, for a workbook) and calls `bulk_create`: no sandbox, no
comparison, no rows kept, and nobody of those it writes can be found by a file's name.
"""

import argparse
import csv
import importlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.names.made import _GIVEN, _SURNAMES

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261128
HEADER = ("NHC", "Apellidos", "Nombre", "Fecha de nacimiento", "Sexo")
MEMORY_MB = 400


def rows(number: int) -> Iterator[tuple[str, ...]]:
    """Made-up people: each run makes the same ones."""
    chance = random.Random(SEED)
    surnames, given = _SURNAMES.split(), _GIVEN.split()
    for index in range(number):
        family = f"{chance.choice(surnames)} {chance.choice(surnames)}"
        names = " ".join(chance.sample(given, chance.choice((1, 2))))
        born = date.fromordinal(chance.randint(711_000, 738_000))
        yield (
            str(3_000_000_000 + 7 * index),
            family,
            names,
            born.isoformat(),
            chance.choice(("mujer", "hombre")),
        )


def write_csv(path: Path, number: int) -> None:
    """The list as a clinic's program writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        writer.writerows(rows(number))


def write_xlsx(path: Path, number: int) -> bool:
    """The list as a workbook; False where nothing here can write one."""
    try:
        workbooks = importlib.import_module("openpyxl")  # a benchmark may do without
    except ImportError:
        return False
    book = workbooks.Workbook(write_only=True)
    sheet = book.create_sheet("Pacientes")
    sheet.append(HEADER)
    for row in rows(number):
        sheet.append(row)
    book.save(path)
    return True


def product(path: Path) -> dict[str, Any]:
    """Seconds of each step of the product's road, and its counts."""
    _ready()
    from clinics.models import Clinic  # noqa: PLC0415 - only after Django is ready
    from patients.roster_actions import Sent, apply_roster, receive_roster  # noqa: PLC0415
    from patients.rosters import road  # noqa: PLC0415

    clinic = Clinic.objects.create(slug="bench", name="Bench")
    began = time.perf_counter()
    sent = Sent(name=path.name, chunks=_blocks(path))
    roster = receive_roster(clinic=clinic, sent=sent, actor=None, ring=lambda _: None)
    received = time.perf_counter()
    road.work_on(roster.pk)
    read = time.perf_counter()
    roster.refresh_from_db()
    if roster.error_code:
        return {"error": f"{roster.error_code}: {roster.error_message}"}
    apply_roster(roster=roster, actor=None)
    road.work_on(roster.pk)
    applied = time.perf_counter()
    roster.refresh_from_db()
    return _used() | {
        "status": roster.status,
        "added": roster.counts["added"],
        "receive_seconds": received - began,
        "read_seconds": read - received,
        "apply_seconds": applied - read,
        "seconds": applied - began,
    }


def peer(path: Path, number: int, batch: int) -> dict[str, Any]:
    """Seconds of the plain loop."""
    _ready()
    from clinics.models import Clinic  # noqa: PLC0415 - only after Django is ready
    from patients.models import Patient, mrn_key_of  # noqa: PLC0415

    clinic = Clinic.objects.create(slug="bench", name="Bench")
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
        for mrn, family, given, born, sex in _read(path, number)
    )
    Patient.objects.bulk_create(people, batch_size=batch)
    return _used() | {"added": Patient.objects.count(), "seconds": time.perf_counter() - began}


def _read(path: Path, number: int) -> Iterator[tuple[str, ...]]:
    if path.suffix != ".csv":
        yield from rows(number)
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        next(reader)
        yield from map(tuple, reader)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _ready() -> None:
    import django  # noqa: PLC0415 - settings come from the environment that the parent has made

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)


def _used() -> dict[str, int]:
    from files.sandbox import _zygote  # noqa: PLC0415 - ended here, so that the kernel tells what its readers took

    _zygote.stop()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"worker_mb": own, "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}


def _run(part: str, path: Path, options: argparse.Namespace, number: int) -> dict[str, Any]:
    """One part in a process of its own, on a database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="intake-bench-") as home:
        url, drop = _database()
        environment = os.environ | {
            "INTAKE_TEST_HOME": home,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "INTAKE_MAX_LIST_BYTES": str(256 << 20),
            "INTAKE_SANDBOX_CPU_SECONDS": "600",
            "INTAKE_SANDBOX_WALL_SECONDS": "1200",
            "INTAKE_LOG_LEVEL": "ERROR",
            **({"DATABASE_URL": url} if url else {}),
        }
        command = [sys.executable, "-m", "benchmarks.roster", "--part", part, "--path", str(path)]
        command += ["--csv-rows", str(number), "--batch", str(options.batch)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
            )
        finally:
            drop()
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _database() -> tuple[str, Any]:
    """The address of a new database on the server of DATABASE_URL, and what removes it; empty for SQLite."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return "", lambda: None
    name = f"intake_bench_{os.getpid()}_{time.monotonic_ns()}"
    admin = server.rpartition("/")[0] + "/postgres"

    def say(statement: str) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(statement.encode())

    say(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}", lambda: say(f"DROP DATABASE {name} WITH (FORCE)")


def _compare(path: Path, number: int, options: argparse.Namespace) -> None:
    ours = _run("product", path, options, number)
    if "error" in ours:
        print(f"{path.suffix[1:]}: not read here: {ours['error']}")
        return
    theirs = _run("peer", path, options, number)
    steps = ", ".join(f"{step} {ours[f'{step}_seconds']:.1f} s" for step in ("receive", "read", "apply"))
    print(
        f"{path.suffix[1:]}, {number:,} rows: product {number / ours['seconds']:,.0f} rows/s ({steps}), "
        f"worker {ours['worker_mb']} MB, readers {ours['child_mb']} MB; "
        f"plain bulk_create {number / theirs['seconds']:,.0f} rows/s, {theirs['worker_mb']} MB; "
        f"ratio {ours['seconds'] / theirs['seconds']:.1f}"
    )
    assert ours["added"] == theirs["added"] == number
    if max(ours["worker_mb"], ours["child_mb"]) > MEMORY_MB:
        print(f"  above the {MEMORY_MB} MB that were promised")


def main() -> None:
    """The whole comparison, or one part of it for the parent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv-rows", type=int, default=500_000)
    parser.add_argument("--xlsx-rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--part", choices=["product", "peer"])
    parser.add_argument("--path", type=Path)
    options = parser.parse_args()
    if options.part:
        part = (
            product(options.path)
            if options.part == "product"
            else peer(options.path, options.csv_rows, options.batch)
        )
        print(json.dumps(part))
        return
    with tempfile.TemporaryDirectory(prefix="intake-rosters-") as folder:
        table, book = Path(folder, "roster.csv"), Path(folder, "roster.xlsx")
        if options.csv_rows:
            write_csv(table, options.csv_rows)
            _compare(table, options.csv_rows, options)
        if options.xlsx_rows and write_xlsx(book, options.xlsx_rows):
            _compare(book, options.xlsx_rows, options)
        elif options.xlsx_rows:
            print("xlsx: openpyxl is not here to write one")


if __name__ == "__main__":
    main()
