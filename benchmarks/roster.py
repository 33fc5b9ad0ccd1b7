"""A roster from its bytes to the directory, beside a plain loop: rows per second, and the most memory taken.

`python benchmarks/roster.py` prints a table for SQLite and one for PostgreSQL: ten minutes on two cores.
`--database sqlite` is for one of them, `--csv-rows` and `--xlsx-rows` for lists of other lengths (0: none).
PostgreSQL's server is the test suite's: INTAKE_TEST_POSTGRES, else a running one, else one of our own.

Both ways are described in `benchmarks.rosters.product`. The last columns say how long somebody else who
wanted to write had to wait at most, and how many times as long as the plain loop the product takes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.rosters import made  # noqa: E402 - `make bench` runs this file by its path
from tests.services import postgres  # noqa: E402

PROMISE_MB = 400
DATABASES = ("sqlite", "postgresql")
# A list of half a million rows is longer than the [10 MB] that a clinic may send without a setting.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.test",
    "INTAKE_MAX_LIST_BYTES": str(64 << 20),
    "INTAKE_LOG_LEVEL": "ERROR",
}


def main() -> int:
    """1 when more memory was taken than promised, or not every row came in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--csv-rows", type=int, default=500_000, help="(default: %(default)s)")
    parser.add_argument("--xlsx-rows", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--database", choices=DATABASES, action="append", help="this one only")
    chosen = parser.parse_args()
    lists = {"csv": chosen.csv_rows, "xlsx": chosen.xlsx_rows}
    with tempfile.TemporaryDirectory(prefix="intake-rosters-") as folder:
        files = {Path(folder, f"roster.{kind}"): rows for kind, rows in lists.items() if rows}
        for path, rows in files.items():
            made.write(path, rows)
        return max(compare(database, files) for database in chosen.database or DATABASES)


def compare(database: str, files: dict[Path, int]) -> int:
    """One table; how many promises were not kept."""
    heads = ("rows/s", "receive", "read", "apply", "worker", "readers", "others wait", "ratio")
    print(f"\n== {database}\n{'':<24}" + "".join(f"{head:>12}" for head in heads))
    broken = 0
    for path, rows in files.items():
        ours, theirs = (run(way, path, database) for way in ("road", "loop"))
        broken += ours["added"] != rows or max(ours["worker_mb"], ours["readers_mb"]) > PROMISE_MB
        title = f"{path.suffix[1:]}, {rows:,} rows"
        steps = "".join(f"{ours['steps'][step]:>10.1f} s" for step in ("receive", "read", "apply"))
        memory = "".join(f"{ours[who]:>9} MB" for who in ("worker_mb", "readers_mb"))
        waits = f"{ours['neighbour_seconds']:>10.1f} s"
        ratio = f"{ours['seconds'] / theirs['seconds']:>11.1f}x"
        print(f"{title:<24}{rows / ours['seconds']:>12,.0f}{steps}{memory}{waits}{ratio}")
        print(f"{'  peer: bulk_create':<24}{rows / theirs['seconds']:>12,.0f}{theirs['worker_mb']:>45} MB")
    kept = "NOT KEPT" if broken else "kept"
    print(f"promise: every row in the directory, in less than {PROMISE_MB} MB: {kept}", flush=True)
    return int(broken > 0)


def run(way: str, path: Path, database: str) -> dict[str, Any]:
    """One way in a process of its own, on a database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="intake-roster-") as home, ExitStack() as stack:
        environment = os.environ | SETTINGS | {"INTAKE_HOME": home, "INTAKE_TEST_HOME": home}
        environment.pop("DATABASE_URL", None)
        if database == "postgresql":
            environment["DATABASE_URL"] = stack.enter_context(database_of_its_own())
        command = [sys.executable, "-m", "benchmarks.rosters.product", way, str(path)]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """The address of a new database on PostgreSQL, which is removed afterwards."""
    with postgres() as address:
        server, _, name = address.rpartition("/")
        name = f"{name}_{time.monotonic_ns()}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            try:
                yield f"{server}/{name}"
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


if __name__ == "__main__":
    sys.exit(main())
