"""Decides by identifiers, not by score: two that agree and nothing that contradicts, or a person looks at
it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patients.matching import check_digits
from patients.matching.comparisons import Comparison, DateLevel, NumberLevel, SuffixLevel
from patients.matching.names import NameFit
from patients.matching.policy import (
    Policy,
    could_be_named,
    fits_as_well,
    name_confirms_date,
    name_confirms_number,
    name_contradicts,
    name_is_clear,
    number_counts,
)
from patients.matching.reading import Kind, Reading, ReadNumber, Word
from patients.matching.results import Decision
from patients.matching.scoring import Scored

REASONS: dict[str, str] = {
    "number-and-name": "The record number and the name agree.",
    "number-and-birth-date": "The record number and the birth date agree.",
    "name-and-birth-date": "The full name and the birth date agree.",
    "number-with-check-digit": "The record number is exact, and its check digit is right.",
    "number-by-policy": "The record number is exact, and this clinic files by the number alone.",
    "clear-name": "The full name is clear, and nobody else comes near it.",
    "batch-patient": "The batch is this patient's, and nothing in the file's name says otherwise.",
    "number-alone": "Only a record number was found; a second identifier is needed.",
    "name-alone": "Only a name was found; a second identifier is needed.",
    "birth-date-alone": "Only a birth date and initials were found; a second identifier is needed.",
    "name-unclear": "Beside the number stands a name that may be a place's, a doctor's or another patient's.",
    "namesakes": "More than one patient could bear this name.",
    "weak-name": "The name is too short or too common to confirm the rest.",
    "words-unexplained": "The record number fits, but words beside it could not be explained.",
    "number-and-name-disagree": "The record number and the name point to different patients.",
    "number-unknown": "The record number is not in the directory.",
    "number-near": "The record number is one slip away from this patient's.",
    "two-numbers": "Two record numbers were found, and they belong to different patients.",
    "number-not-unique": "More than one patient has this number.",
    "birth-date-disagrees": "The birth date is not this patient's.",
    "birth-date-close": "The birth date is close to this patient's, but not the same.",
    "suffix-disagrees": "Junior and senior, or another suffix, disagree.",
    "namesake-number-near": "Another patient who could be meant has a number that is one slip away.",
    "twin-or-duplicate": "Another record has this birth date and a like name: a twin, or a duplicate.",
    "provisional-patient": "This patient is provisional; a person confirms what is filed here.",
    "not-the-batch-patient": "Something in the file's name points away from the batch's patient.",
    "not-sure-enough": "The evidence is not strong enough to file this without a look.",
    "nobody-fits": "Nobody in the directory fits.",
    "no-identity": "Nothing in the name speaks of a patient.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the decision looks at: the ranked patients, what was read, and two questions to the
    directory.
    """

    ranked: Sequence[Scored]
    reading: Reading
    policy: Policy
    check_digit: str
    batch_patient: str
    patients: int  # how many the directory has
    near_number_owners: Callable[[], Sequence[Comparison]]  # those whose number is one slip from it

    @property
    def best(self) -> Comparison:
        """The likeliest patient's comparison."""
        return self.ranked[0].comparison

    @property
    def others(self) -> list[Comparison]:
        """Everybody else's."""
        return [each.comparison for each in self.ranked if each.patient_id != self.ranked[0].patient_id]


def decide(case: Case) -> tuple[Decision, str]:
    """The decision and its reason code (`REASONS`). Any contradiction is a veto, however high the score."""
    if not case.ranked:
        spoken = case.reading.numbers or case.reading.name_words
        return Decision.NONE, "nobody-fits" if spoken else "no-identity"
    reason = contradiction(case)
    if reason:
        return Decision.REVIEW if _is_worth_a_look(case, reason) else Decision.NONE, reason
    allowed, reason = _two_identifiers(case)
    if allowed and case.ranked[0].confidence >= _needed(case):
        return Decision.ASSIGN, reason
    if allowed:
        return Decision.REVIEW, "not-sure-enough"
    return (Decision.REVIEW, reason) if _is_likely(case) else (Decision.NONE, "nobody-fits")


def _needed(case: Case) -> float:
    """Whoever opened the batch for one patient has said whose it is; then it only must not be unlikely."""
    return case.policy.review_from if case.batch_patient else case.policy.assign_from


def _is_likely(case: Case) -> bool:
    """Is it likely enough that one of the candidates is the owner, even when it is open which?"""
    return _holds_a_number(case) or sum(each.confidence for each in case.ranked) >= case.policy.review_from


def _is_worth_a_look(case: Case, reason: str) -> bool:
    strong = {"number-and-name-disagree", "two-numbers", "not-the-batch-patient", "number-not-unique"}
    return reason in strong or _is_likely(case)


def _holds_a_number(case: Case) -> bool:
    """Somebody's own number, in its place: a person should see that file, however little the rest fits."""
    return any(each.comparison.number.is_exact_in_place for each in case.ranked)


