"""The test bench of a pattern, and of rules: what file names would become with them, beside what they become
today; stores nothing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinics.models import Clinic
from patients.clues import Clue
from patients.directory import DatabaseDirectory
from patients.filename_patterns import CompiledPattern, legible_names, read_path, understood
from patients.filename_patterns.compiled import Misfit
from patients.matcher import patterns_of, policy_of, today_in
from patients.matching.identify import identify
from patients.matching.policy import Policy
from patients.matching.results import Decision, MatchResult
from patients.models import FilenamePattern, Patient

_NOT_WORTH_TELLING = 0.005


@dataclass(frozen=True, slots=True)
class Rules:
    """What a clinic allows, saved or not yet; `provisional` files strangers under a record of their own."""

    policy: Policy
    provisional: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a name becomes: the decision, whose it is or could be, how sure that is, and why.

    `is_new`: it is filed for a provisional patient who would be made for it.
    """

    decision: Decision
    patient: Patient | None
    confidence: float
    words: str
    is_new: bool = False

    @property
    def percent(self) -> str:
        """The confidence for people, rounded down: 100 % would promise more than anybody can."""
        return f"{min(99, math.floor(self.confidence * 100))} %"


@dataclass(frozen=True, slots=True)
class Trial:
    """One name on the bench. `misfit` says why the draft does not read it, None where it does.

    `change` is what the draft changes: `filed`, `held`, `moved` (to another chart), `suggested`, `dropped`,
    `another` (suggestion), `surer`, `less-sure`, or `""`.
    """

    name: str
    clues: tuple[Clue, ...]
    misfit: Misfit | None
    today: Outcome
    then: Outcome
    change: str


def rules_of(clinic: Clinic) -> Rules:
    """The rules that are saved."""
    return Rules(policy_of(clinic), clinic.unknown_patients == Clinic.UnknownPatients.PROVISIONAL)


def patterns_with(
    clinic: Clinic, draft: CompiledPattern, *, instead_of: FilenamePattern | None = None
) -> tuple[CompiledPattern, ...]:
    """The clinic's patterns as they would be: `draft` in the place of a row, or behind the others."""
    if instead_of is None:
        return (*patterns_of(clinic), draft)
    rows = FilenamePattern.objects.filter(clinic=clinic)
    found = (draft if row.pk == instead_of.pk else understood(row.text) for row in rows)
    return tuple(pattern for pattern in found if pattern is not None)


def try_names(
    clinic: Clinic,
    names: Iterable[str],
    *,
    draft: CompiledPattern | None = None,
    instead_of: FilenamePattern | None = None,
    rules: Rules | None = None,
) -> list[Trial]:
    """Match each name as it is matched today, and again where `draft` reads something else of it, or by the
    `rules` that are tried.
    """
    today, saved = today_in(clinic), rules_of(clinic)
    tried_rules = rules or saved
    now = patterns_of(clinic)
    then = patterns_with(clinic, draft, instead_of=instead_of) if draft is not None else now
    bench = _Bench(clinic, today)
    tried = []
    for name in names:
        before = read_path(name, today=today, patterns=now)
        after = read_path(name, today=today, patterns=then)
        first = bench.match(before, saved)
        is_same = after == before and tried_rules == saved
        tried.append((name, after, first, first if is_same else bench.match(after, tried_rules)))
    patients = _patients(clinic, [each for _, _, *results in tried for each in results])
    return [
        _trial(
            name,
            after,
            _misfit(draft, name, today),
            _outcome(first, patients, saved),
            _outcome(last, patients, tried_rules),
        )
        for name, after, first, last in tried
    ]


class _Bench:
    """One clinic's directory, held for as many names as there are."""

    def __init__(self, clinic: Clinic, today: date) -> None:
        self._directory = DatabaseDirectory(clinic)
        self._today = today

    def match(self, clues: tuple[Clue, ...], rules: Rules) -> MatchResult:
        return identify(self._directory, clues, policy=rules.policy, today=self._today)


def _misfit(draft: CompiledPattern | None, name: str, today: date) -> Misfit | None:
    found = draft.fit(legible_names(name), today=today) if draft is not None else None
    return found if isinstance(found, Misfit) else None


def _patients(clinic: Clinic, results: Sequence[MatchResult]) -> dict[str, Patient]:
    wanted = {UUID(each.patient_id) for each in results if each.patient_id}
    return {str(patient.pk): patient for patient in Patient.objects.of(clinic).filter(pk__in=wanted)}


def _outcome(result: MatchResult, patients: dict[str, Patient], rules: Rules) -> Outcome:
    patient = patients.get(result.patient_id or "")
    if rules.provisional and result.stranger is not None and result.decision is not Decision.ASSIGN:
        return Outcome(Decision.ASSIGN, None, result.confidence, result.words, is_new=True)
    return Outcome(result.decision, patient, result.confidence, result.words)


def _trial(name: str, clues: tuple[Clue, ...], misfit: Misfit | None, today: Outcome, then: Outcome) -> Trial:
    return Trial(name, clues, misfit, today, then, _change(today, then))


def _change(today: Outcome, then: Outcome) -> str:
    is_other = today.patient != then.patient
    match today.decision, then.decision:
        case Decision.ASSIGN, Decision.ASSIGN:
            code = "moved" if is_other else _surer(today, then)
        case _, Decision.ASSIGN:
            code = "filed"
        case Decision.ASSIGN, _:
            code = "held"
        case Decision.NONE, Decision.REVIEW:
            code = "suggested"
        case Decision.REVIEW, Decision.NONE:
            code = "dropped"
        case _:
            code = "another" if is_other else _surer(today, then)
    return code


def _surer(today: Outcome, then: Outcome) -> str:
    if then.patient is None or abs(then.confidence - today.confidence) < _NOT_WORTH_TELLING:
        return ""
    return "surer" if then.confidence > today.confidence else "less-sure"
