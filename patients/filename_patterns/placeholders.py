"""The placeholders of a clinic's own patterns: the characters each may hold, and what it says of somebody."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from patients.clues import Field
from patients.filename_patterns.dates import find_dates
from patients.filename_patterns.text import LOST

Test = Callable[[str], bool]  # of one character

_FORMAT = re.compile(r"YYYY|YY|MM|DD|[-._ ]")
_FORMAT_PARTS = (["DD", "MM", "YY"], ["DD", "MM", "YYYY"])
_LONGEST_NUMBER = 20
_LONGEST_KIND = 16  # one short word, so that it takes no patient's name out of sight
_OLDEST_YEAR = 1900
_SEXES = {
    "": {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M", "X": "X"},
    "HM": {"H": "M", "HOMBRE": "M", "M": "F", "MUJER": "F", "X": "X"},  # hombre and mujer
}
_SUFFIXES = frozenset({"JR", "JUNIOR", "HIJO", "SR", "SENIOR", "II", "III", "IV"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A run of characters of which all pass `inner`, one at least `needs`, the first and the last `edge`."""

    inner: Test
    edge: Test
    needs: Test


def _is_letter(ch: str) -> bool:
    return ch.isalpha() or ch == LOST


def _is_digit(ch: str) -> bool:
    return ch.isascii() and ch.isdigit()


def _is_code(ch: str) -> bool:
    return ch.isascii() and ch.isalnum()


_NAME = Shape(lambda ch: _is_letter(ch) or ch in " '’-.", lambda ch: _is_letter(ch) or ch == ".", _is_letter)
_LOOSE_NAME = Shape(lambda ch: _is_letter(ch) or ch in " '’-.,_", _NAME.edge, _is_letter)
_CODE = Shape(lambda ch: _is_code(ch) or ch in "-.", _is_code, _is_digit)
_KIND = Shape(lambda ch: ch.isalnum() or ch == "-", str.isalnum, str.isalpha)
_DAY = Shape(lambda ch: _is_code(ch) or ch in " -.", _is_digit, _is_digit)
_DIGITS = Shape(_is_digit, _is_digit, _is_digit)
_LETTERS = Shape(_is_letter, _is_letter, _is_letter)
_SUFFIX = Shape(_NAME.edge, _NAME.edge, _is_letter)


def date_parts(written: str) -> list[str]:
    """The parts of a date's format, `["YYYY", "MM", "DD"]`; empty when it is none."""
    parts = _FORMAT.findall(written)
    figures = sorted(part for part in parts if part.isalpha())
    return parts if "".join(parts) == written and figures in _FORMAT_PARTS else []


def _as_written(value: str, _format: str, _today: date) -> str:
    return value


def _number(value: str, _format: str, _today: date) -> str:
    return value if len(value) <= _LONGEST_NUMBER else ""


def _kind(value: str, _format: str, _today: date) -> str:
    return value if len(value) <= _LONGEST_KIND else ""


def _sex(value: str, form: str, _today: date) -> str:
    return _SEXES[form].get(value.upper(), "")


def _suffix(value: str, _format: str, _today: date) -> str:
    word = value.strip(".")
    return word if word.upper() in _SUFFIXES else ""


def _days(value: str, form: str, today: date) -> str:
    """Every day that it can mean, as a clue carries them."""
    if form:
        return "|".join(day.isoformat() for day in _formatted_days(value, form, today))
    whole = [found for found in find_dates(value, today=today) if found.end - found.start == len(value)]
    return whole[0].value if whole else ""


def _formatted_days(value: str, form: str, today: date) -> list[date]:
    figures, at = {}, 0
    for part in date_parts(form):
        figures[part] = value[at : at + len(part)]
        at += len(part)
    years = [figures["YYYY"]] if "YYYY" in figures else [century + figures["YY"] for century in ("20", "19")]
    days = [_day(int(year), int(figures["MM"]), int(figures["DD"])) for year in years]
    return [day for day in days if day is not None and day <= today]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _OLDEST_YEAR else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One thing that a pattern can ask for, with what explains it to people.

    `clue` is the field that it tells, `""` where it says nothing of a patient. `read` gives what the clue
    says for a text, a format and today's date, `""` where the text is nothing of that kind. `formats` are
    examples of what may stand behind the colon.
    """

    name: str
    words: str
    example: str
    clue: str
    shape: Shape
    read: Callable[[str, str, date], str] = _as_written
    place: str = ""
    formats: tuple[str, ...] = ()

    @property
    def is_date(self) -> bool:
        """Does its format say how a date is written?"""
        return self.shape is _DAY

    def allows(self, form: str) -> bool:
        """May `form` stand behind its colon?"""
        return bool(date_parts(form)) if self.is_date else form in self.formats


_DATES = ("YYYYMMDD", "DD-MM-YYYY", "DDMMYY")
_EVERY = (
    Placeholder("mrn", "Record number", "3000003792", Field.RECORD_NUMBER, _CODE, _number, "first"),
    Placeholder("family", "Family names", "GARZA TIJERINA", Field.FAMILY_NAME, _NAME),
    Placeholder("given", "Given names", "MARIA ESTHER", Field.GIVEN_NAMES, _NAME),
    Placeholder("name", "The whole name, in any order", "MARIA_GARZA", Field.NAME, _LOOSE_NAME),
    Placeholder("birth", "Birth date", "19570423", Field.BIRTH_DATE, _DAY, _days, "labelled", _DATES),
    Placeholder("date", "Day of the picture or visit", "20240518", Field.TAKEN_ON, _DAY, _days, "", _DATES),
    Placeholder("episode", "Episode or visit number", "6001467010", Field.EPISODE, _CODE),
    Placeholder("type", "Kind of document, one word", "CONS", Field.DOCUMENT_TYPE, _KIND, _kind),
    Placeholder("sex", "Sex", "F", Field.SEX, _LETTERS, _sex, "", ("HM",)),
    Placeholder("suffix", "Jr, Sr, hijo, II, III", "Jr", Field.SUFFIX, _SUFFIX, _suffix),
    Placeholder("counter", "A counter, which says nothing of a patient", "01", "", _DIGITS),
)
PLACEHOLDERS: Mapping[str, Placeholder] = {each.name: each for each in _EVERY}
