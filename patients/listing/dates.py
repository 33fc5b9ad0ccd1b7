"""What the dates of one column mean: all in one order, and never one that was only guessed."""

import re
from datetime import date, timedelta
from enum import StrEnum


class Order(StrEnum):
    """Which part of a date comes first."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_PACKED = re.compile(r"((?:18|19|20)\d\d)(\d\d)(\d\d)")
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ].*)?")
_IN_WORDS = re.compile(r"(\d{1,2})[-/. ]*(?:de )?([A-Za-z]{3,10})\.?[-/. ,]*(?:del? )?(\d{4}|\d{2})")
_MONTH_IN_WORDS = re.compile(r"([A-Za-z]{3,10})\.?[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4}|\d{2})")
# Where Excel has written its own number for a day: 20933 is 1957-04-23. Shorter ones could be years.
_SERIAL = re.compile(r"([1-9]\d{4})(?:\.0+)?")
_DAY_ZERO, _LAST_SERIAL = date(1899, 12, 30), 59_999
_MONTHS = {
    "jan": 1, "ene": 1, "feb": 2, "mar": 3, "apr": 4, "abr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8,
    "ago": 8, "sep": 9, "set": 9, "oct": 10, "nov": 11, "dec": 12, "dic": 12,
}  # fmt: skip
_LAST_MONTH, _LAST_DAY = 12, 31
_OLDEST = 110
_HINTS = (
    (Order.YEAR, re.compile(r"\b(?:yy|aa)(?:yy|aa)?[-/. ]?mm", re.IGNORECASE)),
    (Order.DAY, re.compile(r"\bdd?[-/. ]?mm?[-/. ]?(?:y|a|$)", re.IGNORECASE)),
    (Order.MONTH, re.compile(r"\bmm?[-/. ]?dd?[-/. ]?(?:y|a|$)", re.IGNORECASE)),
)
_WORDS = {
    Order.DAY: "day/month/year",
    Order.MONTH: "month/day/year",
    Order.YEAR: "year/month/day",
}


class DateColumn:
    """A column of birth dates: it sees every cell once, and can then say what each means.

    `header` may name the order (`dd/mm/aaaa`), and `is_spanish` settles what no cell settles. Two-digit years
    are those of a person who is alive: 57 is 1957, and 20 could be 1920 or 2020, which is nobody's guess.
    """

    def __init__(self, header: str, *, is_spanish: bool, today: date) -> None:
        self._hint = next((order for order, form in _HINTS if form.search(header)), None)
        self._is_spanish = is_spanish
        self._today = today
        self._proven: set[Order] = set()
        self._is_open = False
        self._has_serials = False

    def see(self, text: str) -> None:
        """Take one cell into account."""
        if found := _PARTS.fullmatch(text):
            first, second, last = (int(part) for part in found.groups())
            self._is_open = True
            if first > _LAST_DAY and len(found[3]) == len("57"):
                self._proven.add(Order.YEAR)
            elif _LAST_MONTH < first <= _LAST_DAY and self._is_year(found[3], last):
                self._proven.add(Order.DAY)
            elif second > _LAST_MONTH:
                self._proven.add(Order.MONTH)
        elif _SERIAL.fullmatch(text):
            self._has_serials = True

    @property
    def order(self) -> Order | None:
        """The one order of all dates of the column; None where nothing says it, or two things do."""
        if len(self._proven) > 1:
            return None
        if self._proven:
            return next(iter(self._proven))
        return self._hint or (Order.DAY if self._is_spanish else None)

    @property
    def note(self) -> str:
        """What a person should know of how the column was read; empty where it speaks for itself."""
        said = []
        if self._is_open and len(self._proven) > 1:
            said.append("Some dates have their day first and some their month; none of them was taken.")
        elif self._is_open and self.order is None:
            said.append(
                "Nothing says whether day or month comes first; dates that could be both are left out."
            )
        elif self._is_open and not self._proven:
            said.append(f"Read as {_WORDS[self.order or Order.DAY]}, because the header says so.")
        if self._has_serials:
            said.append("Numbers were read as Excel's days (20933 is 1957-04-23).")
        return " ".join(said)

    def day_of(self, text: str) -> date | None:
        """The day that a cell names; None where it names none, or could name two."""
        if found := _ISO.fullmatch(text) or _PACKED.fullmatch(text):
            return _day(int(found[1]), int(found[2]), int(found[3]))
        if found := _PARTS.fullmatch(text):
            return self._day_of_parts(*found.groups())
        if found := _SERIAL.fullmatch(text):
            days = int(found[1])
            return _DAY_ZERO + timedelta(days=days) if days <= _LAST_SERIAL else None
        return self._day_in_words(text)

    def _day_of_parts(self, first: str, second: str, last: str) -> date | None:
        order = self.order
        if order is Order.YEAR:
            return self._day(first, second, last) if len(last) == len(first) else None
        if order is None and first != second:
            return None
        if len(last) == len("57") and not (self._proven or self._hint or int(last) > _LAST_DAY):
            return None  # 10-04-12 could begin with its year as well
        return self._day(last, first, second) if order is Order.MONTH else self._day(last, second, first)

    def _day_in_words(self, text: str) -> date | None:
        if found := _IN_WORDS.fullmatch(text):
            day, month, year = found.groups()
        elif found := _MONTH_IN_WORDS.fullmatch(text):
            month, day, year = found.groups()
        else:
            return None
        number = _MONTHS.get(month[:3].casefold())
        return self._day(year, str(number), day) if number else None

    def _day(self, year: str, month: str, day: str) -> date | None:
        whole = self._year(year)
        return _day(whole, int(month), int(day)) if whole else None

    def _year(self, text: str) -> int | None:
        if len(text) > len("57"):
            return int(text)
        this_year = self._today.year
        likely = [century + int(text) for century in (1900, 2000)]
        alive = [year for year in likely if this_year - _OLDEST <= year <= this_year]
        return alive[0] if len(alive) == 1 else None

    @staticmethod
    def _is_year(text: str, number: int) -> bool:
        """Is the last part of a date surely its year, so that its first can be a day?"""
        return len(text) > len("57") or number > _LAST_DAY


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
