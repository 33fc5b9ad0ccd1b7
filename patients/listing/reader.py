"""The job itself: one list is read whole, and its rows are written down as JSON Lines beside it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from files.errors import FileRejected
from files.kinds import FileKind
from patients.listing.columns import HELPFUL, HELPFUL_FOR_PATHS, Column, Columns, mapped
from patients.listing.headers import SAMPLE_ROWS, find_header, guessed, is_table, unknown_header
from patients.listing.meaning import Meaning
from patients.listing.ods import OdsList
from patients.listing.tables import Limits, Row, Source
from patients.listing.text import TextList
from patients.listing.vcards import CardList
from patients.listing.xls import XlsList
from patients.listing.xlsx import XlsxList

ROWS_FILE = "rows.jsonl"

_CELLS_FILE = "cells"
_BETWEEN = "\x1f"
_SAMPLES = 5
_LONGEST_SAMPLE = 80
_SAMPLED_ROWS = 2000
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
_UNNAMED = "Column {}"
_GUESSED = "It has no header; what its columns hold was guessed from what stands in them."
_UNKNOWN = "None of its columns has a name that is understood. Say what each holds under Rosters."


@dataclass(slots=True)
class _Layout:
    """What stands above the rows: the header's line and titles, and what each column holds."""

    line: int
    titles: list[str]
    columns: Columns
    remarks: list[tuple[int, str]]
    is_guessed: bool = False

    @property
    def is_known(self) -> bool:
        return any(column is not None for column in self.columns)


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
    rows = _numbered(source.rows())
    head = list(islice(rows, SAMPLE_ROWS))
    layout = _layout(source, head, mapping, max_columns)
    body = (row for row in chain(head, rows) if row.line > layout.line)
    meaning = Meaning(layout.titles, layout.columns, today=date.today())  # noqa: DTZ011 - a day will do
    cells = Path(scratch, _CELLS_FILE)
    samples = _spool(body, cells, meaning, max_rows, width=len(layout.titles))
    tally = _Tally(remarks=layout.remarks)
    with Path(scratch, ROWS_FILE).open("w", encoding="utf-8") as out:
        _write(_spooled(cells), out, meaning, tally, is_known=layout.is_known)
    cells.unlink()
    return {
        "format": source.facts.format,
        "encoding": source.facts.encoding,
        "delimiter": source.facts.delimiter,
        "sheet": source.facts.sheet,
        "sheets": source.facts.sheets,
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


def _layout(source: Source, head: list[Row], mapping: Mapping[str, str] | None, max_columns: int) -> _Layout:
    if source.titles is not None:
        columns = mapped(source.fields, mapping or {}, len(source.titles))
        return _Layout(0, source.titles, columns, [])
    if not head:
        raise FileRejected("list-empty", "This list is empty. Save it again and send that.")
    line, titles, found, remarks = _found(head, is_sure=source.facts.format != FileKind.CSV)
    if len(titles) > max_columns:
        raise _too_wide(len(titles), max_columns)
    if mapping is None:
        return _Layout(line, titles, found, remarks, is_guessed=not line and any(found))
    return _Layout(line, titles, mapped(found, mapping, len(titles)), [])


def _found(head: list[Row], *, is_sure: bool) -> tuple[int, list[str], Columns, list[tuple[int, str]]]:
    """The line of the header (0 for none), the titles, what each column holds, and what is to be said of it.

    `is_sure` where the format leaves no doubt that this is a table, and not a letter.
    """
    if header := find_header(head):
        row = head[header.at]
        return row.line, _named(row.cells), header.columns, []
    if not (is_sure or is_table(head)) and not any(guessed(head)):
        raise _not_understood()
    if (at := unknown_header(head)) >= 0:
        row = head[at]
        return row.line, _named(row.cells), (None,) * len(row.cells), [(row.line, _UNKNOWN)]
    columns = guessed(head)
    remark = _GUESSED if any(columns) else _UNKNOWN
    return 0, _named([""] * len(columns)), columns, [(head[0].line, remark)]


def _named(cells: list[str]) -> list[str]:
    """A title for each column, and no two alike."""
    titles: dict[str, None] = {}
    for at, cell in enumerate(cells, start=1):
        title = cell[:_LONGEST_SAMPLE] or _UNNAMED.format(at)
        titles[title if title not in titles else f"{title} ({at})"] = None
    return list(titles)


def _spool(
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
                message = f"This list has more than {max_rows} lines. Send it in parts."
                raise FileRejected("list-too-long", message, limit=max_rows)
            if number < _SAMPLED_ROWS:
                _sample(row.cells, samples)
            meaning.see(row.cells)
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


def _spooled(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        for packed in lines:
            line, faults, problem, *cells = packed[:-1].split(_BETWEEN)
            found = {int(at): what for at, what in json.loads(faults).items()} if faults else None
            yield Row(int(line), cells, found, problem)


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


def _columns(layout: _Layout, samples: list[list[str]], meaning: Meaning) -> list[dict[str, Any]]:
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


def _too_wide(columns: int, limit: int) -> FileRejected:
    message = f"This list has more than {limit} columns. Leave out those that are not needed."
    return FileRejected("list-too-wide", message, columns=columns, limit=limit)


def _not_understood() -> FileRejected:
    return FileRejected(
        "list-not-understood",
        f"None of its first lines names the columns of a patient list. Headers that help: {HELPFUL}; "
        f"or {HELPFUL_FOR_PATHS}.",
    )
