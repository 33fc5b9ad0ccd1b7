"""Reads a workbook of LibreOffice (ODS, OpenDocument 1.3) row by row; what it repeats is not multiplied."""

from collections.abc import Iterator
from pathlib import Path

from patients.listing.columns import Columns
from patients.listing.headers import HEADER_WITHIN
from patients.listing.number_formats import number_text
from patients.listing.packages import CELL_CHARS, Package
from patients.listing.refusals import damaged, encrypted
from patients.listing.sheets import chosen
from patients.listing.tables import Facts, Limits, Row, cleaned

_CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_MOST_SHEETS = 50
_LONGEST_NAME = 100
_NO_VALUE = "is a formula without a value, and was read as empty; open the workbook once and save it."
_ERROR = "holds an error ({}) and was read as empty."
_NUMBERS = frozenset({"float", "currency", "percentage"})


class OdsList:
    """The sheet of an OpenDocument workbook that holds the patients."""

    titles: list[str] | None = None
    fields: Columns = ()

    def __init__(self, path: Path, limits: Limits) -> None:
        self._package, self._limits = Package(path, limits.max_unpacked_bytes), limits
        if _CONTENT not in self._package:
            raise damaged()
        self._check_for_password()
        names = self._names()
        self._sheet = chosen(range(len(names)), self._rows_of)
        name = names[self._sheet] if self._sheet is not None else ""
        self.facts = Facts(format="ods", sheet=name, sheets=names)

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, by its number on the sheet."""
        return self._rows_of(self._sheet) if self._sheet is not None else iter(())

    def _rows_of(self, sheet: int) -> Iterator[Row]:
        reader = _SheetReader(sheet, self._limits)
        for _ in self._package.parse(_CONTENT, reader.start, reader.end, reader.text):
            yield from reader.rows
            reader.rows = []
            if reader.is_done:
                return

    def _names(self) -> list[str]:
        names: list[str] = []
        depth = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            if name == "table":
                depth += 1
                if depth == 1 and len(names) < _MOST_SHEETS:
                    names.append(_attribute(attributes, "name")[:_LONGEST_NAME])

        def end(name: str) -> None:
            nonlocal depth
            depth -= name == "table"

        for _ in self._package.parse(_CONTENT, start, end, _nothing):
            pass
        return names

    def _check_for_password(self) -> None:
        def start(name: str, _: dict[str, str]) -> None:
            if name in {"encryption-data", "encrypted-key"}:
                raise encrypted()

        if _MANIFEST in self._package:
            self._package.read(_MANIFEST, start)


class _SheetReader:
    """The handlers of one sheet: they gather `rows`, which somebody takes away from time to time."""

    def __init__(self, sheet: int, limits: Limits) -> None:
        self.rows: list[Row] = []
        self.is_done = False
        self._wanted, self._limits = sheet, limits
        self._sheet = -1
        self._depth = 0  # tables within the table
        self._aside = 0  # remarks and drawings, whose text is not the cell's
        self._line = 1
        self._given = 0
        self._row_times = self._times = 1
        self._cells: list[str] = []
        self._faults: dict[int, str] = {}
        self._blanks = 0
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._length = 0
        self._is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            self._sheet += self._depth == 1
        elif self._sheet != self._wanted or self._depth != 1:
            return
        elif name == "table-row":
            self._row_times = _times(attributes, "number-rows-repeated")
            self._cells, self._faults, self._blanks = [], {}, 0
        elif name in {"table-cell", "covered-table-cell"}:
            self._times = _times(attributes, "number-columns-repeated")
            self._cell = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            self._paragraphs, self._length = [], 0
        elif name in {"annotation", "frame", "shapes", "custom-shape"}:
            self._aside += 1
        elif name == "p" and not self._aside:
            self._is_text = True
            self._paragraphs.append("")
        elif name in {"s", "tab", "line-break"} and self._is_text:
            self._paragraphs[-1] += " "

    def end(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
            self.is_done = self.is_done or (self._depth == 0 and self._sheet == self._wanted)
        elif self._sheet != self._wanted or self._depth != 1:
            return
        elif name == "p" and not self._aside:
            self._is_text = False
        elif name in {"annotation", "frame", "shapes", "custom-shape"}:
            self._aside -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell()
        elif name == "table-row":
            self._end_row()

    def text(self, text: str) -> None:
        if self._is_text and self._length < CELL_CHARS:
            self._paragraphs[-1] += text
            self._length += len(text)

    def _end_cell(self) -> None:
        text = self._shown()
        if not text:
            self._blanks = min(self._blanks + self._times, self._limits.max_columns + 1)
            return
        room = self._limits.max_columns + 1 - len(self._cells)
        blanks = min(self._blanks, room)
        self._cells += [""] * blanks
        self._cells += [text] * min(self._times, room - blanks)
        self._blanks = 0

    def _end_row(self) -> None:
        times = self._row_times
        if any(self._cells) or self._faults:
            # A few more than are allowed, the header among them, are enough for whoever counts.
            for at in range(min(times, self._limits.max_rows + HEADER_WITHIN + 1 - self._given)):
                self.rows.append(Row(self._line + at, self._cells, self._faults or None))
                self._given += 1
        self._line += times

    def _shown(self) -> str:
        cell = self._cell
        shown = cleaned(" ".join(self._paragraphs))
        kind = cell.get("value-type", "")
        if kind == "error" or (
            shown.startswith("#") and cell.get("formula") and shown.endswith(("!", "?", "A"))
        ):
            self._fault(_ERROR.format(shown[:12]))
            return ""
        if not kind and cell.get("formula") and not shown:
            self._fault(_NO_VALUE)
            return ""
        if kind in _NUMBERS:
            return _number(cell.get("value", ""), shown)
        if kind == "date":
            return cell.get("date-value", "")[:30].removesuffix("T00:00:00")
        return shown

    def _fault(self, what: str) -> None:
        at = len(self._cells) + self._blanks
        if at <= self._limits.max_columns:
            self._faults[at] = what


def _number(value: str, shown: str) -> str:
    """The number; where its cell shows zeros before it, the number with them."""
    try:
        number = float(value)
    except ValueError:
        return shown
    if shown.isdecimal() and len(shown) < CELL_CHARS // 1000 and int(shown) == number:
        return shown
    return number_text(number)


def _attribute(attributes: dict[str, str], wanted: str) -> str:
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == wanted), "")


def _times(attributes: dict[str, str], wanted: str) -> int:
    said = _attribute(attributes, wanted)
    return max(int(said), 1) if said.isascii() and said.isdigit() and len(said) < len("1000000000") else 1


def _nothing(_: str) -> None:
    """The names of the sheets stand in no text."""
