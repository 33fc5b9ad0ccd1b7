"""Reads an old workbook (XLS, MS-XLS: BIFF8, and BIFF5 of Excel 95); its macros are never looked at."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from patients.listing import biff
from patients.listing.biff import ERRORS, Record, Texts, records, rk_number
from patients.listing.columns import Columns
from patients.listing.compound import workbook_in
from patients.listing.number_formats import Format, format_of, number_text
from patients.listing.packages import CELL_CHARS
from patients.listing.refusals import damaged, encrypted
from patients.listing.sheets import chosen
from patients.listing.tables import Facts, Limits, Row, cleaned

_BIFF_8, _BIFF_5 = 0x600, 0x500
_MOST_FORMATS = 10_000
_MOST_SHEETS = 50
_LONGEST_NAME = 100
_UNICODE, _MAC, _WINDOWS = 1200, 10000, 1252
_ERROR = "holds an error ({}) and was read as empty."
_IS_TEXT, _IS_TRUTH, _IS_ERROR, _NO_NUMBER = 0, 1, 2, b"\xff\xff"


TextIn = Callable[[Record, int], str]


class _Sheet(NamedTuple):
    """One sheet by its name, and where in the stream it begins."""

    name: str
    start: int
    is_hidden: bool


class XlsList:
    """The sheet of an old workbook that holds the patients."""

    titles: list[str] | None = None
    fields: Columns = ()

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._stream = workbook_in(path)
        self._is_wide = True
        self._codec = "cp1252"
        self._is_1904 = False
        self._texts: list[str] = []
        self._formats: list[Format] = []
        try:
            sheets = self._globals()
            self._sheet = chosen(sheets, self._rows_of)
        except (struct.error, IndexError) as error:
            raise damaged() from error
        names = [sheet.name for sheet in sheets]
        self.facts = Facts(format="xls", sheet=self._sheet.name if self._sheet else "", sheets=names)

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, by its number on the sheet."""
        return self._rows_of(self._sheet) if self._sheet else iter(())

    def _globals(self) -> list[_Sheet]:
        """What holds for all sheets, and the work sheets in their order, those in sight first."""
        sheets: list[_Sheet] = []
        codes: dict[int, str] = {}
        numbers: list[int] = []
        for record in records(self._stream):
            match record.kind:
                case biff.BOUND_SHEET if len(sheets) < _MOST_SHEETS and record.data[5] == 0:
                    start, state = struct.unpack_from("<IB", record.data)
                    sheets.append(_Sheet(self._name_in(record), start, bool(state & 3)))
                case biff.FORMAT if len(codes) < _MOST_FORMATS:
                    codes[struct.unpack_from("<H", record.data)[0]] = self._code_in(record)
                case biff.XF if len(numbers) < _MOST_FORMATS:
                    numbers.append(struct.unpack_from("<H", record.data, 2)[0])
                case _:
                    self._take_setting(record)
        self._formats = [format_of(n, codes.get(n, ""), is_1904=self._is_1904) for n in numbers]
        return sorted(sheets, key=lambda sheet: sheet.is_hidden)

    def _take_setting(self, record: Record) -> None:
        match record.kind:
            case biff.BOF:
                self._take_version(record)
            case biff.FILEPASS:
                raise encrypted()
            case biff.CODEPAGE:
                self._codec = _codec_of(*struct.unpack_from("<H", record.data))
            case biff.DATE_MODE:
                self._is_1904 = record.data[:1] == b"\x01"
            case biff.SHARED_TEXTS:
                self._texts = Texts(record.pieces, 8).shared()

    def _take_version(self, record: Record) -> None:
        version = struct.unpack_from("<H", record.data)[0]
        if version not in {_BIFF_8, _BIFF_5}:
            raise damaged()
        self._is_wide = version == _BIFF_8

    def _name_in(self, record: Record) -> str:
        if self._is_wide:
            return Texts(record.pieces, 6).one(short=True)[:_LONGEST_NAME]
        return self._narrow(record.data[7 : 7 + record.data[6]])[:_LONGEST_NAME]

    def _code_in(self, record: Record) -> str:
        if self._is_wide:
            return Texts(record.pieces, 2).one()[:200]
        return self._narrow(record.data[3 : 3 + record.data[2]])[:200]

    def _text_in(self, record: Record, at: int) -> str:
        if self._is_wide:
            return Texts(record.pieces, at).one()
        (length,) = struct.unpack_from("<H", record.data, at)
        return self._narrow(record.data[at + 2 : at + 2 + length])[:CELL_CHARS]

    def _narrow(self, data: bytes) -> str:
        return data.decode(self._codec, "replace")

    def _rows_of(self, sheet: _Sheet) -> Iterator[Row]:
        """The rows in order, wherever their cells stand in the stream; it is no larger than the file."""
        reader = _SheetReader(self._texts, self._formats, self._text_in, self._limits.max_columns)
        try:
            for record in records(self._stream, sheet.start):
                reader.take(record)
        except (struct.error, IndexError) as error:
            raise damaged() from error
        for at in sorted(reader.cells.keys() | reader.faults.keys()):
            found = reader.cells.get(at, {})
            cells = [found.get(column, "") for column in range(max(found, default=-1) + 1)]
            yield Row(at + 1, cells, reader.faults.get(at))


