"""Compares what was read with one record: number, names, birth date, suffix, each on its own, in ordered
levels.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rapidfuzz.distance import OSA

from patients.clues import MACHINES
from patients.matching.name_fits import NameFits
from patients.matching.names import Level, NameFit
from patients.matching.normalise import Number, Person
from patients.matching.reading import ReadDate, Reading, ReadNumber, ReadSex, Word


class NumberLevel(StrEnum):
    """How the record number fits."""

    EXACT = "exact"
    ZEROS = "zeros"  # the same digits, leading zeros lost
    ABSENT = "absent"
    NEAR = "near"  # one slip apart
    OTHER = "other"  # a number like ours, and not this record's


class DateLevel(StrEnum):
    """How the birth date fits."""

    EQUAL = "equal"
    ABSENT = "absent"
    STUDY = "study"  # not the birth date, and may well be the day of the study
    CLOSE = "close"  # day and month exchanged, or one digit apart
    OTHER = "other"


class SuffixLevel(StrEnum):
    """How Jr, Sr, II and III fit."""

    EQUAL = "equal"
    ABSENT = "absent"
    OTHER = "other"


class SexLevel(StrEnum):
    """How the sex fits: a small thing where it does, and no small thing where a machine says otherwise."""

    EQUAL = "equal"
    ABSENT = "absent"
    OTHER = "other"


_WRONG_NUMBERS = 0.035  # share of written numbers that are not the owner's
_SHORT_NUMBER, _LONGER_NUMBER = 0.2, 2.0  # without zeros; counters have at most four digits
_LONGEST_COUNTER = 4
_NEAR_NUMBER = math.log(0.01)
_OTHER_NUMBER = math.log(0.002)
_DATE_EQUAL = math.log(20_000.0)
_DATE_CLOSE = math.log(8.0)
_DATE_OTHER = math.log(0.005)
_OLD_DATE_OTHER = math.log(0.01)
_SUFFIX_EQUAL = math.log(8.0)
_SUFFIX_OTHER = math.log(0.01)
_SEX_EQUAL = math.log(1.9)
_SEX_OTHER = math.log(0.05)
_TAKEN_BEFORE_BIRTH = math.log(0.01)
_FIRST_CAMERA_YEAR = 1990  # a clock that says less was never set
_STUDIES_SINCE = timedelta(days=25 * 365)  # an unlabelled date in these years may be a study's


@dataclass(frozen=True, slots=True)
class NumberFit:
    """The record number's level, and the number of the file that it was found with."""

    level: NumberLevel = NumberLevel.ABSENT
    read: ReadNumber | None = None
    is_full_width: bool = False
    others: tuple[ReadNumber, ...] = ()  # numbers like ours in the same sources that are not this record's
    weight: float = 0.0

    @property
    def agrees(self) -> bool:
        """Is it this record's number?"""
        return self.level in {NumberLevel.EXACT, NumberLevel.ZEROS}

    @property
    def is_exact_in_place(self) -> bool:
        """Is it this record's number at full width, first or labelled?"""
        return self.level is NumberLevel.EXACT and self.read is not None and self.read.is_in_place


@dataclass(frozen=True, slots=True)
class DateFit:
    """The birth date's level, and the date of the file that it was found with."""

    level: DateLevel = DateLevel.ABSENT
    read: ReadDate | None = None
    weight: float = 0.0


_NO_NUMBER, _NO_DATE = NumberFit(), DateFit()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One record beside what was read."""

    person: Person
    number: NumberFit
    name: NameFit
    birth: DateFit
    suffix: SuffixLevel
    weight: float
    set_aside: tuple[Word, ...] = ()  # plain words, where the owner is known without them
    sex: SexLevel = SexLevel.ABSENT
    too_early: ReadDate | None = None  # a picture taken before this person was born


def compare(
    reading: Reading,
    person: Person,
    *,
    names: NameFits,
    patients: int,
    today: date,
    is_batch_patient: bool = False,
) -> Comparison:
    """Compare field by field; the total is the sum of the fields' log likelihood ratios.

    `names` fits the words of `reading`; `patients` is how many the directory has.

    Plain words that the record does not explain speak neither for nor against whose number stands in its
    place, exact, and for whom the batch was opened.
    """
    number = fit_number(reading.numbers, person.number, patients)
    name = names.of(person)
    set_aside = _plain(reading, name) if is_batch_patient or number.is_exact_in_place else ()
    if set_aside:
        name = names.without(set_aside, person)
    birth = fit_birth_date(_but_the_number(reading.dates, number), person.birth_date, today)
    suffix = fit_suffix(reading.suffixes, person.suffix)
    sex = fit_sex(reading.sexes, person.sex)
    too_early = _taken_before(reading.taken, person.birth_date)
    weight = number.weight + name.weight + birth.weight + _SUFFIX_WEIGHTS[suffix] + _SEX_WEIGHTS[sex]
    weight += _TAKEN_BEFORE_BIRTH if too_early else 0.0
    return Comparison(person, number, name, birth, suffix, weight, set_aside, sex, too_early)


def _but_the_number(dates: tuple[ReadDate, ...], number: NumberFit) -> tuple[ReadDate, ...]:
    """Digits that are this record's number are no date."""
    if not dates or not number.agrees or number.read is None:
        return dates
    digits = number.read.number.digits
    return tuple(read for read in dates if read.digits != digits)


