"""The rules of a clinic for automatic assignment, and what counts as an identifier that agrees."""

import math
from dataclasses import dataclass

from patients.matching.common_names import is_common_name
from patients.matching.comparisons import Comparison, NumberLevel
from patients.matching.names import Level, NameFit
from patients.matching.normalise import Person
from patients.matching.reading import Kind, Reading, ReadNumber, Word

SHORTEST_BARE = 4  # digits that a number without its zeros needs to count at all
_SHORTEST_LATER = 5  # and where it stands among counters
_STRONG_NAME = 5.0  # one in 150 others would fit
_STRONG_SURNAMES = 6.0  # surnames without a given name: one in 400
_STRONG_WITH_DATE = 8.0  # one in 3,000 others would fit, in a directory of
_AT_PATIENTS = 100_000
# A given name that more than one in thirty bears (María, José, Juan) is what twins share.
_TELLS_TWINS_APART = 3.3
# Where the record has no other name: what more than one in twenty bears is as likely his twin's.
_TELLS_WHOLE_NAMES_APART = 3.0
_TELLS_TWINS_OF_TWO_NAMES_APART = 4.5  # one in ninety: `Ana`, `Luis` and `Carlos` begin many double names
_FEWEST_INITIALS, _MOST_INITIALS = 2, 5
_MOST_SLIPS = 1
_MOST_SLIPS_WITH_NUMBER = 2
_AS_WELL = 1.0  # a name that fits three times worse is no rival where a number has spoken already
_STRONG_WITH_SHORT_NUMBER = 7.0
_WHOLE_NAME_WORDS = 3
MOST_UNEXPLAINED = 1  # names that the file has and the record has not


@dataclass(frozen=True, slots=True)
class Policy:
    """What a clinic allows.

    `bare_number` is `check_digit`, `always` or `never`. `name_alone` is the one rule that breaks with two
    identifiers: a full, clear, unique name with nobody near. It costs about one wrong file in ten thousand,
    all of them of people with the very name of a patient who are not in the directory themselves.
    """

    assign_from: float = 0.95
    review_from: float = 0.60
    bare_number: str = "check_digit"
    name_alone: bool = False


def number_counts(comparison: Comparison) -> bool:
    """Is the record number there, at full width, or without its zeros where no counter stands, or beside a
    strong name?
    """
    read = comparison.number.read
    if read is None or not comparison.number.agrees:
        return False
    if comparison.number.level is NumberLevel.EXACT:
        return True
    if read.place == "date":
        return False
    shortest = SHORTEST_BARE if read.is_in_place else _SHORTEST_LATER
    return len(read.number.digits) >= shortest or comparison.name.strength >= _STRONG_WITH_SHORT_NUMBER


def name_confirms_number(fit: NameFit) -> bool:
    """Do enough words fit to confirm a record number, and does none speak of somebody else?"""
    if fit.contradicts or len(fit.unexplained_names) > MOST_UNEXPLAINED or not fit.has(given=False):
        return False
    if fit.has(given=True):
        return fit.strength >= _STRONG_NAME and fit.slips <= _MOST_SLIPS_WITH_NUMBER
    with_initial = any(match.is_given for match in fit.matches)
    is_right = with_initial and not fit.slips
    return fit.slips <= _MOST_SLIPS and fit.strength >= (_STRONG_NAME if is_right else _STRONG_SURNAMES)


def name_confirms_date(comparison: Comparison, patients: int) -> bool:
    """Does a full name fit, every word of it, with at most one slip? Then it and the birth date are two
    identifiers.
    """
    fit = comparison.name
    if fit.unexplained or not (fit.has(given=True) and fit.has(given=False)):
        return False
    if not _tells_twins_apart(comparison):
        return False
    return fit.strength >= _needed_strength(patients) and fit.slips <= _MOST_SLIPS


