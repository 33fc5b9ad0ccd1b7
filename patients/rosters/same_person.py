"""Can a roster's row be the person whose record number it bears? A column that slipped by one line, and a
number that was given twice, must rename nobody.
"""

from datetime import date

from patients.matching.common_names import is_common_name
from patients.matching.comparisons import DateLevel, fit_birth_date
from patients.matching.normalise import Person
from patients.matching.reading import ReadDate

_TWO_WORDS = 2


def may_be_same(row: Person, record: Person, today: date) -> bool:
    """Is there nothing that speaks for two people?

    An equal birth date speaks for one: a woman who marries stays herself. Another birth date speaks for two,
    unless a surname and a given name are the same (siblings share the surnames), or the dates are a slip
    apart. Without dates names decide: all of one side's words, two words, or one that not everybody bears.
    Particles (de, la) are no words.
    """
    dates = _dates(row, record, today)
    if dates is DateLevel.EQUAL:
        return True
    if dates in {DateLevel.OTHER, DateLevel.STUDY}:
        return bool(set(row.family) & set(record.family)) and bool(set(row.given) & set(record.given))
    return _share_enough(frozenset(row.names), frozenset(record.names))


def _dates(row: Person, record: Person, today: date) -> DateLevel:
    if row.birth_date is None:
        return DateLevel.ABSENT
    read = ReadDate((row.birth_date,), source="list", is_labelled=True)
    return fit_birth_date((read,), record.birth_date, today).level


def _share_enough(row: frozenset[str], record: frozenset[str]) -> bool:
    common = row & record
    is_whole = bool(common) and common in {row, record}
    return is_whole or len(common) >= _TWO_WORDS or not all(map(is_common_name, common))
