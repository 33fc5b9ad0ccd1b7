"""Between the two looks at a list: its cells written down once, so that no format is read twice."""

import json
from collections.abc import Iterator
from pathlib import Path

from files.errors import FileRejected
from patients.listing.meaning import Meaning
from patients.listing.tables import Row

_BETWEEN = "\x1f"
_SAMPLES = 5
_LONGEST_SAMPLE = 80
_SAMPLED_ROWS = 2000


def write_down(
    rows: Iterator[Row], path: Path, meaning: Meaning, max_rows: int, *, width: int
) -> list[list[str]]:
    """Write the cells down for the second time they are needed, and let each column be seen as a whole.

    Returns the first few different cells of each column. Raises FileRejected "list-too-long", "list-empty".
    """
    samples: list[list[str]] = [[] for _ in range(width)]
    number = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            number += 1
            if number > max_rows:
                has = f"more than {max_rows} lines below its header, which is the limit"
                message = f"This list has {has}. Send it in parts."
                raise FileRejected("list-too-long", message, limit=max_rows)
            if number < _SAMPLED_ROWS:
                _sample(row.cells, samples)
            meaning.see(row)
            out.write(_packed(row))
    if not number:
        raise FileRejected("list-empty", "This list has a header and no line below it. Save it again.")
    return samples


def _sample(cells: list[str], samples: list[list[str]]) -> None:
    for cell, sample in zip(cells, samples, strict=False):
        if cell and len(sample) < _SAMPLES and (shown := cell[:_LONGEST_SAMPLE]) not in sample:
            sample.append(shown)


def _packed(row: Row) -> str:
    """A row as a line: what is between its cells is white space to Python, and so in none of them."""
    faults = json.dumps(row.faults) if row.faults else ""
    return _BETWEEN.join((str(row.line), faults, row.problem, *row.cells)) + "\n"


def read_back(path: Path) -> Iterator[Row]:
    """The rows as they were written down."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for packed in lines:
            line, faults, problem, *cells = packed[:-1].split(_BETWEEN)
            found = {int(at): what for at, what in json.loads(faults).items()} if faults else None
            yield Row(int(line), cells, found, problem)