def _tells_twins_apart(comparison: Comparison) -> bool:
    """Would a twin who is not in the directory bear another name than the one that was read?

    Two given names tell, and a single one that is rare. Where people have two surnames they often have two
    given names as well, and twins the first in common: `Juan` is either Juan Carlos or Juan Pablo, while a
    record with nothing but `Pablo`, both its surnames read, is his own.
    """
    fit, person = comparison.name, comparison.person
    given = [match for match in fit.matches if match.is_given and match.level is not Level.INITIAL]
    has_two_surnames = len(person.family) > 1
    if len(given) > 1:
        return True
    is_whole = has_two_surnames and not fit.missing_given and not fit.missing_family
    if is_whole and given[0].weight >= _TELLS_WHOLE_NAMES_APART:
        return True
    if has_two_surnames and fit.missing_given and any(match.level is Level.INITIAL for match in fit.matches):
        return False  # an initial beside the name may be the brother's
    is_open = has_two_surnames and fit.missing_given and given[0].name == person.given[0]
    needed = _TELLS_TWINS_OF_TWO_NAMES_APART if is_open else _TELLS_TWINS_APART
    return given[0].weight >= needed


def initials_of(reading: Reading) -> set[str]:
    """The letters, where all that could be a name is initials: `M E G T`, or `MEGT` and nothing else."""
    words = [word for word in reading.words if word.kind is not Kind.ASIDE]
    if len(words) == 1 and _is_run_of_initials(words[0]):
        return set(words[0].text)
    letters = {word.text for word in words if word.kind is not Kind.CODE}
    return letters if all(len(text) == 1 for text in letters) else set()


def _is_run_of_initials(word: Word) -> bool:
    return word.kind in {Kind.CODE, Kind.UNKNOWN} and _FEWEST_INITIALS < len(word.text) <= _MOST_INITIALS


def have_initials(person: Person, letters: set[str]) -> bool:
    """Are `letters` all initials of `person`, at least one of a surname and one of a given name?"""
    family, given = {word[0] for word in person.family}, {word[0] for word in person.given}
    is_enough = len(letters) >= _FEWEST_INITIALS
    return is_enough and letters <= family | given and bool(letters & family) and bool(letters & given)


def name_is_clear(comparison: Comparison, reading: Reading, patients: int) -> bool:
    """Is a whole name there, letter by letter, every word explained, rare enough, and no loose end beside it?

    Whole means all surnames and a given name, and either all that the record has or three words. A suffix on
    one side, a longer number that is nobody's, or a second date could mean a stranger of the same name.
    """
    fit = comparison.name
    if fit.unexplained or fit.missing_family or not (fit.has(given=True) and fit.has(given=False)):
        return False
    if not _is_whole(fit) or fit.strength < _needed_strength(patients):
        return False
    if len(fit.matches) < _WHOLE_NAME_WORDS and all(is_common_name(match.name) for match in fit.matches):
        return False  # rare in this directory, and yet borne by thousands outside it
    if bool(reading.suffixes) != bool(comparison.person.suffix) or len(reading.dates) > 1:
        return False
    return not any(_is_loose_end(read) for read in reading.numbers)


def _is_whole(fit: NameFit) -> bool:
    exact = all(match.level is Level.EXACT and not match.word.is_restored for match in fit.matches)
    return exact and (not fit.missing_given or len(fit.matches) >= _WHOLE_NAME_WORDS)


def _is_loose_end(read: ReadNumber) -> bool:
    return read.place != "date" and (read.is_in_place or len(read.number.digits) >= _SHORTEST_LATER)


def _needed_strength(patients: int) -> float:
    """The larger the directory, the more people share a birth date or a name, and the rarer it has to be."""
    return max(_STRONG_NAME, _STRONG_WITH_DATE + math.log(max(patients, 1) / _AT_PATIENTS))


def name_contradicts(fit: NameFit) -> bool:
    """Does a name in the file speak of somebody else? More names than the record has are none, if what it
    has fits.
    """
    return fit.contradicts or len(fit.unexplained_names) > (MOST_UNEXPLAINED if fit.matches else 0)


def could_be_named(fit: NameFit) -> bool:
    """Could the file's name be this person's, taken loosely: every word fits somehow?"""
    return bool(fit.matches) and not fit.unexplained


def fits_as_well(other: NameFit, best: NameFit) -> bool:
    """Could the file's name be the other person's nearly as well?"""
    return could_be_named(other) and other.weight >= best.weight - _AS_WELL
