"""Pages per second of text and previews, beside `pdftotext` and `pdftoppm` in the same run.

    .venv/bin/python benchmarks/documents.py [--files 200] [--pages 10]

Each PDF is read by both, one right after the other and in turns first, so that what else the machine does
falls on both; what is compared is the ratio of each pair. Ours does more in its time: it looks for bombs and
for what could act, tells scans from text, and reads in a walled child process that is forked anew for every
file. The rival is two processes: the text of all pages, and the first page as JPEG of 800 and 150 pixels.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the path and the settings first

django.setup()

from documents.ingest import JOB, job_arguments  # noqa: E402
from files import sandbox  # noqa: E402
from files.kinds import FileKind  # noqa: E402
from tests import sample_documents  # noqa: E402

GOAL_RATIO = 1.0
"""Our time by the rival's, for text and previews together: not slower than the two programs."""

LINES = (
    "La paciente refiere dolor en el pecho desde hace dos meses y niega fiebre.",
    "Se indica metformina 850 mg cada 12 horas, dieta y control en cuatro semanas.",
    "Exploración física sin datos de alarma; signos vitales dentro de lo normal.",
)


def letters(folder: Path, files: int, pages: int) -> list[Path]:
    """PDFs of `pages` full pages each, no two of the same text."""
    made = []
    for number in range(files):
        body = [f"Nota {number}-{page}\n" + "\n".join(LINES * 15) for page in range(pages)]
        path = folder / f"{number:04d}.pdf"
        path.write_bytes(sample_documents.pdf(*body))
        made.append(path)
    return made


def ours(path: Path, scratch: Path) -> int:
    """Read it as the road does; how many characters came."""
    arguments = {"path": str(path), "scratch": str(scratch), **job_arguments(FileKind.PDF)}
    facts = sandbox.run(JOB, limits=sandbox.usual_limits(), arguments=arguments)
    pages: list[str] = list(facts["pages"])  # type: ignore[call-overload]
    assert len(list(scratch.glob("*.jpg"))) == 2
    return sum(map(len, pages))


def rival(path: Path, scratch: Path) -> int:
    """The same by poppler's programs."""
    text = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True).stdout
    for side in ("800", "150"):
        first = ["pdftoppm", "-jpeg", "-f", "1", "-l", "1", "-singlefile", "-scale-to", side]
        subprocess.run([*first, path, scratch / side], check=True)
    return len(text.decode())


def timed(read: Callable[[Path, Path], int], path: Path) -> tuple[float, int]:
    """Seconds and characters, in a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        chars = read(path, Path(scratch))
        return time.perf_counter() - began, chars


def pairs(paths: Sequence[Path]) -> list[tuple[float, float]]:
    """Our seconds and the rival's for each file, each in its turn first."""
    found = []
    for number, path in enumerate(paths):
        order = [ours, rival] if number % 2 else [rival, ours]
        seconds = {}
        chars = {}
        for read in order:
            seconds[read], chars[read] = timed(read, path)
        assert abs(chars[ours] - chars[rival]) < 0.05 * chars[rival], "both must find the same text"
        found.append((seconds[ours], seconds[rival]))
    return found


def main() -> int:
    """Print the table; 1 when the goal is missed, 2 without the rival."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10)
    options = parser.parse_args()
    if not (shutil.which("pdftotext") and shutil.which("pdftoppm")):
        print("The rival is missing. On Debian: apt-get install poppler-utils")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        paths = letters(Path(folder), options.files, options.pages)
        pairs(paths[:3])  # the zygote starts, and the disk warms for both
        found = pairs(paths)
    ratio = statistics.median(mine / theirs for mine, theirs in found)
    print(f"{options.files} PDFs of {options.pages} pages: text of every page, two pictures of the first")
    for name, seconds in zip(("intake", "pdftotext + pdftoppm"), zip(*found, strict=True), strict=True):
        rate = options.files * options.pages / sum(seconds)
        print(f"{name:22} {rate:8.0f} pages/s   median {1000 * statistics.median(seconds):6.1f} ms a file")
    print(f"median ratio of pairs  {ratio:8.2f}   (goal at most {GOAL_RATIO:.2f})")
    return 0 if ratio <= GOAL_RATIO else 1


if __name__ == "__main__":
    raise SystemExit(main())
