"""What the rows of one list mean in the light of its header and of what its columns say as a whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from patients.listing import cells as words
from patients.listing.columns import Column, Columns, is_spanish
from patients.listing.dates import DateColumn
from patients.listing.tables import Row

_LONGEST_NUMBER, _LONGEST_PATH, _LONGEST_SUFFIX, _LONGEST_NAME = 64, 1024, 32, 200
_LONGEST_EXTRA = 300
_MOST_EXTRA = 30
_MOST_WORDS_FOR_SEX = 100
_NOWHERE = 1 << 30
_MOST_DAYS = 50_000
_NOTHING = dict.fromkeys(Column, "")
_M_ALONE = "M could be a man or a woman (mujer): nothing in the column says which, so that it is left out."
_FAULTY_DATE = "The cell of its birth date holds an error. Write the date into it, as 1957-04-23."
_TOO_MANY_CELLS = "It has more cells ({}) than the header ({}). Put a text that holds a delimiter in quotes."
_SHORTENED = "A spreadsheet has shortened its record number; format that column as text."


class Meaning:
    """Sees every row once (`see`), then says what each means (`line_of`)."""

    def __init__(self, titles: Sequence[str], columns: Columns, *, today: date) -> None:
        self._titles, self._width = titles, len(columns)
        self._at = {column: at for at, column in enumerate(columns) if column is not None}
        self._others = [at for at, column in enumerate(columns) if column is None]
        self._birth = self._at.get(Column.BIRTH, _NOWHERE)
        self._sex = self._at.get(Column.SEX, _NOWHERE)
        header = titles[self._birth] if Column.BIRTH in self._at else ""
        self._dates = DateColumn(header, is_spanish=is_spanish(header), today=today)
        self._days: dict[str, str] = {}
        self._sex_words: set[str] = set()

    def see(self, row: Row) -> None:
        """Take one row into account; one that is refused for its cells shows nothing, they may be shifted."""
        cells = row.cells
        if row.problem or self._swallowed(row) or self._has_too_many(cells):
            return
        if self._birth < len(cells) and (born := cells[self._birth]):
            self._dates.see(born, row.line)
        if self._sex < len(cells) and len(self._sex_words) < _MOST_WORDS_FOR_SEX:
            self._sex_words.add(cells[self._sex].casefold())

    def note(self, column: Column | None) -> str:
        """How this column was read, where that is not plain."""
        if column is Column.SEX and "m" in self._sex_words and "m" not in self._known_sexes:
            return _M_ALONE
        return self._dates.note if column is Column.BIRTH else ""

    def line_of(self, row: Row) -> dict[str, Any]:
        """What is written down of one row; its shape is that of `patients.list_file.ListRow`."""
        cell = self._picked(row.cells)
        family, given, whole = _names(cell)
        born = cell[Column.BIRTH]
        birth_date = self._day_of(born) if born else ""
        number = words.whole_number(cell[Column.NUMBER])
        return {
            "line": row.line,
            "path": cell[Column.PATH][:_LONGEST_PATH],
            "mrn": number[:_LONGEST_NUMBER],
            "family_name": family[:_LONGEST_NAME],
            "given_names": given[:_LONGEST_NAME],
            "whole_name": whole[:_LONGEST_NAME],
            "suffix": cell[Column.SUFFIX][:_LONGEST_SUFFIX],
            "birth_date": birth_date,
            "lost_date": "" if birth_date else self._lost_date(row, born),
            "sex": self._known_sexes.get(cell[Column.SEX].casefold(), "") if cell[Column.SEX] else "",
            "problem": row.problem
            or self._swallowed(row)
            or self._problem(row.cells, cell, number, (family, given, whole)),
            "extra": self._extra(row.cells),
        }

    def _picked(self, cells: list[str]) -> dict[Column, str]:
        """The cells that hold something known, by what they hold; the others of these are empty."""
        width = len(cells)
        found = dict(_NOTHING)
        for column, at in self._at.items():
            if at < width:
                found[column] = cells[at]
        return found

    def _day_of(self, text: str) -> str:
        """The day as ISO; the same few thousand come again and again."""
        found = self._days.get(text)
        if found is None:
            day = self._dates.day_of(text)
            found = day.isoformat() if day else ""
            if len(self._days) < _MOST_DAYS:
                self._days[text] = found
        return found

    @cached_property
    def _known_sexes(self) -> dict[str, str]:
        return words.sexes_of(self._sex_words)

    def _lost_date(self, row: Row, born: str) -> str:
        """Why there is no birth date although something stands in its cell."""
        if born:
            return self._dates.why_not(born)
        return _FAULTY_DATE if self._is_faulty(row, Column.BIRTH) else ""

    def _is_faulty(self, row: Row, column: Column) -> bool:
        return bool(row.faults) and self._at.get(column) in (row.faults or {})

    def _has_too_many(self, cells: list[str]) -> bool:
        return len(cells) > self._width and any(cells[self._width :])

    def _swallowed(self, row: Row) -> str:
        """Where a cell may hold the end of another line: that matters if it is used, or if cells are
        missing.
        """
        if not row.doubts:
            return ""
        matters = row.doubts.keys() & set(self._at.values()) or len(row.cells) < self._width
        return next(iter(row.doubts.values())) if matters else ""

    def _problem(
        self, cells: list[str], cell: Mapping[Column, str], number: str, names: tuple[str, str, str]
    ) -> str:
        if self._has_too_many(cells):
            return _TOO_MANY_CELLS.format(len(cells), self._width)
        if "e" in number.casefold() and words.is_shortened(number):
            return _SHORTENED
        if too_long := _too_long(cell, number, names):
            return too_long
        if Column.PATH in self._at:
            return "" if cell[Column.PATH] and number else "It needs both a file and a record number."
        return "" if number or any(names) else "It has no record number and no name."

    def _extra(self, cells: list[str]) -> dict[str, str]:
        return {
            self._titles[at]: cells[at][:_LONGEST_EXTRA]
            for at in self._others[:_MOST_EXTRA]
            if at < len(cells) and cells[at]
        }


def _names(cell: Mapping[Column, str]) -> tuple[str, str, str]:
    """Surnames, given names, and the whole name where nothing says which is which."""
    family, given = cell[Column.FAMILY], cell[Column.GIVEN]
    if cell[Column.FAMILY_2]:
        family = f"{family} {cell[Column.FAMILY_2]}".strip()
    if cell[Column.GIVEN_2]:
        given = f"{given} {cell[Column.GIVEN_2]}".strip()
    whole = "" if family else cell[Column.NAME]
    if "," in whole:
        family, _, given = (part.strip() for part in whole.partition(","))
        return family, given, ""
    return family, given, whole


def _too_long(cell: Mapping[Column, str], number: str, names: tuple[str, str, str]) -> str:
    measured = (
        ("record number", len(number), _LONGEST_NUMBER),
        ("name", max(map(len, names)), _LONGEST_NAME),
        ("path", len(cell[Column.PATH]), _LONGEST_PATH),
        ("suffix", len(cell[Column.SUFFIX]), _LONGEST_SUFFIX),
    )
    for what, length, limit in measured:
        if length > limit:
            return f"Its {what} is too long: {length} characters, and at most {limit} are kept. Shorten it."
    return ""
