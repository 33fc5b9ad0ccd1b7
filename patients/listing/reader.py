"""The job itself: one list is read whole, and its rows are written down as JSON Lines beside it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from files.errors import FileRejected
from files.kinds import FileKind
from patients.listing import spool
from patients.listing.columns import Column
from patients.listing.headers import SAMPLE_ROWS
from patients.listing.layout import Layout, layout_of
from patients.listing.meaning import Meaning
from patients.listing.ods import OdsList
from patients.listing.tables import Limits, Row, Source
from patients.listing.text import TextList
from patients.listing.vcards import CardList
from patients.listing.xls import XlsList
from patients.listing.xlsx import XlsxList

ROWS_FILE = "rows.jsonl"

_CELLS_FILE = "cells"
_LINES_TOLD = 20
_LAST_LINE = 2_000_000_000
_READERS: Mapping[str, type[TextList | CardList | XlsList | XlsxList | OdsList]] = {
    FileKind.CSV: TextList,
    FileKind.VCARD: CardList,
    FileKind.XLS: XlsList,
    FileKind.XLSX: XlsxList,
    FileKind.ODS: OdsList,
}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


@dataclass(slots=True)
class _Tally:
    """How many rows were understood, and which lines were not."""

    rows: int = 0
    refused: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        self.refused += 1
        if len(self.refusals) < _LINES_TOLD:
            self.refusals.append((line, why))

    def remark(self, line: int, what: str) -> None:
        if len(self.remarks) < _LINES_TOLD:
            self.remarks.append((line, what))

    @property
    def told(self) -> list[tuple[int, str]]:
        """What was refused comes first."""
        return [*self.refusals, *self.remarks][:_LINES_TOLD]


def read(
    *,
    path: str,
    scratch: str,
    kind: str,
    mapping: Mapping[str, str] | None = None,
    max_bytes: int,
    max_rows: int,
    max_columns: int,
    max_unpacked_bytes: int,
) -> dict[str, Any]:
    """Read a list; its rows go to `ROWS_FILE` in the directory `scratch`, one JSON object a line.

    `kind` is a `FileKind` that is a list. `mapping` says by column index (as text, from 0) which field of
    `Column` a column holds, "" for none; it wins over what the headers say.

    Returns `format`, `encoding`, `delimiter`, `sheet` and `sheets`; `columns`, each with `index`, `header`,
    `field` ("" for none), up to [5] `samples`, and a `note` on how it was read; `is_guessed` (the fields were
    told by the cells, not by a header); `is_mapping` (it has a column of paths), `rows`, `refused` (how many
    lines were not understood) and `told` (the first [20] of those, and of what else should be known: line and
    why).

    Raises FileRejected "list-not-understood" (it is no table), "list-empty", "list-too-large",
    "list-too-long", "list-too-wide", "mapping-not-understood", and what the reader of its format raises.
    """
    limits = Limits(
        max_bytes=max_bytes, max_rows=max_rows, max_columns=max_columns, max_unpacked_bytes=max_unpacked_bytes
    )
    _check_size(Path(path), max_bytes)
    source = _READERS[kind](Path(path), limits)
    return asdict(source.facts) | _read(source, Path(scratch), limits, mapping)


def _read(source: Source, scratch: Path, limits: Limits, mapping: Mapping[str, str] | None) -> dict[str, Any]:
    rows = _numbered(source.rows())
    head = list(islice(rows, SAMPLE_ROWS))
    layout = layout_of(source, head, mapping, limits.max_columns)
    body = (row for row in chain(head, rows) if row.line > layout.line)
    meaning = Meaning(layout.titles, layout.columns, today=date.today())  # noqa: DTZ011 - a day will do
    cells = scratch / _CELLS_FILE
    samples = spool.write_down(body, cells, meaning, limits.max_rows, width=len(layout.titles))
    tally = _Tally(remarks=layout.remarks)
    with Path(scratch, ROWS_FILE).open("w", encoding="utf-8") as out:
        _write(spool.read_back(cells), out, meaning, tally, is_known=layout.is_known)
    cells.unlink()
    return {
        "columns": _columns(layout, samples, meaning),
        "is_guessed": layout.is_guessed,
        "is_mapping": Column.PATH in layout.columns,
        "rows": tally.rows,
        "refused": tally.refused,
        "told": tally.told,
    }


def _check_size(path: Path, max_bytes: int) -> None:
    size = path.stat().st_size
    if size > max_bytes:
        message = f"This list has {size} bytes; at most {max_bytes} are read. Send it in parts."
        raise FileRejected("list-too-large", message, size_bytes=size, limit_bytes=max_bytes)


def _numbered(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with numbers that only grow, whatever the file says of them: each is the name of its row."""
    last = 0
    for row in rows:
        last = row.line if last < row.line < _LAST_LINE else last + 1
        yield row._replace(line=last)


def _write(rows: Iterator[Row], out: TextIO, meaning: Meaning, tally: _Tally, *, is_known: bool) -> None:
    for row in rows:
        line = meaning.line_of(row)
        if not is_known:
            # Said once for the whole list; the lines are none the worse.
            tally.refused += 1
        elif line["problem"]:
            tally.refuse(row.line, line["problem"])
        else:
            tally.rows += 1
        for at, what in (row.faults or {}).items():
            tally.remark(row.line, f"Its {at + 1}. cell {what}")
        out.write(_encode(line) + "\n")


def _columns(layout: Layout, samples: list[list[str]], meaning: Meaning) -> list[dict[str, Any]]:
    return [
        {
            "index": at,
            "header": title,
            "field": column or "",
            "samples": samples[at],
            "note": meaning.note(column),
        }
        for at, (title, column) in enumerate(zip(layout.titles, layout.columns, strict=True))
    ]
