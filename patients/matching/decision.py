"""Decides by identifiers, not by score: two that agree and nothing that contradicts, or a person looks at
it.
"""

from patients.clues import MACHINES
from patients.matching import check_digits
from patients.matching.case import Case
from patients.matching.comparisons import Comparison, DateLevel, NumberLevel
from patients.matching.names import NameFit
from patients.matching.policy import (
    SHORTEST_BARE,
    could_be_named,
    fits_as_well,
    have_initials,
    initials_of,
    name_confirms_date,
    name_confirms_number,
    name_is_clear,
    number_counts,
)
from patients.matching.reading import MAPPED, Kind, ReadNumber
from patients.matching.results import Decision
from patients.matching.vetoes import contradiction

_WORTH_A_LOOK = {
    "number-and-name-disagree", "two-numbers", "not-the-batch-patient", "number-not-unique",
    "card-disagrees", "dicom-disagrees", "list-disagrees", "exif-disagrees",
}  # fmt: skip
_LONGER_THAN_COUNTERS = 5  # digits
_HARDLY_HIT = 0.0005  # of the directory: a number that means something else hits one of so few hardly ever
# Two full identifiers file a patient whom nobody put on the batch's list; less than that is looked at.
_STAND_WITHOUT_THE_LIST = {"number-and-name", "number-and-birth-date", "mapped-number", "batch-patient"}


def decide(case: Case) -> tuple[Decision, str]:
    """The decision and its reason code (`REASONS`). Any contradiction is a veto, however high the score."""
    if not case.ranked:
        spoken = case.reading.numbers or case.reading.name_words
        return Decision.NONE, "nobody-fits" if spoken else "no-identity"
    reason = contradiction(case)
    if reason:
        return Decision.REVIEW if _is_worth_a_look(case, reason) else Decision.NONE, reason
    allowed, reason = _two_identifiers(case)
    if allowed and case.listed and not _is_listed(case, reason):
        allowed, reason = False, "not-on-the-list"
    if allowed and case.ranked[0].confidence >= _needed(case):
        return Decision.ASSIGN, reason
    if allowed:
        return Decision.REVIEW, "not-sure-enough"
    return (Decision.REVIEW, reason) if _is_likely(case) else (Decision.NONE, "nobody-fits")


def _is_listed(case: Case, reason: str) -> bool:
    return reason in _STAND_WITHOUT_THE_LIST or case.best.person.id in case.listed


def _needed(case: Case) -> float:
    """Whoever opened the batch for one patient has said whose it is; then it only must not be unlikely."""
    return case.policy.review_from if case.batch_patient else case.policy.assign_from


def _is_likely(case: Case) -> bool:
    """Is it likely enough that one of the candidates is the owner, even when it is open which?"""
    return _holds_a_number(case) or sum(each.confidence for each in case.ranked) >= case.policy.review_from


def _is_worth_a_look(case: Case, reason: str) -> bool:
    return reason in _WORTH_A_LOOK or _is_likely(case)


def _holds_a_number(case: Case) -> bool:
    """Somebody's own number, in its place: a person should see that file, however little the rest fits."""
    return any(each.comparison.number.is_exact_in_place for each in case.ranked)


def _two_identifiers(case: Case) -> tuple[bool, str]:
    """May this be filed without a look, and why (not)?"""
    best = case.best
    if case.batch_patient:
        return True, "batch-patient"
    if number_counts(best):
        return _with_number(case, best)
    if best.person.is_provisional:
        return False, "provisional-patient"
    if best.birth.level is DateLevel.EQUAL:
        return _with_birth_date(case, best)
    return _by_name_alone(case, best)


def _with_number(case: Case, best: Comparison) -> tuple[bool, str]:
    if name_confirms_number(best.name):
        rival = _rival_for_number_and_name(case, best)
        return not rival, rival or "number-and-name"
    if best.person.is_provisional:
        return False, "provisional-patient"
    if best.birth.level is DateLevel.EQUAL:
        return True, "number-and-birth-date"
    if best.number.level is NumberLevel.EXACT and best.number.read and best.number.read.place == MAPPED:
        return True, "mapped-number"
    return _with_number_and_less(case, best)


def _with_number_and_less(case: Case, best: Comparison) -> tuple[bool, str]:
    """Beside the number stand only initials, or a weak name, or nothing."""
    if _initials_agree(case, best):
        rival = _rival_for_number_and_initials(case, best)
        return not rival, rival or "number-and-initials"
    if not case.words or _is_all_explained(best.name):
        return _bare_number(case, best)
    return False, "words-unexplained" if best.name.unexplained else "weak-name"


def _is_all_explained(fit: NameFit) -> bool:
    """Does a whole name fit, however common, and is no word left over?"""
    has_whole = fit.has(given=False) or fit.has(given=True)
    return has_whole and not fit.unexplained and not fit.slips


def _rival_for_number_and_name(case: Case, best: Comparison) -> str:
    """Somebody who could have been meant, had a digit been mistyped or had a short number been a counter."""
    namesakes = sum(could_be_named(other.name) for other in case.others)
    if namesakes and _may_be_a_counter(best, namesakes / case.patients):
        return "namesakes"
    near = (each for each in case.near_number_owners() if each.person.id != best.person.id)
    return "namesake-number-near" if any(fits_as_well(each.name, best.name) for each in near) else ""


