"""A person whom a file names clearly, by record number and full name, and who is not in the directory."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from patients.clues import Clue, Field
from patients.matching.case import Case
from patients.matching.comparisons import Comparison
from patients.matching.normalise import words_of
from patients.matching.policy import could_be_named
from patients.matching.reading import ReadNumber
from patients.matching.results import Stranger

_SHORTEST_NAME = 2


def stranger_in(
    case: Case, clues: Iterable[Clue], owners_near: Callable[[str], Sequence[Comparison]]
) -> Stranger | None:
    """Whom to make a provisional patient of, where a clinic allows that; None where anything is open.

    `owners_near` gives the patients whose number is one slip from these digits.
    """
    clues = tuple(clues)
    number = _one_number(case)
    name = _one_name(clues)
    if number is None or name is None or case.batch_patient:
        return None
    if any(_could_be_meant(each.comparison) for each in case.ranked):
        return None
    if any(each.name.matches for each in owners_near(number.number.digits)):
        return None
    return Stranger(number.written, *name, _one_birth_date(clues))


def _one_number(case: Case) -> ReadNumber | None:
    """The only number in a record number's place, if it is one as this directory writes them."""
    ours = [read for read in case.reading.numbers if case.shape.is_written_like_ours(read.number)]
    if len({read.number.digits for read in ours}) != 1:
        return None
    return next((read for read in ours if read.is_in_place), None)


def _one_name(clues: tuple[Clue, ...]) -> tuple[str, str] | None:
    """Surnames and given names as written, where their source keeps them apart and no two sources differ."""
    read = {_key(name): name for name in _names(clues)}
    return next(iter(read.values())) if len(read) == 1 else None


def _names(clues: tuple[Clue, ...]) -> Iterable[tuple[str, str]]:
    for source in dict.fromkeys(clue.source for clue in clues):
        own = [clue for clue in clues if clue.source == source]
        family = " ".join(clue.value for clue in own if clue.field == Field.FAMILY_NAME)
        given = " ".join(clue.value for clue in own if clue.field == Field.GIVEN_NAMES)
        if not family and not given:
            apart = [clue.value for clue in own if clue.field == Field.NAME and clue.value.count(",") == 1]
            family, _, given = apart[0].partition(",") if len(apart) == 1 else ("", "", "")
        if _is_a_name(family) and _is_a_name(given):
            yield " ".join(family.replace("_", " ").split()), " ".join(given.replace("_", " ").split())


def _is_a_name(text: str) -> bool:
    words = words_of(text)
    return any(len(word) >= _SHORTEST_NAME for word in words) and not any(ch.isdigit() for ch in text)


def _key(name: tuple[str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(words_of(part) for part in name)


def _could_be_meant(each: Comparison) -> bool:
    """The number's owner, or anybody who has the name, a surname and a given name of it, or one with the
    birth date.
    """
    name = each.name
    is_named = could_be_named(name) or (name.has(given=True) and name.has(given=False))
    return each.number.agrees or is_named or (each.birth.weight > 0 and bool(name.matches))


def _one_birth_date(clues: tuple[Clue, ...]) -> date | None:
    """A date called a birth date, with one reading."""
    read = {clue.value for clue in clues if clue.field == Field.BIRTH_DATE}
    try:
        return date.fromisoformat(read.pop()) if len(read) == 1 else None
    except ValueError:  # several readings, or none
        return None
