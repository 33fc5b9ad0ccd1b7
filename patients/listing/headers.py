"""Where the header of a list stands, and what a list without one seems to hold."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from patients.listing.cells import SEX_WORDS
from patients.listing.columns import IDENTITY, Column, Columns, columns_of
from patients.listing.tables import Row

HEADER_WITHIN = 20
"""A title, an address and a date may stand above the header, but not more lines than this."""

SAMPLE_ROWS = 200
"""How many rows are looked at to tell what a list without a known header holds."""

_FILE_NAME = re.compile(r".+\.(?:jpe?g|png|tiff?|webp|dcm|pdf|hei[cf])", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?")
_NUMBER = re.compile(r"[A-Za-z]{0,4}[- ]?\d{4,20}")
_COMMA_NAME = re.compile(r"[^\W\d_][^\d,]*, ?[^\W\d_][^\d,]*")
_SHARE_OF_DATA = 0.5
_SHARE_FILLED = 0.9


class Header(NamedTuple):
    """The row at `at` of those looked at names the columns; -1 where no row does."""

    at: int
    columns: Columns


def find_header(rows: Sequence[Row]) -> Header | None:
    """The row among the first [20] that names the most columns we know, one of which says who is meant."""
    found = [
        Header(at, columns)
        for at, row in enumerate(rows[:HEADER_WITHIN])
        if IDENTITY & set(columns := columns_of(row.cells))
    ]
    return max(found, key=lambda header: (_known(header.columns), -header.at), default=None)


def unknown_header(rows: Sequence[Row]) -> int:
    """Where the header of a list seems to stand none of whose columns is known; -1 where it has none.

    A header has words and no numbers, over columns of which at least one holds numbers or dates: a list of
    names alone may have no header, and its first line is then somebody.
    """
    widths = [sum(map(bool, row.cells)) for row in rows[:HEADER_WITHIN]]
    enough = max(widths, default=0) * _SHARE_OF_DATA
    at = next((index for index, width in enumerate(widths) if width > enough), -1)
    if at < 0 or any(_has_digit(cell) for cell in rows[at].cells):
        return -1
    below = rows[at + 1 :]
    columns = range(len(rows[at].cells))
    return at if any(_is_data(_column(below, index)) for index in columns) else -1


def guessed(rows: Sequence[Row]) -> Columns:
    """What the columns of a list without a header hold, as far as that is plain; nothing where nobody would
    be known by it.

    Surnames cannot be told from given names, nor one number from another, so that such columns stay open.
    """
    width = max((len(row.cells) for row in rows), default=0)
    seems = [_seems(_column(rows, index), len(rows)) for index in range(width)]
    columns = tuple(column if seems.count(column) == 1 else None for column in seems)
    is_mapping = Column.PATH in columns
    is_known = Column.NUMBER in columns if is_mapping else bool({Column.NUMBER, Column.NAME} & set(columns))
    return columns if is_known else (None,) * width


def is_table(rows: Sequence[Row]) -> bool:
    """Do most rows have the same number of cells, and more than one?"""
    widths = [len(row.cells) for row in rows]
    likely = max(set(widths), key=widths.count, default=0)
    return likely > 1 and len(rows) > 1 and widths.count(likely) > len(widths) * _SHARE_OF_DATA


def _seems(cells: list[str], rows: int) -> Column | None:
    filled = [cell for cell in cells if cell]
    if not filled or len(filled) < rows * _SHARE_FILLED:
        return None
    for column, form in ((Column.PATH, _FILE_NAME), (Column.BIRTH, _DATE), (Column.NAME, _COMMA_NAME)):
        if all(form.fullmatch(cell) for cell in filled):
            return column
    if all(cell.casefold() in SEX_WORDS for cell in filled):
        return Column.SEX
    is_number = all(_NUMBER.fullmatch(cell) for cell in filled) and len(set(filled)) == len(filled)
    return Column.NUMBER if is_number else None


def _column(rows: Sequence[Row], index: int) -> list[str]:
    return [row.cells[index] if index < len(row.cells) else "" for row in rows]


def _is_data(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(_has_digit, filled)) >= len(filled) * _SHARE_OF_DATA


def _has_digit(cell: str) -> bool:
    return any(char.isdigit() for char in cell)


def _known(columns: Columns) -> int:
    return sum(column is not None for column in columns)