class _SheetReader:
    """Gathers the cells of one sheet as text, by row and column."""

    def __init__(self, texts: list[str], formats: list[Format], text_in: TextIn, max_columns: int) -> None:
        self.cells: dict[int, dict[int, str]] = {}
        self.faults: dict[int, dict[int, str]] = {}
        self._texts, self._formats, self._text_in = texts, formats, text_in
        self._max_columns = max_columns
        self._waiting: tuple[int, int] | None = None

    def take(self, record: Record) -> None:
        """Keep what a record says of cells."""
        match record.kind:
            case biff.NUMBER:
                self._put_number(*struct.unpack_from("<HHHd", record.data))
            case biff.RK:
                row, column, style, word = struct.unpack_from("<HHHI", record.data)
                self._put_number(row, column, style, rk_number(word))
            case biff.MANY_RK:
                self._take_many(record.data)
            case biff.TRUTH_OR_ERROR:
                row, column, _, value, is_error = struct.unpack_from("<HHHBB", record.data)
                self._put_value(row, column, value, is_error=bool(is_error))
            case biff.FORMULA:
                self._take_formula(record)
            case biff.TEXT_OF_FORMULA if self._waiting is not None:
                self._put(*self._waiting, self._text_in(record, 0))
            case biff.SHARED_TEXT | biff.OWN_TEXT | biff.RICH_TEXT:
                self._take_text(record)

    def _take_text(self, record: Record) -> None:
        row, column = struct.unpack_from("<HH", record.data)
        if record.kind != biff.SHARED_TEXT:
            self._put(row, column, self._text_in(record, 6))
            return
        (text,) = struct.unpack_from("<I", record.data, 6)
        self._put(row, column, self._texts[text] if text < len(self._texts) else "")

    def _take_many(self, data: bytes) -> None:
        row, first = struct.unpack_from("<HH", data)
        for column, at in enumerate(range(4, len(data) - 7, 6), start=first):
            style, word = struct.unpack_from("<HI", data, at)
            self._put_number(row, column, style, rk_number(word))

    def _take_formula(self, record: Record) -> None:
        row, column, style = struct.unpack_from("<HHH", record.data)
        result = record.data[6:14]
        self._waiting = None
        if result[6:] != _NO_NUMBER:
            self._put_number(row, column, style, struct.unpack("<d", result)[0])
        elif result[0] == _IS_TEXT:
            self._waiting = (row, column)
        elif result[0] in {_IS_TRUTH, _IS_ERROR}:
            self._put_value(row, column, result[2], is_error=result[0] == _IS_ERROR)

    def _put_number(self, row: int, column: int, style: int, number: float) -> None:
        form = self._formats[style] if style < len(self._formats) else number_text
        self._put(row, column, form(number))

    def _put_value(self, row: int, column: int, value: int, *, is_error: bool) -> None:
        if is_error and column <= self._max_columns:
            self.faults.setdefault(row, {})[column] = _ERROR.format(ERRORS.get(value, "#?"))
        elif not is_error:
            self._put(row, column, "TRUE" if value else "FALSE")

    def _put(self, row: int, column: int, text: str) -> None:
        if text := cleaned(text):
            self.cells.setdefault(row, {})[min(column, self._max_columns)] = text


def _codec_of(number: int) -> str:
    if number == _MAC:
        return "mac-roman"
    known = {437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259)}
    return f"cp{number}" if number in known else "cp1252"
