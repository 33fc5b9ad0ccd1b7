"""Which of a workbook's sheets holds the patients."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from patients.listing.headers import HEADER_WITHIN, find_header
from patients.listing.tables import Row

_Sheet = TypeVar("_Sheet")


def chosen(sheets: Iterable[_Sheet], rows_of: Callable[[_Sheet], Iterator[Row]]) -> _Sheet | None:
    """The first sheet with a header that is known; else the first that holds anything; else None."""
    filled: _Sheet | None = None
    for sheet in sheets:
        head = list(islice(rows_of(sheet), HEADER_WITHIN))
        if find_header(head):
            return sheet
        if filled is None and head:
            filled = sheet
    return filled
