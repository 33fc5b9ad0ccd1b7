"""What a decision looks at: the ranked patients, what was read, the clinic's rules and questions to the
directory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patients.matching.comparisons import Comparison
from patients.matching.numbers import NumberShape
from patients.matching.policy import Policy
from patients.matching.reading import Reading, Word
from patients.matching.scoring import Scored


@dataclass(frozen=True, slots=True)
class Case:
    """One file's case; `ranked` has the likeliest patient first."""

    ranked: Sequence[Scored]
    reading: Reading
    policy: Policy
    check_digit: str
    batch_patient: str
    listed: frozenset[str]  # the patients of the list that came with the batch
    patients: int  # how many the directory has
    shape: NumberShape
    near_number_owners: Callable[[], Sequence[Comparison]]  # those whose number is one slip from the one read

    @property
    def best(self) -> Comparison:
        """The likeliest patient's comparison."""
        return self.ranked[0].comparison

    @property
    def others(self) -> list[Comparison]:
        """Everybody else's."""
        return [each.comparison for each in self.ranked if each.patient_id != self.ranked[0].patient_id]

    @property
    def words(self) -> list[Word]:
        """The words that the likeliest patient's record has to explain."""
        return [word for word in self.reading.name_words if word not in self.best.set_aside]
