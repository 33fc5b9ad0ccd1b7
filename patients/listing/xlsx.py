"""Reads a workbook (XLSX, ECMA-376) row by row: values as text, with their zeros, and no formula ever run."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from patients.listing.columns import Columns
from patients.listing.number_formats import Format, format_of, number_text
from patients.listing.packages import CELL_CHARS, Package
from patients.listing.refusals import damaged, not_a_workbook
from patients.listing.sheets import chosen
from patients.listing.tables import Facts, Limits, Row, cleaned

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_MOST_TEXTS = 4_000_000
_MOST_SHEETS = 50
_MOST_FORMATS = 10_000
_LONGEST_NAME = 100
_MOST_DIGITS, _EXACT_DIGITS = 10, 15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NO_VALUE = "is a formula without a value, and was read as empty; open the workbook once and save it."
_ERROR = "holds an error ({}) and was read as empty."


class _Sheet(NamedTuple):
    """One sheet by its name, and the part of the package that holds it."""

    name: str
    part: str
    is_hidden: bool


class XlsxList:
    """The sheet of a workbook that holds the patients."""

    titles: list[str] | None = None
    fields: Columns = ()

    def __init__(self, path: Path, limits: Limits) -> None:
        self._package, self._limits = Package(path, limits.max_unpacked_bytes), limits
        if _WORKBOOK not in self._package:
            raise not_a_workbook()
        self._is_1904 = False
        sheets = self._sheets()
        self._formats = self._number_formats()
        self._texts = self._shared_texts()
        self._sheet = chosen(sheets, self._rows_of)
        names = [sheet.name for sheet in sheets]
        self.facts = Facts(format="xlsx", sheet=self._sheet.name if self._sheet else "", sheets=names)

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, by its number on the sheet."""
        return self._rows_of(self._sheet) if self._sheet else iter(())

    def _rows_of(self, sheet: _Sheet) -> Iterator[Row]:
        reader = _SheetReader(self._texts, self._formats, self._limits.max_columns)
        for _ in self._package.parse(sheet.part, reader.start, reader.end, reader.text):
            if reader.rows:
                yield from reader.rows
                reader.rows = []

    def _sheets(self) -> list[_Sheet]:
        """The work sheets in their order, those in sight first."""
        targets = self._targets()
        found: list[_Sheet] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr":
                self._is_1904 = attributes.get("date1904", "0") in {"1", "true"}
            elif name == "sheet" and len(found) < _MOST_SHEETS:
                relation = next(
                    (v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), ""
                )
                if part := targets.get(relation):
                    is_hidden = attributes.get("state", "visible") != "visible"
                    found.append(_Sheet(attributes.get("name", "")[:_LONGEST_NAME], part, is_hidden))

        self._package.read(_WORKBOOK, start)
        return sorted(found, key=lambda sheet: sheet.is_hidden)

    def _targets(self) -> dict[str, str]:
        """Where the sheets are, by the names of their relations."""
        found: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name != "Relationship" or not attributes.get("Type", "").endswith("/worksheet"):
                return
            part = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            if attributes.get("TargetMode", "") != "External" and part in self._package:
                found[attributes.get("Id", "")] = part

        if _RELATIONS not in self._package:
            raise damaged()
        self._package.read(_RELATIONS, start)
        return found

    def _number_formats(self) -> list[Format]:
        """How the numbers of each cell style are written."""
        codes: dict[int, str] = {}
        formats: list[Format] = []
        within: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            within[:] = [name] if name.endswith("Xfs") else within
            if name == "numFmt" and len(codes) < _MOST_FORMATS:
                codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:200]
            elif name == "xf" and within == ["cellXfs"] and len(formats) < _MOST_FORMATS:
                number = _number(attributes.get("numFmtId"))
                formats.append(format_of(number, codes.get(number, ""), is_1904=self._is_1904))

        if "xl/styles.xml" in self._package:
            self._package.read("xl/styles.xml", start)
        return formats

    def _shared_texts(self) -> list[str]:
        reader = _TextReader()
        if "xl/sharedStrings.xml" in self._package:
            for _ in self._package.parse("xl/sharedStrings.xml", reader.start, reader.end, reader.text):
                if len(reader.texts) > _MOST_TEXTS:
                    raise damaged()
        return reader.texts


