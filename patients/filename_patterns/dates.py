"""Finds dates in a file name and gives every day each of them can mean."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene january enero", "feb february febrero", "mar march marzo", "apr abr april abril",
            "may mayo", "jun june junio", "jul july julio", "aug ago august agosto",
            "sep set sept september septiembre",
            "oct october octubre", "nov november noviembre", "dec dic december diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_LABEL = (
    r"(?:(?<![A-Za-z])(?P<label>d\.?o\.?b|f\.?n|f\.?nac|nac|nacimiento|fecha[ _-]?nac(?:imiento)?"
    r"|birth(?:[ _-]?date)?|born|bday)"
    r"[ _.:=-]{0,2})?"
)
_SHAPES = (
    r"(?P<y4>(?:18|19|20)\d\d)(?P<s1>[-._/ ])(?P<m2>\d{1,2})(?P=s1)(?P<d2>\d{1,2})",
    r"(?P<a2>\d{1,2})(?P<s2>[-._/ ])(?P<b2>\d{1,2})(?P=s2)(?P<z4>(?:18|19|20)\d\d)",
    rf"(?P<dm>\d{{1,2}})[-._ ]?(?P<mon>{_MONTH})[-._ ]?(?P<my>\d{{4}}|\d\d)",
    r"(?P<a3>\d\d)(?P<s3>[-./])(?P<b3>\d\d)(?P=s3)(?P<z2>\d\d)",
    r"(?P<packed8>\d{8})",
    r"(?P<packed6>\d{6})",
)
_DATE = re.compile(_LABEL + r"(?<!\d)(?:" + "|".join(_SHAPES) + r")(?!\d)", re.IGNORECASE)
_OLDEST_YEAR = 1900
_CENTURY = 100


class FoundDate(NamedTuple):
    """A date in a text: where it stood, the days it can mean (likeliest first), and how it was written."""

    start: int
    end: int
    days: tuple[date, ...]
    is_labelled: bool
    is_packed: bool  # digits only, so that it could as well be a number

    @property
    def value(self) -> str:
        """The readings as a clue carries them."""
        return "|".join(day.isoformat() for day in self.days)


def find_dates(text: str, *, today: date) -> Iterator[FoundDate]:
    """Every date in `text` that can have been by `today`, from left to right."""
    for found in _DATE.finditer(text):
        days = tuple(dict.fromkeys(_readings(found.groupdict(), today)))
        if days:
            packed = bool(found["packed8"] or found["packed6"])
            yield FoundDate(found.start(), found.end(), days, found["label"] is not None, packed)


def _readings(part: dict[str, str | None], today: date) -> Iterator[date]:
    for year, month, day in _parts(part):
        for full_year in _years(year, today):
            made = _day(full_year, month, day)
            if made is not None and made <= today:
                yield made


def _parts(part: dict[str, str | None]) -> Iterator[tuple[str, int, int]]:
    """Year as written, month and day, for each order in which the digits can be read."""
    get = {name: text for name, text in part.items() if text}
    if "y4" in get:
        yield get["y4"], int(get["m2"]), int(get["d2"])
    elif "z4" in get:
        yield from _both_orders(get["z4"], get["a2"], get["b2"])
    elif "mon" in get:
        yield get["my"], _MONTHS[get["mon"].lower()], int(get["dm"])
    elif "z2" in get:
        yield from _two_digit_orders(get["a3"], get["b3"], get["z2"])
    else:
        yield from _packed(get.get("packed8") or get["packed6"])


def _packed(digits: str) -> Iterator[tuple[str, int, int]]:
    if len(digits) == len("19800131"):
        yield digits[:4], int(digits[4:6]), int(digits[6:])
        yield from _both_orders(digits[4:], digits[:2], digits[2:4])
    else:
        yield from _two_digit_orders(digits[:2], digits[2:4], digits[4:])


def _both_orders(year: str, first: str, second: str) -> Iterator[tuple[str, int, int]]:
    yield year, int(second), int(first)
    yield year, int(first), int(second)


def _two_digit_orders(first: str, second: str, third: str) -> Iterator[tuple[str, int, int]]:
    yield from _both_orders(third, first, second)
    yield first, int(second), int(third)


def _years(year: str, today: date) -> tuple[int, ...]:
    if len(year) > len("80"):
        return (int(year),)
    this_century = today.year // _CENTURY * _CENTURY + int(year)
    return (this_century, this_century - _CENTURY)


def _day(year: int, month: int, day: int) -> date | None:
    if year < _OLDEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
