"""The matcher itself, from clues to a result: read, block, compare, score, decide, explain."""

from collections.abc import Iterable, Sequence
from datetime import date

from patients.clues import LIST, Clue
from patients.matching.blocking import exact_keys, lone_word_keys, near_keys
from patients.matching.case import Case
from patients.matching.comparisons import Comparison, NumberLevel, compare
from patients.matching.decision import decide
from patients.matching.directory import MOST_CANDIDATES, Directory
from patients.matching.evidence import evidence_for
from patients.matching.keys import near_number_keys, number_key
from patients.matching.name_fits import NameFits
from patients.matching.policy import Policy, could_be_named
from patients.matching.reading import Reading, read
from patients.matching.reasons import REASONS
from patients.matching.results import Candidate, Decision, Evidence, MatchResult, Stranger, Verdict
from patients.matching.scoring import Scored, score
from patients.matching.stranger import stranger_in

RULE_VERSION = "2026.5"

_MOST_SHOWN = 5
_LEAST_SHOWN = 0.0005
_BATCH_WORDS = "The batch was opened for this patient."


def identify(
    directory: Directory,
    clues: Iterable[Clue],
    *,
    policy: Policy,
    today: date,
    batch_patient: str = "",
    listed: frozenset[str] = frozenset(),
) -> MatchResult:
    """Whose file is it? The same directory, clues, policy and day always give the same answer.

    `batch_patient` is the id of the patient the whole batch was opened for, or `""`; `listed` are the ids on
    the list of patients that came with the batch. Reads the directory, writes nothing.
    """
    clues = tuple(clues)
    reading = read(clues, vocabulary=directory.vocabulary, shape=directory.shape)
    question = _Question(directory, reading, today)
    comparisons = _candidates(question, batch_patient)
    patients = directory.vocabulary.patients
    ranked = score(comparisons, reading, patients=patients, batch_patient=batch_patient, listed=listed)
    case = Case(
        ranked=ranked,
        reading=reading,
        policy=policy,
        check_digit=directory.check_digit,
        batch_patient=batch_patient,
        listed=listed,
        patients=patients,
        shape=directory.shape,
        near_number_owners=lambda: question.owners_near(_number_shown(ranked[0].comparison)),
    )
    decision, reason = decide(case)
    stranger = None
    if decision is not Decision.ASSIGN:
        stranger = stranger_in(case, clues, question.owners_near)
    return _result(case, decision, reason, clues, stranger)


class _Question:
    """What was read, put to patient after patient of one directory."""

    def __init__(self, directory: Directory, reading: Reading, today: date) -> None:
        self.directory, self.reading = directory, reading
        self._today = today
        self._names = NameFits(reading.words, directory.vocabulary)

    def compared(self, found: Iterable[str], batch_patient: str = "") -> list[Comparison]:
        """These patients beside what was read, each once."""
        patients = self.directory.vocabulary.patients
        return [
            compare(
                self.reading,
                person,
                names=self._names,
                patients=patients,
                today=self._today,
                is_batch_patient=person.id == batch_patient,
            )
            for person in self.directory.people(tuple(dict.fromkeys(found)))
        ]

    def owners_near(self, digits: str) -> Sequence[Comparison]:
        """The patients whose number is one slip from these digits."""
        return self.compared(self.directory.find(near_number_keys(digits, self.directory.shape)))


def _candidates(question: _Question, batch_patient: str) -> list[Comparison]:
    directory, reading = question.directory, question.reading
    found = list(directory.find(exact_keys(reading, directory.vocabulary)))
    if len(found) >= MOST_CANDIDATES:  # the owner of a number must not be lost among many namesakes
        found += directory.find({number_key(read.number) for read in reading.numbers})
    if batch_patient:
        found.append(batch_patient)
    compared = question.compared(found, batch_patient)
    if reading.words and not any(could_be_named(each.name) for each in compared):
        more = set(directory.find(near_keys(reading, directory.vocabulary))) - set(found)
        compared += question.compared(sorted(more), batch_patient)
    if not compared:
        compared = question.compared(directory.find(lone_word_keys(reading)), batch_patient)
    return [each for each in compared if _says_anything(each, batch_patient)]


def _says_anything(each: Comparison, batch_patient: str) -> bool:
    """A key can collide, and a date can be anybody's: somebody of whom nothing fits is no candidate."""
    return (
        each.number.agrees
        or bool(each.name.matches)
        or each.birth.weight > 0
        or each.person.id == batch_patient
    )


def _number_shown(best: Comparison) -> str:
    """The digits in the file that the likeliest patient's number was held against, or that number's own."""
    shown = best.number.read
    return shown.number.digits if shown is not None else best.person.number.digits


def _result(
    case: Case, decision: Decision, reason: str, clues: tuple[Clue, ...], stranger: Stranger | None
) -> MatchResult:
    candidates = tuple(_candidate(each, case) for each in _shown(case.ranked))
    top = candidates[0] if candidates else None
    runner_up = max(candidates[1:], key=lambda each: each.confidence, default=None)
    confidence = top.confidence if top else 0.0
    return MatchResult(
        patient_id=top.patient_id if top and decision is not Decision.NONE else None,
        confidence=confidence,
        decision=decision,
        reason=reason,
        words=_sentence(case, reason),
        evidence=top.evidence if top else (),
        candidates=candidates,
        gap=round(confidence - (runner_up.confidence if runner_up else 0.0), 4),
        rule_version=RULE_VERSION,
        clues=clues,
        score=top.score if top else 0.0,
        runner_up=runner_up.patient_id if runner_up else None,
        stranger=stranger,
    )


def _shown(ranked: Sequence[Scored]) -> list[Scored]:
    """The likeliest, then whoever owns a number of the file, however little else fits, then the others."""
    owners = [each for each in ranked[1:] if each.comparison.number.level is NumberLevel.EXACT]
    others = [each for each in ranked[1:] if each not in owners and each.confidence >= _LEAST_SHOWN]
    first = [each for each in ranked[:1] if owners or each.confidence >= _LEAST_SHOWN]
    return [*first, *owners, *others][:_MOST_SHOWN]


def _sentence(case: Case, reason: str) -> str:
    """The reason's sentence; where words are open, it names them."""
    if reason != "words-unexplained":
        return REASONS[reason]
    best = case.ranked[0].comparison
    quoted = ", ".join(f"“{word.text}”" for word in best.name.unexplained)
    how = "exact" if best.number.level is NumberLevel.EXACT else "right but for its zeros"
    words = "the word" if len(best.name.unexplained) == 1 else "the words"
    return f"The record number is {how}, but {words} {quoted} could not be explained; a person looks."


def _candidate(each: Scored, case: Case) -> Candidate:
    evidence = evidence_for(each.comparison, case.reading)
    if case.batch_patient and each.patient_id == case.batch_patient:
        evidence = (Evidence("batch", "", Verdict.AGREES, _BATCH_WORDS, "batch"), *evidence)
    if case.listed:
        evidence = (*evidence, _list_evidence(each.patient_id in case.listed))
    return Candidate(each.patient_id, round(each.confidence, 4), evidence, round(each.log_odds, 2))


def _list_evidence(is_listed: bool) -> Evidence:  # noqa: FBT001 - a fact of the one line that calls it
    if is_listed:
        return Evidence("list", "", Verdict.AGREES, "This patient is on the list in this batch.", LIST)
    return Evidence("list", "", Verdict.ABSENT, "This patient is not on the list in this batch.", LIST)
