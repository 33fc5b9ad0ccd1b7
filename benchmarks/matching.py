"""The matcher against what people reach for first: whose file is it, how often wrong, how quickly.

    python -m benchmarks.matching                                     10,000 made-up patients, a few minutes
    python -m benchmarks.matching --patients 10000 100000 1000000 --files 50000
    python -m benchmarks.matching --bench FOLDER FOLDER … --files 50000

A folder of the benchmark generator holds directory.jsonl, files.jsonl, truth.jsonl and meta.json; without
one, a small generator of our own makes the same four files from `--seed`. Every directory goes into a fresh
database through the product's own bulk import: SQLite, and PostgreSQL as well where DATABASE_URL names a
server on which a database may be made. Names are matched one after the other by a process that does nothing
else; the rivals answer the first `--rival-files` names of the same list.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402 - `make bench` runs this file by its path

from benchmarks.names import made  # noqa: E402
from benchmarks.names.score import Score, Share, score  # noqa: E402

RIVALS = ("naive recipe", "rapidfuzz WRatio")
SOME_FILES = 300
FEW_FILES = 60  # a rival needs seconds a name among a million patients
MANY_PATIENTS = 500_000
COLUMNS = (
    ("patients", 9), ("matcher", 16), ("files", 7), ("wrong", 6), ("lucky", 6), ("cover", 6), ("two-id", 6),
    ("rec@1", 6), ("rec@5", 6), ("could", 6), ("nobody", 6), ("ECE", 6), ("gap", 7), ("p50 ms", 8),
    ("p99 ms", 8), ("MB", 5),
)  # fmt: skip
LEGEND = """
wrong, lucky  files assigned to another patient, or rightly where nobody could have known
cover, two-id share assigned rightly, of files with a patient, and of those with two identifiers
rec@1, rec@5  the patient was the first, among the first five; could: among five where a person could tell
nobody        files of nobody here that were left unmatched (confidence below 0.5)
ECE, gap      expected calibration error; mean confidence less accuracy of what is above 0.95
MB            most memory that the matching process ever had"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    matcher: str
    patients: int
    score: Score
    p50_ms: float
    p99_ms: float
    peak_mb: int | None = None


def main() -> None:
    """Print the table, and say what is worse than promised."""
    options = _options()
    failed = []
    with tempfile.TemporaryDirectory(prefix="intake-bench-", ignore_cleanup_errors=True) as scratch:
        print(" ".join(f"{name:>{width}}" for name, width in COLUMNS), flush=True)
        notes = []
        for folder in _folders(options, Path(scratch)):
            for url in _urls(options):
                row, note = _product(folder, url, options, Path(scratch))
                _show(row)
                notes.append(note)
                failed += [f"{row.matcher}: {row.score.wrong} wrong"] if row.score.wrong else []
            for row in _rivals(folder, options, Path(scratch)):
                _show(row)
    print("\n".join(["", *notes, LEGEND]))
    if failed:
        sys.exit("Assigned to another patient. " + "; ".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, nargs="*", default=[], help="folders of the generator")
    parser.add_argument("--patients", type=int, nargs="*", default=[10_000])
    parser.add_argument("--files", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bare-number", choices=["never", "check_digit", "always"], default="check_digit")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="this one only")
    parser.add_argument("--rival-files", type=int, help="names for the rivals; 0 leaves them out")
    return parser.parse_args()


def _urls(options: argparse.Namespace) -> list[str]:
    server = os.environ.get("DATABASE_URL", "")
    urls = {"sqlite": "sqlite", "postgresql": server if server.startswith("postgres") else ""}
    wanted = [options.database] if options.database else list(urls)
    return [urls[name] for name in wanted if urls[name]]


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    yield from options.bench
    if not options.bench:
        for patients in options.patients:
            folder = scratch / f"made-{patients}"
            made.make(folder, patients=patients, files=options.files, seed=options.seed)
            yield folder


def _product(folder: Path, url: str, options: argparse.Namespace, scratch: Path) -> tuple[Row, str]:
    answers = scratch / "answers.jsonl"
    with _database(url, scratch) as environment:
        loaded = _run(environment, "product", "load", str(folder), "--bare-number", options.bare_number)
        arguments = ("match", str(folder), "--files", str(options.files), "--answers", str(answers))
        took = _run(environment, "product", *arguments)
    name = "Intake SQLite" if url == "sqlite" else "Intake Postgres"
    row = Row(
        matcher=name,
        patients=_patients(folder),
        score=score(folder / "truth.jsonl", answers),
        p50_ms=took["wall"]["p50"],
        p99_ms=took["wall"]["p99"],
        peak_mb=took["peak_mb"],
    )
    size, ready, cpu = loaded["index_bytes"] / 1e6, took["ready_seconds"], took["cpu"]
    note = (
        f"{row.patients:>9} {name}: rows {loaded['rows_seconds']:.0f} s, "
        f"index {loaded['index_seconds']:.0f} s, {size:.0f} MB; ready after {ready:.1f} s; "
        f"processor time p50 {cpu['p50']:.1f}, p99 {cpu['p99']:.1f} ms"
    )
    return row, note


def _rivals(folder: Path, options: argparse.Namespace, scratch: Path) -> Iterator[Row]:
    patients = _patients(folder)
    usual = FEW_FILES if patients >= MANY_PATIENTS else SOME_FILES
    files = usual if options.rival_files is None else options.rival_files
    if not files:
        return
    answers = [scratch / f"rival-{place}.jsonl" for place in range(len(RIVALS))]
    arguments = (str(folder), "--files", str(files), "--answers", *map(str, answers))
    took = _run(dict(os.environ), "rivals", *arguments)
    for name, path, spent in zip(RIVALS, answers, took, strict=True):
        yield Row(name, patients, score(folder / "truth.jsonl", path), spent["p50"], spent["p99"])


@contextmanager
def _database(url: str, scratch: Path) -> Iterator[dict[str, str]]:
    """The environment of a process whose database is new, and gone afterwards."""
    base = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    base["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    with tempfile.TemporaryDirectory(dir=scratch, prefix="home-") as home:
        base["INTAKE_HOME"] = home
        if url == "sqlite":
            yield base
            return
        server, name = url.rpartition("/")[0], f"intake_bench_{os.getpid()}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                yield base | {"DATABASE_URL": f"{server}/{name}"}
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(environment: dict[str, str], module: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", f"benchmarks.names.{module}", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode().splitlines()[-1])


def _patients(folder: Path) -> int:
    return int(json.loads((folder / "meta.json").read_text())["n"])


def _show(row: Row) -> None:
    each = row.score
    shares: tuple[Share, ...] = (
        each.coverage, each.coverage_two, each.recall_1, each.recall_5, each.recall_5_tellable,
        each.strangers_unmatched,
    )  # fmt: skip
    cells = [str(row.patients), row.matcher, str(each.files), str(each.wrong), str(each.lucky)]
    cells += ["–" if share.value is None else f"{share.value:.3f}" for share in shares]
    cells += [f"{each.ece:.4f}", f"{each.gap:+.4f}", f"{row.p50_ms:.1f}", f"{row.p99_ms:.1f}"]
    cells.append("–" if row.peak_mb is None else str(row.peak_mb))
    print(" ".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True)), flush=True)


if __name__ == "__main__":
    main()
