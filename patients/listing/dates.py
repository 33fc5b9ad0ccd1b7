"""What the dates of one column mean: in one order where it is shown, and never one that was only guessed."""

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple


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
_OLDEST = 110
_HINTS = (
    (Order.YEAR, re.compile(r"\b(?:yy|aa)(?:yy|aa)?[-/. ]?mm", re.IGNORECASE)),
    (Order.DAY, re.compile(r"\bdd?[-/. ]?mm?[-/. ]?(?:y|a|$)", re.IGNORECASE)),
    (Order.MONTH, re.compile(r"\bmm?[-/. ]?dd?[-/. ]?(?:y|a|$)", re.IGNORECASE)),
)
_FIRST = {Order.DAY: "day", Order.MONTH: "month", Order.YEAR: "year"}
_LONGEST_SHOWN = 40
_MOST_DAYS = 50_000
_CURE = "Correct the line that is wrong, or write the date as year-month-day."
_WORDS = {
    Order.DAY: "day/month/year",
    Order.MONTH: "month/day/year",
    Order.YEAR: "year/month/day",
}


class Seen(NamedTuple):
    """A cell that can be read in one order only: where it stands, and what it says."""

    line: int
    text: str


class DateColumn:
    """A column of birth dates: it sees every cell once, and can then say what each means.

    An order is shown by real dates only: `32/13/1990` shows nothing. `header` may name the order
    (`dd/mm/aaaa`), and `is_spanish` says that the day comes first. Where cells and header agree, all dates
    are read in that order; where two of them disagree, or nobody says anything, only dates that can be read
    in one way are taken. Two-digit years are those of a person who is alive: 57 is 1957, and 20 could be 1920
    or 2020, which is nobody's guess.
    """

    def __init__(self, header: str, *, is_spanish: bool, today: date) -> None:
        self._hint = next((order for order, form in _HINTS if form.search(header)), None)
        self._said = self._hint or (Order.DAY if is_spanish else None)
        self._today = today
        self._seen: set[str] = set()
        self._shown: dict[Order, Seen] = {}
        self._has_open = False
        self._has_serials = False

    def see(self, text: str, line: int) -> None:
        """Take the cell of this line into account; the same few thousand come again and again."""
        if text in self._seen:
            return
        if len(self._seen) < _MOST_DAYS:
            self._seen.add(text)
        if found := _PARTS.fullmatch(text):
            orders = self._orders(*found.groups())
            if len(orders) == 1:
                self._shown.setdefault(next(iter(orders)), Seen(line, text[:_LONGEST_SHOWN]))
            elif orders:
                self._has_open = True
        elif _SERIAL.fullmatch(text):
            self._has_serials = True

    @property
    def order(self) -> Order | None:
        """The one order of all dates of the column; None where nothing says it, or two things do."""
        orders = {*self._shown, *filter(None, [self._said])}
        return next(iter(orders)) if len(orders) == 1 else None

    @property
    def note(self) -> str:
        """What a person should know of how the column was read; empty where it speaks for itself."""
        said = []
        if self._has_open and self.order is None:
            said.append(f"{self._why_open()}. Dates that could be two days are left out.")
        elif self._has_open and not self._shown:
            said.append(f"Read as {_WORDS[self.order or Order.DAY]}, because the header says so.")
        elif self._has_open and not self._said:
            ((order, seen),) = self._shown.items()
            said.append(f"Read as {_WORDS[order]}, as line {seen.line} ({seen.text}) shows.")
        if self._has_serials:
            said.append("Numbers were read as Excel's days (20933 is 1957-04-23).")
        return " ".join(said)

    def day_of(self, text: str) -> date | None:
        """The day that a cell names; None where it names none, or could name two."""
        days = self._days_of(text)
        return days[0] if len(days) == 1 else None

    def why_not(self, text: str) -> str:
        """Why `day_of` is None for this cell: its value, what contradicts, and the cure."""
        shown, days = f"Its birth date “{text[:_LONGEST_SHOWN]}”", self._days_of(text)
        if not days:
            return f"{shown} is no date. Write it as 1957-04-23."
        could_be = f"{shown} could be {' or '.join(map(str, days))}"
        found = _PARTS.fullmatch(text)
        if not found or self.order in self._orders(*found.groups()):
            return f"{could_be}. Write its year with four digits."
        if self._shown:
            return f"{could_be}: {self._why_open()}. {_CURE}"
        in_header = "put dd/mm/yyyy or mm/dd/yyyy into the header"
        return (
            f"{could_be}, and nothing in the column says which. Write it as year-month-day, or {in_header}."
        )

    def _days_of(self, text: str) -> list[date]:
        """The days that a cell could mean, as far as the column leaves them open."""
        if found := _ISO.fullmatch(text) or _PACKED.fullmatch(text):
            day = _day(int(found[1]), int(found[2]), int(found[3]))
            return [day] if day else []
        if found := _PARTS.fullmatch(text):
            return self._days(*found.groups())
        if found := _SERIAL.fullmatch(text):
            days = int(found[1])
            return [_DAY_ZERO + timedelta(days=days)] if days <= _LAST_SERIAL else []
        return self._days_in_words(text)

    def _why_open(self) -> str:
        """`line 2 (23/04/1957) has the day first, and line 7 (12/31/1990) has the month first`"""
        said = [
            f"line {seen.line} ({seen.text}) has the {_FIRST[order]} first"
            for order, seen in self._shown.items()
        ]
        if self._said and said and self._said not in self._shown:
            said.insert(0, f"the header says that the {_FIRST[self._said]} comes first")
        return ", and ".join(said) or "Nothing says whether day or month comes first"

    def _days(self, first: str, second: str, last: str) -> list[date]:
        """What these parts can be: one day, none, or several that nothing decides between."""
        possible = self._orders(first, second, last)
        order = self.order
        if order in possible and (self._shown or self._hint or Order.YEAR not in possible):
            possible = {order: possible[order]}
        return sorted({day for days in possible.values() for day in days})

    def _orders(self, first: str, second: str, last: str) -> dict[Order, list[date]]:
        """Every order in which the parts are a real date, with the days that it could be then."""
        read = {
            Order.DAY: self._real(last, second, first),
            Order.MONTH: self._real(last, first, second),
            Order.YEAR: self._real(first, second, last) if len(first) == len(last) else [],
        }
        return {order: days for order, days in read.items() if days}

    def _real(self, year: str, month: str, day: str) -> list[date]:
        found = (_day(each, int(month), int(day)) for each in self._years(year))
        return [each for each in found if each is not None]

    def _days_in_words(self, text: str) -> list[date]:
        if found := _IN_WORDS.fullmatch(text):
            day, month, year = found.groups()
        elif found := _MONTH_IN_WORDS.fullmatch(text):
            month, day, year = found.groups()
        else:
            return []
        number = _MONTHS.get(month[:3].casefold())
        return self._real(year, str(number), day) if number else []

    def _years(self, text: str) -> list[int]:
        """The year, or those in which somebody who is alive can be born."""
        if len(text) > len("57"):
            return [int(text)]
        this_year = self._today.year
        likely = (century + int(text) for century in (1900, 2000))
        return [year for year in likely if this_year - _OLDEST <= year <= this_year]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
