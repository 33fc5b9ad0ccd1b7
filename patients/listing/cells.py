"""What the cells of a list mean: dates in one order, sex in one alphabet, record numbers that are whole."""

import re
from collections.abc import Iterable
from datetime import date

DAY_FIRST, MONTH_FIRST = "day", "month"

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_PACKED = re.compile(r"((?:18|19|20)\d\d)(\d\d)(\d\d)")
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?: .*)?")
_IN_WORDS = re.compile(r"(\d{1,2})[-/. ]*(?:de )?([A-Za-z]{3,10})\.?[-/. ]*(?:de )?(\d{4})")
_MONTHS = {
    "jan": 1, "ene": 1, "feb": 2, "mar": 3, "apr": 4, "abr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8,
    "ago": 8, "sep": 9, "set": 9, "oct": 10, "nov": 11, "dec": 12, "dic": 12,
}  # fmt: skip
_LAST_MONTH = 12
_SEXES = {
    "f": "F", "female": "F", "femenino": "F", "mujer": "F", "w": "F", "woman": "F",
    "male": "M", "masculino": "M", "hombre": "M", "varon": "M", "varón": "M", "h": "M", "man": "M",
    "x": "X", "other": "X", "otro": "X",
}  # fmt: skip
_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?[eE][+]\d+")


def order_of(dates: Iterable[str], *, is_spanish: bool) -> str:
    """Does the day or the month come first in this column? Empty where nothing says it, or two things do."""
    pairs = [(int(found[1]), int(found[2])) for text in dates if (found := _PARTS.fullmatch(text))]
    day_first = any(first > _LAST_MONTH for first, _ in pairs)
    month_first = any(second > _LAST_MONTH for _, second in pairs)
    if day_first and month_first:
        return ""
    if not (day_first or month_first):
        return DAY_FIRST if is_spanish else ""
    return DAY_FIRST if day_first else MONTH_FIRST


def day_of(text: str, order: str) -> date | None:
    """The day that a cell names; None where it names none, or could name two."""
    if found := _ISO.fullmatch(text) or _PACKED.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _PARTS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        if not order and first != second:
            return None
        return _day(year, first, second) if order == MONTH_FIRST else _day(year, second, first)
    if found := _IN_WORDS.fullmatch(text):
        month = _MONTHS.get(found[2][:3].casefold(), 0)
        return _day(int(found[3]), month, int(found[1]))
    return None


def sexes_of(cells: Iterable[str]) -> dict[str, str]:
    """What each cell of the column means. A bare `M` is a man beside `F`, a woman (mujer) beside `H`, and
    not known where neither stands.
    """
    found = {cell.casefold() for cell in cells if cell}
    known = {cell: _SEXES[cell] for cell in found if cell in _SEXES}
    if "m" in found and ("f" in found) != ("h" in found):
        known["m"] = "F" if "h" in found else "M"
    return known


def is_shortened(number: str) -> bool:
    """`3.00E+09`: a spreadsheet has rounded this record number, and nobody can tell what it was."""
    return _SHORTENED.fullmatch(number) is not None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
