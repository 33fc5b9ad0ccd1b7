"""What speaks against the likeliest patient; any of it keeps the file from being filed, however high the
score.
"""

from collections.abc import Callable

from patients.clues import MACHINES
from patients.matching.case import Case
from patients.matching.comparisons import Comparison, DateLevel, NumberLevel, SexLevel, SuffixLevel
from patients.matching.policy import could_be_named, name_confirms_number, name_contradicts, number_counts
from patients.matching.reading import Kind, ReadNumber
from patients.matching.sources import disagreeing_source


def contradiction(case: Case) -> str:
    """The code of the first veto that holds against the likeliest patient, or `""`."""
    source = disagreeing_source(case)
    if source and not case.batch_patient:
        return f"{source}-disagrees"
    return next((code for code, holds in _VETOES if holds(case, case.best)), "")


def _is_not_the_batch_patient(case: Case, best: Comparison) -> bool:
    if not case.batch_patient:
        return False
    if best.person.id != case.batch_patient or best.number.level in {NumberLevel.NEAR, NumberLevel.OTHER}:
        return True
    if disagreeing_source(case):
        return True
    if any(word.kind is Kind.NAME for word in case.words) and name_contradicts(best.name):
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


def _has_owner(case: Case, numbers: tuple[ReadNumber, ...]) -> bool:
    return any(other.number.agrees and other.number.read in numbers for other in case.others)


def _is_number_shared(case: Case, best: Comparison) -> bool:
    same = (other.number.read == best.number.read for other in case.others if other.number.agrees)
    return best.number.agrees and any(same)


def _are_two_numbers(case: Case, best: Comparison) -> bool:
    """Beside number and name, another number is one only where it stands in the place of one, or is owned."""
    if not best.number.agrees or not best.number.others:
        return False
    is_named = best.number.is_exact_in_place and name_confirms_number(best.name)
    in_place = any(read.is_in_place for read in best.number.others)
    return not is_named or in_place or _has_owner(case, best.number.others)


def _is_name_of_another(case: Case, best: Comparison) -> bool:
    """Words that are not the number's owner's, or, where the number does not stand in its place, words that
    somebody else explains without a rest.
    """
    if not (number_counts(best) and any(word.kind is Kind.NAME for word in case.words)):
        return False
    if name_contradicts(best.name) or not best.name.matches:
        return True
    is_in_place = best.number.read is not None and best.number.read.is_in_place
    if is_in_place or not best.name.unexplained_names:
        return False
    return any(could_be_named(other.name) for other in case.others)


def _is_of_another_sex(case: Case, best: Comparison) -> bool:
    machine_says = any(each.source in MACHINES for each in case.reading.sexes)
    return machine_says and best.sex is SexLevel.OTHER


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
    ("sex-disagrees", _is_of_another_sex),
    ("taken-before-birth", lambda _, best: best.too_early is not None),
)