def contradiction(case: Case) -> str:
    """What speaks against the likeliest patient, or `""`: the first veto that holds."""
    return next((code for code, holds in _VETOES if holds(case, case.best)), "")


def _is_not_the_batch_patient(case: Case, best: Comparison) -> bool:
    if not case.batch_patient:
        return False
    if best.person.id != case.batch_patient or best.number.level in {NumberLevel.NEAR, NumberLevel.OTHER}:
        return True
    if any(word.kind is Kind.NAME for word in _words(case, best)) and name_contradicts(best.name):
        return True
    return sum(word.is_capital and len(word.text) > 1 for word in best.name.unexplained) > 1  # a stranger's


def _is_number_of_another(case: Case, best: Comparison) -> bool:
    """A number like ours that has another owner, or one without its zeros where a record number belongs."""
    if best.number.level is NumberLevel.OTHER:
        return _has_owner(case, best.number.others)
    owners = (
        other for other in case.others if other.number.read is not None and other.number.read.is_in_place
    )
    return not best.number.agrees and any(number_counts(owner) for owner in owners)


def _is_number_shared(case: Case, best: Comparison) -> bool:
    same = (other.number.read == best.number.read for other in case.others if other.number.agrees)
    return best.number.agrees and any(same)


def _are_two_numbers(_: Case, best: Comparison) -> bool:
    return best.number.agrees and bool(best.number.others)


def _is_name_of_another(case: Case, best: Comparison) -> bool:
    if not (number_counts(best) and any(word.kind is Kind.NAME for word in _words(case, best))):
        return False
    return name_contradicts(best.name) or not best.name.matches


# In this order; the first one that holds names the reason.
_VETOES: tuple[tuple[str, Callable[[Case, Comparison], bool]], ...] = (
    ("not-the-batch-patient", _is_not_the_batch_patient),
    ("number-near", lambda _, best: best.number.level is NumberLevel.NEAR),
    ("number-and-name-disagree", _is_number_of_another),
    ("number-unknown", lambda _, best: best.number.level is NumberLevel.OTHER),
    ("number-not-unique", _is_number_shared),
    ("two-numbers", _are_two_numbers),
    ("number-and-name-disagree", _is_name_of_another),
    ("birth-date-disagrees", lambda _, best: best.birth.level is DateLevel.OTHER),
    ("birth-date-close", lambda _, best: best.birth.level is DateLevel.CLOSE),
    ("suffix-disagrees", lambda _, best: best.suffix is SuffixLevel.OTHER),
)


def _has_owner(case: Case, numbers: tuple[ReadNumber, ...]) -> bool:
    return any(other.number.agrees and other.number.read in numbers for other in case.others)


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
    if not _words(case, best) or _is_all_explained(best.name):
        return _bare_number(case, best)
    return False, "words-unexplained" if best.name.unexplained else "weak-name"


def _words(case: Case, best: Comparison) -> list[Word]:
    """The words that the likeliest patient's record has to explain."""
    return [word for word in case.reading.name_words if word not in best.set_aside]


def _is_all_explained(fit: NameFit) -> bool:
    """Does a whole name fit, however common, and is no word left over?"""
    has_whole = fit.has(given=False) or fit.has(given=True)
    return has_whole and not fit.unexplained and not fit.slips


def _rival_for_number_and_name(case: Case, best: Comparison) -> str:
    """Somebody who could have been meant, had a digit been mistyped or had a short number been a counter."""
    if best.number.level is NumberLevel.ZEROS and any(could_be_named(other.name) for other in case.others):
        return "namesakes"
    near = (each for each in case.near_number_owners() if each.person.id != best.person.id)
    return "namesake-number-near" if any(fits_as_well(each.name, best.name) for each in near) else ""


def _bare_number(case: Case, best: Comparison) -> tuple[bool, str]:
    """A number alone: exact, in its pattern's place, no date, and by the clinic's rule."""
    read = best.number.read
    if read is None or best.number.level is not NumberLevel.EXACT:
        return False, "number-alone"
    if read.place == "date" or not _stands_alone(case, read):
        return False, "number-alone"
    if _may_name_somebody_else(case, best, read):
        return False, "name-unclear"
    if case.policy.bare_number == "always":
        return True, "number-by-policy"
    if case.policy.bare_number != "check_digit" or not _has_right_check_digit(case, best):
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
    if not name_confirms_date(best.name, case.patients):
        return False, "weak-name" if best.name.matches else "birth-date-alone"
    if any(_is_twin(best, other) for other in case.others):
        return False, "twin-or-duplicate"
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
    if not case.policy.name_alone:
        return False, "name-alone"
    clear = name_is_clear(best, case.reading, case.patients) and not any(
        _is_near(other) for other in case.others
    )
    return clear, "clear-name" if clear else "name-alone"


def _is_near(other: Comparison) -> bool:
    """Somebody of the same surnames and a given name in common: a twin, a child, a record with fewer names."""
    fit = other.name
    is_family = fit.has(given=False) and not fit.missing_family
    return fit.has(given=True) and (is_family or (fit.has(given=False) and not fit.contradicts))