def _may_be_a_counter(best: Comparison, share: float) -> bool:
    """A number without its zeros that is too short, out of place, or only first and beside half a name that
    more than a few share: a counter would hit one of them often enough.
    """
    read = best.number.read
    if read is None or best.number.level is not NumberLevel.ZEROS:
        return False
    digits = len(read.number.digits)
    if read.place == "labelled":
        return digits < SHORTEST_BARE
    if not read.is_in_place or digits < SHORTEST_BARE:
        return True
    is_half_a_name = bool(best.name.missing_family or best.name.missing_given)
    return is_half_a_name and (digits < _LONGER_THAN_COUNTERS or share > _HARDLY_HIT)


def _initials_agree(case: Case, best: Comparison) -> bool:
    read = best.number.read
    if best.number.level is not NumberLevel.EXACT or read is None or read.place == "date":
        return False
    return _stands_alone(case, read) and have_initials(best.person, initials_of(case.reading))


def _rival_for_number_and_initials(case: Case, best: Comparison) -> str:
    letters = initials_of(case.reading)
    near = (each.person for each in case.near_number_owners() if each.person.id != best.person.id)
    return "namesake-number-near" if any(have_initials(person, letters) for person in near) else ""


def _bare_number(case: Case, best: Comparison) -> tuple[bool, str]:
    """A number alone: exact, in its pattern's place, no date, and by the clinic's rule."""
    read = best.number.read
    if read is None or best.number.level is not NumberLevel.EXACT:
        return False, "number-alone"
    if read.place == "date" or not _stands_alone(case, read):
        return False, "number-alone"
    if _may_name_somebody_else(case, best, read):
        return False, "name-unclear"
    return _by_the_clinics_rule(case, best, read)


def _by_the_clinics_rule(case: Case, best: Comparison, read: ReadNumber) -> tuple[bool, str]:
    if case.policy.bare_number == "always":
        return True, "number-by-policy"
    if case.policy.bare_number == "never":
        return False, "number-alone"
    if read.source in MACHINES:
        return True, "number-by-machine"
    if not _has_right_check_digit(case, best):
        return False, "number-alone"
    is_near_another = any(each.person.id != best.person.id for each in case.near_number_owners())
    return not is_near_another, "namesake-number-near" if is_near_another else "number-with-check-digit"


def _may_name_somebody_else(case: Case, best: Comparison, read: ReadNumber) -> bool:
    """A name that was set aside as a place's, a doctor's or a folder's may be the patient's after all.

    Where the number stands after words, an abbreviation may be initials, and the doctor may be no doctor.
    """
    own = {match.word.text for match in best.name.matches}
    strange = [word for word in case.reading.words if word.text not in own]
    if any(word.was_name for word in strange):
        return True
    has_initials = any(word.kind is Kind.CODE for word in strange)
    return not read.is_in_place and (case.reading.has_doctor or has_initials)


def _has_right_check_digit(case: Case, best: Comparison) -> bool:
    number = best.person.written_number
    return bool(case.check_digit) and check_digits.satisfies(case.check_digit, number)


def _stands_alone(case: Case, read: ReadNumber) -> bool:
    """Is it in a record number's place, or the only number that could be one?"""
    others = [other for other in case.reading.numbers if other.number != read.number and other.is_in_place]
    return read.is_in_place or not others


def _with_birth_date(case: Case, best: Comparison) -> tuple[bool, str]:
    if best.name.has(given=True) and any(_is_twin(best, other) for other in case.others):
        return False, "twin-or-duplicate"
    if not name_confirms_date(best, case.patients):
        return False, "weak-name" if best.name.matches else "birth-date-alone"
    return True, "name-and-birth-date"


def _is_twin(best: Comparison, other: Comparison) -> bool:
    """The same birth date, and a surname or more in common with what was read."""
    same_day = other.birth.level is DateLevel.EQUAL
    return same_day and other.name.has(given=False) and not _has_quite_another_given_name(best, other)


def _has_quite_another_given_name(best: Comparison, other: Comparison) -> bool:
    """A registered twin whose given name shares nothing with the one read is told apart by it; Camilo and
    Camila are one letter apart, and that letter may be the slip.
    """
    stems = {name[:-1] for name in best.person.given}
    is_alike = any(name[:-1] in stems for name in other.person.given)
    return not is_alike and not any(match.is_given for match in other.name.matches)


def _by_name_alone(case: Case, best: Comparison) -> tuple[bool, str]:
    if not best.name.matches:
        return False, "no-identity"
    if any(could_be_named(other.name) for other in case.others):
        return False, "namesakes"
    is_listed = best.person.id in case.listed
    if not (case.policy.name_alone or is_listed):
        return False, "name-alone"
    clear = name_is_clear(best, case.reading, case.patients) and not any(
        _is_near(other) for other in case.others
    )
    by = "name-on-the-list" if is_listed else "clear-name"
    return clear, by if clear else "name-alone"


def _is_near(other: Comparison) -> bool:
    """Somebody with the surnames and a given name in common: a twin, a child, a record with fewer names."""
    fit = other.name
    is_family = fit.has(given=False) and not fit.missing_family
    return fit.has(given=True) and (is_family or (fit.has(given=False) and not fit.contradicts))
