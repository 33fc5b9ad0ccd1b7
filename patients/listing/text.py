"""From the bytes of a list to its cells: encoding, separator, and where the header stands."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from files.errors import FileRejected
from patients.listing.columns import IDENTITY, Column, columns_of

Row = tuple[int, list[str]]
"""A line's number in the file, counted from 1, and its cells."""

_SEPARATORS = ",;\t|"
_FIRST_LINES = 12
_MOST_LINES_OF_A_CELL = 5
_SAMPLE_BYTES = 2000
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Excel writes it so that a number keeps its zeros: ="00123".
_AS_TEXT = ('="', '"')


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands, by what its cells are separated, and what its columns hold."""

    line: int
    separator: str
    columns: tuple[Column | None, ...]


def encoding_of(data: bytes) -> str:
    """In which encoding a list was written, by whatever program."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    zeros = [data[start:_SAMPLE_BYTES:2].count(0) for start in (0, 1)]
    if max(zeros) > len(data[:_SAMPLE_BYTES]) // 4:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(data: bytes) -> str:
    """The text of a list; never raises."""
    return data.decode(encoding_of(data), errors="replace")


def find_header(text: str) -> Header | None:
    """The line among the first [12] that names the most columns we know, one of which says who is meant."""
    found = [header for separator in _SEPARATORS for header in _headers(text, separator)]
    return max(found, key=_known, default=None)


def rows_of(text: str, separator: str) -> Iterator[Row]:
    """Every line that holds something; the number is that of its first line where a cell has several.

    Raises FileRejected "list-quote-open": whatever comes after such a mark would vanish into one cell.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:  # a cell above the module's limit of 128 KiB
            raise _quote_open(line) from error
        if cells is None:
            return
        if reader.line_num - line >= _MOST_LINES_OF_A_CELL:
            raise _quote_open(line)
        cells = [_cleaned(cell) for cell in cells]
        if any(cells):
            yield line, cells


def _quote_open(line: int) -> FileRejected:
    message = f'In line {line} a quotation mark (") opens and nothing closes it. Remove it and save again.'
    return FileRejected("list-quote-open", message, line=line)


def _headers(text: str, separator: str) -> Iterator[Header]:
    head = "".join(islice(io.StringIO(text, newline=""), _FIRST_LINES))
    for line, cells in rows_of(head, separator):
        columns = columns_of(cells)
        if IDENTITY & set(columns):
            yield Header(line, separator, columns)


def _known(header: Header) -> tuple[int, int]:
    """More known columns win, and of equals the earlier line."""
    return sum(column is not None for column in header.columns), -header.line


def _cleaned(cell: str) -> str:
    cell = " ".join(cell.replace("\0", "").split())
    before, after = _AS_TEXT
    if cell.startswith(before) and cell.endswith(after) and len(cell) > len(before):
        return cell[len(before) : -len(after)].strip()
    return cell
