"""Search: is what was meant found, how soon among 200,000 passages, and how else one would do it without an
index.

`python benchmarks/search.py` prints both tables for SQLite and for PostgreSQL: ten minutes on two cores,
nearly all of them to fill the databases. With `--keep FOLDER` they stay (PostgreSQL's on its server, as
`intake_bench_search`), and later runs only measure. `--database sqlite` is for one of them. PostgreSQL's
server is the test suite's: INTAKE_TEST_POSTGRES, else a running one, else one of our own meanwhile. The last
column says how many times the slowest search of the product a peer takes.

The questions are in `benchmarks/searching/questions.tsv`: each begins with the passage that answers it, which
says it in other words.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.searching.product import Product  # noqa: E402 - `make bench` runs this file by its path
from tests.services import postgres  # noqa: E402

PASSAGES = 200_000
ROUNDS = 40
PROMISE_MS = 150
DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """1 when the merged order is not the best, or an answer takes longer than promised."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passages", type=int, default=PASSAGES, help="how many (default: %(default)s)")
    parser.add_argument("--database", choices=DATABASES, action="append", help="this one only")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what was filled, and use it again")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    databases = chosen.database or DATABASES
    if chosen.here:
        return measure(databases[0], chosen.passages)
    return max(in_a_process_of_its_own(database, chosen.passages, chosen.keep) for database in databases)


def in_a_process_of_its_own(database: str, passages: int, keep: Path | None) -> int:
    """Django takes its settings once in a process."""
    command = [sys.executable, __file__, "--here", "--database", database, "--passages", str(passages)]
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="intake-search-"))
        if keep is not None:
            home = str(keep.resolve() / database)
            Path(home).mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"INTAKE_HOME": home, "INTAKE_TEST_HOME": home}
        environment.pop("DATABASE_URL", None)
        if database == "postgresql":
            url = stack.enter_context(postgres())
            if keep is not None:
                url = url.rpartition("/")[0] + "/intake_bench_search"
            environment["DATABASE_URL"] = url
        return subprocess.run(command, env=environment, check=False).returncode


def measure(database: str, passages: int) -> int:
    """Both tables for one database; the number of promises that are not kept."""
    print(f"\n== {database}")
    with Product() as product:
        print(f"meaning is served by {product.model_name}")
        broken = recall(product)
        product.fill(passages)
        return broken + timing(product)


def recall(product: Product) -> int:
    """Of how many questions the right passage is among the first five, by each way of looking."""
    found = {mode: product.recall_at_5(mode) for mode in ("words", "meaning", "both")}
    print(f"{'recall at 5':<34}{'all':>8}{'English':>10}{'Spanish':>10}")
    for mode, shares in found.items():
        print(f"  {mode:<32}" + "".join(f"{share:>9.0%}" for share in shares))
    best = found["both"][0]
    return int(best < max(found["words"][0], found["meaning"][0]))


def timing(product: Product) -> int:
    """Milliseconds of a whole search, rows of the page included, and of the peers; the processor's share of
    it as well, because other work on the machine makes clocks lie.
    """
    lines: dict[str, tuple[Callable[[str], object], int]] = {
        "words, rare": (product.words_of_one_passage, ROUNDS),
        "words, everywhere": (product.common_words, ROUNDS),
        "meaning": (product.meaning, ROUNDS),
        "both": (product.both, ROUNDS),
        "both, one patient": (product.both_of_a_patient, ROUNDS),
        "peer: LIKE over the pages": (product.like, 8),
        "peer: cosines row by row": (product.cosines, 3),
    }
    title = f"milliseconds, {product.passages:,} passages"
    print(f"{title:<34}{'p50':>8}{'p99':>8}{'CPU p50':>10}{'ratio':>8}")
    slowest = 0.0
    for name, (ask, rounds) in lines.items():
        walls, processors = zip(*_timed(ask, product.questions, rounds), strict=True)
        p50, p99 = statistics.median(walls), sorted(walls)[min(len(walls) - 1, int(0.99 * len(walls)))]
        slowest = slowest if name.startswith("peer") else max(slowest, p50)
        ratio = f"{p50 / slowest:>7.1f}x" if name.startswith("peer") else ""
        print(f"  {name:<32}{p50:>8.1f}{p99:>8.1f}{statistics.median(processors):>10.1f}{ratio}")
    is_kept = slowest <= PROMISE_MS
    print(f"promise: a search in under {PROMISE_MS} ms (p50): {'kept' if is_kept else 'NOT KEPT'}")
    return int(not is_kept)


def _timed(ask: Callable[[str], object], questions: list[str], rounds: int) -> Iterator[tuple[float, float]]:
    """By the clock, and of this process."""
    ask(questions[0])  # once unmeasured: statements are prepared, files are mapped
    for number in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        ask(questions[number % len(questions)])
        yield 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)


if __name__ == "__main__":
    sys.exit(main())