class _TextReader:
    """The texts that the cells share, each in one piece whatever its fonts, without its phonetic signs."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._is_text = self._is_phonetic = False
        self._length = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == "t":
            self._is_text = not self._is_phonetic
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            self.texts.append(_plain("".join(self._parts)))
            self._parts, self._length = [], 0

    def text(self, text: str) -> None:
        if self._is_text and self._length < CELL_CHARS:
            self._parts.append(text)
            self._length += len(text)


class _SheetReader:
    """The handlers of one sheet: they gather `rows`, which somebody takes away from time to time."""

    def __init__(self, texts: list[str], formats: list[Format], max_columns: int) -> None:
        self.rows: list[Row] = []
        self._texts, self._formats, self._max_columns = texts, formats, max_columns
        self._line = 0
        self._cells: list[str] = []
        self._faults: dict[int, str] = {}
        self._kind = self._style = self._value = ""
        self._at = -1
        self._is_value = self._is_formula = self._is_phonetic = False
        self._columns: dict[str, int] = {}
        self._by_style: dict[str, Format] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            reference = attributes.get("r")
            letters = reference.rstrip("0123456789") if reference else ""
            at = self._columns.get(letters)
            self._at = self._column(letters) if at is None else at
            self._value = ""
            self._is_formula = False
        elif name == "v" or (name == "t" and not self._is_phonetic):
            self._is_value = True
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._line = _number(attributes.get("r")) or self._line + 1
            self._cells, self._faults, self._at = [], {}, -1
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name == "c":
            if self._value or self._is_formula:
                self._put(self._shown())
        elif name in {"v", "t"}:
            self._is_value = False
        elif name == "row":
            if self._cells or self._faults:
                self.rows.append(Row(self._line, self._cells, self._faults or None))
        elif name == "rPh":
            self._is_phonetic = False

    def text(self, text: str) -> None:
        if self._is_value and len(self._value) < CELL_CHARS:
            self._value += text

    def _column(self, letters: str) -> int:
        """The index of a cell's column, at most one beyond the last that is read."""
        if not letters:
            return min(self._at + 1, self._max_columns)
        at = self._columns[letters] = min(_index_of(letters), self._max_columns)
        return at

    def _put(self, text: str) -> None:
        cells, at = self._cells, self._at
        if at == len(cells) and text:
            cells.append(text)
        elif text:
            cells.extend([""] * (at + 1 - len(cells)))
            cells[at] = text

    def _shown(self) -> str:
        kind, value = self._kind, self._value
        if kind == "s":
            at = int(value) if value.isdecimal() and len(value) < _MOST_DIGITS else len(self._texts)
            return self._texts[at] if at < len(self._texts) else ""
        if kind == "n" and value:
            return self._number(value)
        if kind == "e":
            self._faults[self._at] = _ERROR.format(value[:12])
            return ""
        if not value and self._is_formula and kind != "str":
            self._faults[self._at] = _NO_VALUE
            return ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return _plain(value)

    def _number(self, value: str) -> str:
        form = self._by_style.get(self._style)
        if form is None:
            style = _number(self._style)
            form = self._formats[style] if style < len(self._formats) else number_text
            self._by_style[self._style] = form
        if form is number_text and value.isdecimal() and len(value) <= _EXACT_DIGITS:
            return value
        try:
            return form(float(value))
        except (ValueError, OverflowError):
            return cleaned(value)


def _plain(text: str) -> str:
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-8", "replace").decode()
    return cleaned(text)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else 0


def _index_of(letters: str) -> int:
    """`A` is 0, `Z` 25, `AA` 26."""
    at = 0
    for letter in letters.upper()[:4]:
        at = at * 26 + (ord(letter) - ord("A") + 1 if "A" <= letter <= "Z" else 0)
    return max(at - 1, 0)
