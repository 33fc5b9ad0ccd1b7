"""Every table that leaves the product, as CSV or as a workbook: no cell of it runs as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from xlsxwriter import Workbook

from files.formulas import neutralised

Cell = str | int | float | bool | date | datetime | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Without it Excel takes the table for one in an old code page, and shows every accent wrong.
_BYTE_ORDER_MARK = "\ufeff"
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"
# Where ";" parts the cells, the quotes around one that is not the first do not hold it together.
_AFTER_A_CUT = re.compile(r"([;\t|\r\n]\s*)([=+\-@＝＋－＠])")
_ROWS_AT_ONCE = 500
_CELL_CHARS = 32_767
_EXACT = 10**15
"""A spreadsheet keeps fifteen digits of a number."""
_MOST_ROWS = 1_048_576
_SHEET_NAME_CHARS = 31
_OPTIONS = {
    "constant_memory": True,  # row by row, however many there are
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table in pieces of some rows, the names of the columns first, in UTF-8 with its mark (RFC 4180).

    Times are ISO 8601 in UTC, nothing is an empty cell, yes and no are words.
    """
    yield _BYTE_ORDER_MARK + _lines([[_harmless(name) for name in columns]])
    held: list[list[str]] = []
    for row in rows:
        held.append([_harmless(_text(cell)) for cell in row])
        if len(held) == _ROWS_AT_ONCE:
            yield _lines(held)
            held = []
    if held:
        yield _lines(held)


def write_xlsx(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Table"
) -> None:
    """The same table as a workbook at `path`, with one sheet `title`; each row is written as it comes.

    What is text stays text, whatever it looks like: a record number keeps its zeros, `=1+1` is four signs.
    Numbers, dates and times are such to the spreadsheet. Rows beyond the [1,048,576] of a sheet go on the
    next.
    """
    with Workbook(path, _OPTIONS) as book:
        writer = _Sheets(book, columns, title)
        for row in rows:
            writer.add(row)


class _Sheets:
    """The sheets of one workbook, begun as they are needed."""

    def __init__(self, book: Workbook, columns: Sequence[str], title: str) -> None:
        self._book, self._columns = book, columns
        self._title = "".join(char for char in title if char not in "[]:*?/\\'")[: _SHEET_NAME_CHARS - 4]
        self._bold = book.add_format({"bold": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._number = 0
        self._begin()

    def add(self, row: Sequence[Cell]) -> None:
        """Write one row."""
        if self._line == _MOST_ROWS:
            self._begin()
        for at, cell in enumerate(row):
            self._put(at, cell)
        self._line += 1

    def _begin(self) -> None:
        self._number += 1
        name = self._title if self._number == 1 else f"{self._title} {self._number}"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for at, column in enumerate(self._columns):
            self._sheet.write_string(0, at, column, self._bold)
        self._line = 1

    def _put(self, at: int, cell: Cell) -> None:
        sheet, line = self._sheet, self._line
        match cell:
            case None | "":
                return
            case bool():
                sheet.write_boolean(line, at, cell)
            case int() | float() if abs(cell) < _EXACT:
                sheet.write_number(line, at, cell)
            case datetime():
                sheet.write_datetime(line, at, cell.replace(tzinfo=None), self._moment)
            case date():
                sheet.write_datetime(line, at, datetime(cell.year, cell.month, cell.day), self._day)  # noqa: DTZ001
            case _:
                sheet.write_string(line, at, str(cell)[:_CELL_CHARS])


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return cell.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return cell.isoformat()
    return str(cell)


def _harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs, wherever its country cuts a line."""
    return _AFTER_A_CUT.sub(r"\1'\2", neutralised(text.replace("\0", "").lstrip(_UNSEEN)))


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    # Every cell in quotes: a spreadsheet that splits at ";" would find formulas inside a bare one.
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
