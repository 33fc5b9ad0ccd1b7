"""What a workbook's numbers are by their format: dates, numbers that show their zeros, or plain numbers."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

Format = Callable[[float], str]

# ECMA-376 part 1, 18.8.30: the formats that need no code, and those of East Asian dates.
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_BUILT_IN_TIMES = frozenset({18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56})
_NOT_A_SIGN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
# Quoted text, an escaped sign, a place for a digit, a sign that stands for itself, and everything else; what
# only makes room or names a colour is passed over.
_SIGN = re.compile(r'"([^"]*)"|\\(.)|([0#])|([- /()])|(?:_.|\*.|\[[^\]]*\])|(.)')
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - days on a wall
_LEAP_BUG = 60
_LAST_DAY = 2_958_465
_SECONDS = 86_400
_MOST_DIGITS = 10**15


def format_of(number: int, code: str, *, is_1904: bool) -> Format:
    """How a cell with this format is written as text: a date as ISO, `0012345` with its zeros."""
    if number in _BUILT_IN_DATES and not code:
        return _time_text if number in _BUILT_IN_TIMES else _date_text(is_1904=is_1904)
    first = code.split(";", maxsplit=1)[0]
    signs = _NOT_A_SIGN.sub("", first).casefold()
    if re.search(r"[dy]", signs) or ("m" in signs and not re.search(r"[hs0#]", signs)):
        return _date_text(is_1904=is_1904)
    if re.search(r"[hs]", signs):
        return _time_text
    places = _places_of(first)
    return _padded(places) if places else number_text


def number_text(value: float) -> str:
    """`3000003799.0` as `3000003799`; what has lost digits as `1.2E+16`, so that nobody takes it for one."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN is not itself
        return ""
    if abs(value) >= _MOST_DIGITS:
        return f"{value:.14E}"
    return str(int(value)) if value == int(value) else repr(value)


def date_text(value: float, *, is_1904: bool = False) -> str:
    """A serial day as ISO; with its time where it has one. What is no day stays a number."""
    if not 0 < value <= _LAST_DAY or (int(value) == _LEAP_BUG and not is_1904):
        return number_text(value)
    zero = _DAY_ZERO_1904 if is_1904 else _DAY_ZERO
    if value == int(value) and (is_1904 or value > _LEAP_BUG):
        return date.fromordinal(zero.toordinal() + int(value)).isoformat()
    if not is_1904 and value < _LEAP_BUG:  # Excel believes in 29 February 1900
        zero += timedelta(days=1)
    moment = zero + timedelta(seconds=round(value * _SECONDS))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()


def _date_text(*, is_1904: bool) -> Format:
    return lambda value: date_text(value, is_1904=is_1904)


def _time_text(value: float) -> str:
    seconds = round(value % 1 * _SECONDS) if abs(value) < _LAST_DAY else 0
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _places_of(code: str) -> list[tuple[str, bool]] | None:
    """Each sign of a format that only spaces out digits, and whether a digit goes there; None for another."""
    signs: list[tuple[str, bool]] = []
    for found in _SIGN.finditer(code):
        quoted, escaped, place, mark, other = found.groups()
        if other:
            return None
        if place:
            signs.append((place, True))
        else:
            signs += [(char, False) for char in quoted or escaped or mark or ""]
    return signs if sum(sign == "0" for sign, is_place in signs if is_place) > 1 else None


def _padded(signs: list[tuple[str, bool]]) -> Format:
    """`00000-000`: the digits from the right, and zeros where none are left; the signs of a prefix stay."""
    zeros = sum(sign == "0" for sign, is_place in signs if is_place)
    is_plain = all(is_place for _, is_place in signs)
    prefix = next(at for at, (_, is_place) in enumerate(signs) if is_place)

    def text(value: float) -> str:
        if value < 0 or value != int(value) or value >= _MOST_DIGITS:
            return number_text(value)
        if is_plain:
            return str(int(value)).zfill(zeros)
        rest, out = list(str(int(value)).zfill(zeros)), ""
        for sign, is_place in reversed(signs[prefix:]):
            if rest:
                out = (rest.pop() if is_place else sign) + out
        return "".join(sign for sign, _ in signs[:prefix]) + "".join(rest) + out

    return text
