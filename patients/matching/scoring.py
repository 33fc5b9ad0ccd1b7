"""From log likelihood ratios to a probability: over all candidates together, and "nobody in this
directory".
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from patients.matching.comparisons import Comparison, DateLevel, NumberLevel
from patients.matching.reading import Kind, Reading

_KNOWN = 0.93  # share of files whose patient is in the directory
_UNREGISTERED_RELATIVE = 0.004  # a relative of the same name, for each patient who fits by name alone
_LOWEST, _HIGHEST = 0.0, 0.9999
_LISTED = 0.8  # share of a batch's files whose patient is on the list that came with it
_BATCH = math.log(20.0)  # the person who chose the batch's patient is right far more often than not


class Tier(StrEnum):
    """Which identifiers speak for the best candidate; each sort has its own calibration."""

    NUMBER_NAME = "number+name"
    NUMBER_DATE = "number+date"
    NUMBER = "number"
    SHORT_NUMBER = "short number"  # without its zeros: may be a counter
    NAME_DATE = "name+date"
    NAME = "name"
    WEAK = "weak"
    BATCH = "batch"


# Platt scaling of the raw log-odds in each tier: scale, shift, and what each tenfold of patients beyond ten
# thousand adds; fitted on the development seeds of `RULE_VERSION`.
_CALIBRATION: dict[Tier, tuple[float, float, float]] = {
    Tier.NUMBER_NAME: (0.62, 1.70, 0.06),
    Tier.NUMBER_DATE: (1.0, 0.0, 0.0),
    Tier.NUMBER: (0.73, 1.27, 0.22),
    Tier.SHORT_NUMBER: (1.15, -0.03, 0.0),
    Tier.NAME_DATE: (0.76, 0.26, 0.41),
    Tier.NAME: (0.84, 0.52, -0.03),
    Tier.WEAK: (0.35, -1.80, -0.12),
    Tier.BATCH: (1.0, 0.0, 0.0),
}
_FITTED_FROM = 10_000  # patients; smaller directories are taken for one of these


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison with its share of the posterior probability, and the calibrated confidence."""

    comparison: Comparison
    confidence: float
    log_odds: float
    tier: Tier

    @property
    def patient_id(self) -> str:
        """Whom this speaks of."""
        return self.comparison.person.id


def score(
    comparisons: Sequence[Comparison],
    reading: Reading,
    *,
    patients: int,
    batch_patient: str = "",
    listed: frozenset[str] = frozenset(),
) -> list[Scored]:
    """The comparisons with their confidence, the likeliest patient first; ties are settled by id, so that
    answers repeat.
    """
    best = {each.person.id: each for each in sorted(comparisons, key=lambda each: each.weight)}
    weights = {
        patient_id: each.weight + _prior(patient_id, patients, batch_patient, listed)
        for patient_id, each in best.items()
    }
    nobody = _nobody(best.values(), patients)
    top = max([nobody, *weights.values()])
    shares = {patient_id: math.exp(weight - top) for patient_id, weight in weights.items()}
    total = math.exp(nobody - top) + sum(shares.values())
    calibration = _calibration_for(patients)
    has_word = any(word.kind is Kind.NAME for word in reading.words)
    scored = []
    for patient_id, each in best.items():
        share = min(max(shares[patient_id] / total, 1e-12), 1.0 - 1e-9)
        log_odds = math.log(share / (1.0 - share))
        tier = Tier.BATCH if patient_id == batch_patient else _tier(each, has_word=has_word)
        scored.append(Scored(each, _calibrated(log_odds, *calibration[tier]), log_odds, tier))
    scored.sort(key=lambda each: (-each.log_odds, each.patient_id))
    return [_at_most(each, scored[0].confidence) for each in scored]


def _at_most(each: Scored, highest: float) -> Scored:
    """Tiers are calibrated apart; nobody further down may look surer than the likeliest."""
    return each if each.confidence <= highest else replace(each, confidence=highest)


def _prior(patient_id: str, patients: int, batch_patient: str, listed: frozenset[str]) -> float:
    prior = math.log(_KNOWN / max(patients, 1))
    if batch_patient:
        return prior + (_BATCH + math.log(max(patients, 1)) if patient_id == batch_patient else 0.0)
    if listed:
        elsewhere = 1.0 - _LISTED
        share = _LISTED * max(patients, 1) / len(listed) + elsewhere
        return prior + math.log(share if patient_id in listed else elsewhere)
    return prior


def _nobody(comparisons: Iterable[Comparison], patients: int) -> float:
    """The weight of "not in this directory", with unregistered relatives of those who fit by name only."""
    by_name = sum(
        math.exp(min(comparison.name.weight, 30.0))
        for comparison in comparisons
        if not comparison.number.agrees and comparison.birth.level is not DateLevel.EQUAL
    )
    return math.log(1.0 - _KNOWN + _UNREGISTERED_RELATIVE * _KNOWN / max(patients, 1) * by_name)


def _tier(comparison: Comparison, *, has_word: bool) -> Tier:
    number, date = comparison.number.agrees, comparison.birth.level is DateLevel.EQUAL
    name = bool(comparison.name.matches)
    if number and (name or date):
        return Tier.NUMBER_NAME if name else Tier.NUMBER_DATE
    if number:
        is_short = comparison.number.level is NumberLevel.ZEROS
        return Tier.SHORT_NUMBER if is_short else Tier.NUMBER
    if date and name:
        return Tier.NAME_DATE
    return Tier.NAME if name and has_word else Tier.WEAK


def _calibration_for(patients: int) -> dict[Tier, tuple[float, float]]:
    """Scale and shift of each tier in a directory of so many patients."""
    tenfolds = math.log10(max(patients, _FITTED_FROM) / _FITTED_FROM)
    return {
        tier: (scale, shift + for_tenfold * tenfolds)
        for tier, (scale, shift, for_tenfold) in _CALIBRATION.items()
    }


def _calibrated(log_odds: float, scale: float, shift: float) -> float:
    probability = 1.0 / (1.0 + math.exp(-(scale * log_odds + shift)))
    return min(max(probability, _LOWEST), _HIGHEST)