def _plain(reading: Reading, name: NameFit) -> tuple[Word, ...]:
    fitting = {match.word.text for match in name.matches if match.level is not Level.INITIAL}
    return tuple(word for word in reading.words if word.is_plain and word.text not in fitting)


def fit_number(numbers: tuple[ReadNumber, ...], own: Number, patients: int) -> NumberFit:
    """The best of the numbers read for this record's own one."""
    if not numbers:
        return _NO_NUMBER
    same = [read for read in numbers if _is_same(read.number, own)]
    others = tuple(read for read in numbers if read.looks_ours and read not in same)
    if same:
        best = max(same, key=lambda read: (read.source in MACHINES, read.number.width, read.is_in_place))
        full = best.number.width >= own.width
        level = NumberLevel.EXACT if full else NumberLevel.ZEROS
        return NumberFit(level, best, full, others, _number_weight(best, patients, full_width=full))
    if not others:
        return _NO_NUMBER
    slip = next((read for read in others if are_one_slip_apart(read.number.digits, own.digits)), None)
    if slip is not None:
        return NumberFit(NumberLevel.NEAR, slip, is_full_width=True, others=others, weight=_NEAR_NUMBER)
    return NumberFit(NumberLevel.OTHER, others[0], is_full_width=True, others=others, weight=_OTHER_NUMBER)


def are_one_slip_apart(one: str, other: str) -> bool:
    """Does changing, losing, adding or exchanging a single digit make one number of the other?"""
    return OSA.distance(one, other, score_cutoff=1) == 1


def _is_same(read: Number, own: Number) -> bool:
    if read.digits != own.digits or own.is_empty:
        return False
    return not read.letters or read.letters == own.letters


def _number_weight(read: ReadNumber, patients: int, *, full_width: bool) -> float:
    if full_width:
        return math.log(max(patients, 2) / _WRONG_NUMBERS)
    digits = len(read.number.digits)
    share = _SHORT_NUMBER if digits <= _LONGEST_COUNTER else _LONGER_NUMBER
    return math.log(max(share * min(patients, 10**digits), 2.0))


def fit_birth_date(dates: tuple[ReadDate, ...], own: date | None, today: date) -> DateFit:
    """The best of the dates read for this record's birth date; a recent one without a label may be the
    study's.
    """
    if own is None or not dates:
        return _NO_DATE
    stated = [read for read in dates if read.is_labelled and own not in read.days]
    if stated:  # whoever calls it a birth date is not answered by another date that fits
        return _not_equal(stated[0], own)
    for read in dates:
        if own in read.days:
            return DateFit(DateLevel.EQUAL, read, _DATE_EQUAL - math.log(len(read.days)))
    for read in dates:
        if any(_are_close(day, own) for day in read.days) and not _may_be_study(read, own, today):
            return DateFit(DateLevel.CLOSE, read, _DATE_CLOSE)
    against = next((read for read in dates if not _may_be_study(read, own, today)), None)
    if against is not None:
        return DateFit(DateLevel.OTHER, against, _OLD_DATE_OTHER)
    return DateFit(DateLevel.STUDY, dates[0], 0.0)


def _not_equal(stated: ReadDate, own: date) -> DateFit:
    if any(_are_close(day, own) for day in stated.days):
        return DateFit(DateLevel.CLOSE, stated, _DATE_CLOSE)
    return DateFit(DateLevel.OTHER, stated, _DATE_OTHER)


def _may_be_study(read: ReadDate, own: date, today: date) -> bool:
    return any(own <= day and today - _STUDIES_SINCE <= day <= today for day in read.days)


def _are_close(day: date, own: date) -> bool:
    if (day.year, day.month, day.day) == (own.year, own.day, own.month):
        return True
    if (day.year == own.year) + (day.month == own.month) + (day.day == own.day) != len("md"):
        return False
    pairs = zip(day.strftime("%Y%m%d"), own.strftime("%Y%m%d"), strict=True)
    return sum(1 for left, right in pairs if left != right) == 1


def fit_suffix(read: tuple[str, ...], own: str) -> SuffixLevel:
    """A suffix on one side only says nothing: half of the directories leave them out."""
    if not read or not own:
        return SuffixLevel.ABSENT
    return SuffixLevel.EQUAL if own in read else SuffixLevel.OTHER


def fit_sex(read: tuple[ReadSex, ...], own: str) -> SexLevel:
    """One that differs counts, whatever the others say."""
    if not read or not own:
        return SexLevel.ABSENT
    return SexLevel.OTHER if any(each.value != own for each in read) else SexLevel.EQUAL


def _taken_before(taken: tuple[ReadDate, ...], birth_date: date | None) -> ReadDate | None:
    """The first of the days of the picture that lies before this person's birth; a picture of the very day
    may be a newborn's.
    """
    if birth_date is None or not taken:
        return None
    set_clocks = (read for read in taken if read.days[0].year >= _FIRST_CAMERA_YEAR)
    return next((read for read in set_clocks if max(read.days) < birth_date), None)


_SEX_WEIGHTS = {SexLevel.EQUAL: _SEX_EQUAL, SexLevel.ABSENT: 0.0, SexLevel.OTHER: _SEX_OTHER}
_SUFFIX_WEIGHTS = {
    SuffixLevel.EQUAL: _SUFFIX_EQUAL,
    SuffixLevel.ABSENT: 0.0,
    SuffixLevel.OTHER: _SUFFIX_OTHER,
}
