"""The job itself: one list is read whole, and its rows are written down as JSON Lines beside it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from files.errors import FileRejected
from patients.listing import cells as meaning
from patients.listing.columns import HELPFUL, HELPFUL_FOR_PATHS, Column, is_spanish
from patients.listing.text import Header, Row, decoded, encoding_of, find_header, rows_of

ROWS_FILE = "rows.jsonl"

_LONGEST_NUMBER = 64
_LONGEST_NAME = 200
_LONGEST_PATH = 1024
_LONGEST_SUFFIX = 32
_LINES_TOLD = 20
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the list, as it is written down for the other side."""

    line: int
    path: str
    mrn: str
    family_name: str
    given_names: str
    whole_name: str
    suffix: str
    birth_date: str
    has_lost_date: bool
    sex: str
    problem: str


@dataclass(slots=True)
class _Tally:
    """How many rows were understood, and which lines were not."""

    rows: int = 0
    refused: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)


def read(
    *,
    path: str,
    scratch: str,
    max_bytes: int,
    max_rows: int,
    max_columns: int,
    mapping: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Read a list; its rows go to `ROWS_FILE` in the directory `scratch`, one JSON object a line.

    Returns `is_mapping` (it has a column of paths), `rows`, `refused` (how many lines were not understood),
    `told` (the first [20] of those: line and why), and how it was read: `format`, `encoding`, `delimiter`,
    `columns`. `mapping` says what each column holds ({"0": "mrn"}); without it the headers do. Raises
    FileRejected "list-not-understood",
    "list-quote-open", "list-empty", "list-too-large", "list-too-long", "list-too-wide".
    """
    data = _data(Path(path), max_bytes)
    text = decoded(data)
    header = find_header(text)
    if header is None:
        raise _not_understood()
    if mapping is not None:
        header = replace(header, columns=_mapped(len(header.columns), mapping))
    if len(header.columns) > max_columns:
        raise _too_wide(len(header.columns), max_columns)
    tally = _Tally()
    with Path(scratch, ROWS_FILE).open("w", encoding="utf-8") as out:
        for line in _Reader(text, header).lines():
            _count(line, tally, max_rows)
            out.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
    if not tally.rows and not tally.refused:
        raise FileRejected("list-empty", "This list has a header and no line below it. Save it again.")
    return _facts(data, text, header, tally)


def _facts(data: bytes, text: str, header: Header, tally: _Tally) -> dict[str, Any]:
    return {
        "is_mapping": Column.PATH in header.columns,
        "rows": tally.rows,
        "refused": tally.refused,
        "told": tally.told,
        "format": "csv",
        "encoding": encoding_of(data),
        "delimiter": header.separator,
        "columns": _described(text, header),
    }


def _mapped(columns: int, mapping: Mapping[str, str]) -> tuple[Column | None, ...]:
    fields = (mapping.get(str(at), "") for at in range(columns))
    return tuple(Column(field) if field else None for field in fields)


def _described(text: str, header: Header) -> list[dict[str, Any]]:
    """Each column with its header, what it was taken for, and its first cells."""
    rows = (cells for line, cells in rows_of(text, header.separator) if line >= header.line)
    heading, *samples = islice(rows, 1 + _SAMPLES)
    return [
        {
            "index": at,
            "header": name,
            "field": (header.columns[at] or "") if at < len(header.columns) else "",
            "samples": [cells[at] if at < len(cells) else "" for cells in samples],
        }
        for at, name in enumerate(heading)
    ]


class _Reader:
    """One list's rows in the light of its header and of what its columns say as a whole."""

    def __init__(self, text: str, header: Header) -> None:
        self._text, self._header = text, header
        self._at = {column: at for at, column in enumerate(header.columns) if column is not None}
        heading = next(cells for line, cells in rows_of(text, header.separator) if line == header.line)
        births = self._column(Column.BIRTH)
        self._order = meaning.order_of(births, is_spanish=is_spanish(heading))
        self._sexes = meaning.sexes_of(self._column(Column.SEX))

    def lines(self) -> Iterator[_Line]:
        """Every line below the header, understood or not."""
        return (self._line(*row) for row in self._rows())

    def _rows(self) -> Iterable[Row]:
        rows = rows_of(self._text, self._header.separator)
        return (row for row in rows if row[0] > self._header.line)

    def _column(self, column: Column) -> Iterator[str]:
        return (self._cell(cells, column) for _, cells in self._rows()) if column in self._at else iter(())

    def _cell(self, cells: list[str], column: Column) -> str:
        at = self._at.get(column, len(cells))
        return cells[at] if at < len(cells) else ""

    def _line(self, line: int, cells: list[str]) -> _Line:
        family, given, whole = self._names(cells)
        born = self._cell(cells, Column.BIRTH)
        birth_date = meaning.day_of(born, self._order) if born else None
        number = self._cell(cells, Column.NUMBER)
        return _Line(
            line=line,
            path=self._cell(cells, Column.PATH)[:_LONGEST_PATH],
            mrn=number[:_LONGEST_NUMBER],
            family_name=family[:_LONGEST_NAME],
            given_names=given[:_LONGEST_NAME],
            whole_name=whole[:_LONGEST_NAME],
            suffix=self._cell(cells, Column.SUFFIX)[:_LONGEST_SUFFIX],
            birth_date=birth_date.isoformat() if birth_date else "",
            sex=self._sexes.get(self._cell(cells, Column.SEX).casefold(), ""),
            has_lost_date=bool(born) and birth_date is None,
            problem=self._problem(cells),
        )

    def _names(self, cells: list[str]) -> tuple[str, str, str]:
        """Surnames, given names, and the whole name where nothing says which is which."""
        family = " ".join((self._cell(cells, Column.FAMILY), self._cell(cells, Column.FAMILY_2))).strip()
        given = " ".join((self._cell(cells, Column.GIVEN), self._cell(cells, Column.GIVEN_2))).strip()
        whole = "" if family else self._cell(cells, Column.NAME)
        if "," in whole:
            family, _, given = (part.strip() for part in whole.partition(","))
            return family, given, ""
        return family, given, whole

    def _problem(self, cells: list[str]) -> str:
        number = self._cell(cells, Column.NUMBER)
        if any(cells[len(self._header.columns) :]):
            return "It has more cells than the header."
        if len(number) > _LONGEST_NUMBER:
            return "Its record number is too long."
        if meaning.is_shortened(number):
            return "A spreadsheet has shortened its record number; format that column as text."
        if Column.PATH in self._at:
            has_both = self._cell(cells, Column.PATH) and number
            return "" if has_both else "It needs both a file and a record number."
        return "" if number or any(self._names(cells)) else "It has no record number and no name."


def _count(line: _Line, tally: _Tally, max_rows: int) -> None:
    if line.problem:
        tally.refused += 1
        tally.told += [(line.line, line.problem)] if len(tally.told) < _LINES_TOLD else []
    else:
        tally.rows += 1
    if tally.rows + tally.refused > max_rows:
        message = f"This list has more than {max_rows} lines. Send it in parts."
        raise FileRejected("list-too-long", message, limit=max_rows)


def _data(path: Path, max_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > max_bytes:
        message = f"This list has {size} bytes; at most {max_bytes} are read. Send it in parts."
        raise FileRejected("list-too-large", message, limit_bytes=max_bytes)
    return path.read_bytes()


def _too_wide(columns: int, limit: int) -> FileRejected:
    message = f"This list has {columns} columns; at most {limit} are read. Leave out those not needed."
    return FileRejected("list-too-wide", message, limit=limit)


def _not_understood() -> FileRejected:
    return FileRejected(
        "list-not-understood",
        f"None of its first lines names the columns of a patient list. Headers that help: {HELPFUL}; "
        f"or {HELPFUL_FOR_PATHS}.",
    )
