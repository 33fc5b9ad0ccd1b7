"""What every format of a list comes down to: rows of text, and what is known of the file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from patients.listing.columns import Columns

UNREADABLE = "\ufffd"
"""What stands for a letter whose bytes could not be decoded."""

_DAMAGED = "It holds characters that cannot be read. Save the list as UTF-8 and send it again."
_ZEROS = "It holds zeros where text should be; the file is damaged here."


class Row(NamedTuple):
    """A line's number in the file, counted from 1, its cells, and what was wrong with single ones of them.

    `doubts` are of cells that may have swallowed another line: no harm where nobody asks for them.
    """

    line: int
    cells: list[str]
    faults: dict[int, str] | None = None
    problem: str = ""
    doubts: dict[int, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one list may be; whatever is larger is refused before it is held."""

    max_bytes: int
    max_rows: int
    max_columns: int
    max_unpacked_bytes: int


@dataclass(slots=True, kw_only=True)
class Facts:
    """How a list was read: its format, encoding, delimiter, and the sheet among its sheets."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)


class Source(Protocol):
    """One list, opened: what it is, and its rows as often as they are asked for."""

    facts: Facts
    # Where the format itself names its columns: their titles, and what they hold.
    titles: list[str] | None
    fields: Columns

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, in the order of the file."""


def cleaned(cell: str) -> str:
    """A cell without the white space around it; inside, each run of it is one space."""
    return cell if cell.isalnum() else " ".join(cell.split())


def damage_in(cells: list[str]) -> str:
    """What is wrong with the letters of a row; empty where nothing is."""
    text = "".join(cells)
    if "\0" in text:
        return _ZEROS
    return "" if text.isascii() or UNREADABLE not in text else _DAMAGED
