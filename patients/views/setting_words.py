"""The words of the test bench: fields, decisions and changes, each with its drawing and its tone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from patients.bench import Outcome, Trial
from patients.clues import FOLDER, Field
from patients.filename_patterns.placeholders import PLACEHOLDERS
from patients.matching.results import Decision

BUILT_IN: tuple[tuple[str, str, str], ...] = (
    (
        "NUMBER_SURNAMES, NAMES_EPISODE_TYPE",
        "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf",
        "A record number, the whole name, an episode and a kind of document.",
    ),
    ("PatientID_*", "3000003792_wound_02.jpg", "A record number comes first."),
    ("LastName_FirstName_*", "Garza_Maria_02.jpg", "A name comes first."),
)

_FIELDS: dict[str, str] = {
    **{each.clue: each.words for each in PLACEHOLDERS.values() if each.clue},
    Field.NAME: "Name",
    Field.NUMBER: "A number",
    Field.DATE: "A date",
    Field.DOCTOR: "A doctor, not the patient",
    Field.TAKEN_ON: "Day of the picture or visit",
    Field.SUFFIX: "Suffix",
    Field.DOCUMENT_TYPE: "Kind of document",
}


@dataclass(frozen=True)
class Sign:
    """A word with its drawing and its tone; never one without the others."""

    word: str
    icon: str
    tone: str


_DECISIONS = {
    Decision.ASSIGN: Sign("Filed", "check", "good"),
    Decision.REVIEW: Sign("For review", "eye", "ask"),
    Decision.NONE: Sign("Nobody found", "dot", "quiet"),
}
_NEW = Sign("Provisional", "plus", "ask")
# The worst first: so the table is ordered.
_CHANGES = {
    "moved": Sign("Would go to another chart", "warn", "bad"),
    "filed": Sign("Would be filed without a look", "check", "good"),
    "held": Sign("Would wait for a person", "eye", "ask"),
    "suggested": Sign("Would get a suggestion", "up", "good"),
    "dropped": Sign("Would lose its suggestion", "down", "ask"),
    "another": Sign("Would suggest somebody else", "near", "ask"),
    "surer": Sign("The same, and surer", "up", "quiet"),
    "less-sure": Sign("The same, and less sure", "down", "quiet"),
    "": Sign("No change", "dot", "quiet"),
}
# In which order the sum of a trial tells its changes; what could do harm comes first.
_SUMS: tuple[tuple[str, str], ...] = (
    ("moved", "would go to another chart"),
    ("filed", "would be filed without a look"),
    ("held", "would wait for a person instead of being filed"),
    ("suggested", "would get a suggestion"),
    ("dropped", "would lose the suggestion"),
    ("another", "would suggest somebody else"),
)


@dataclass(frozen=True)
class BenchRow:
    """One name on the bench, in words. `parts` are (what, value), `pattern` is the one that read it."""

    trial: Trial
    pattern: str
    parts: tuple[tuple[str, str], ...]
    today: Sign
    then: Sign
    change: Sign


def rows_of(trials: Sequence[Trial]) -> list[BenchRow]:
    """The trials as the table shows them: what changes stands first, the worst on top."""
    order = list(_CHANGES)
    return [
        BenchRow(
            trial,
            next((clue.value for clue in trial.clues if clue.field == Field.PATTERN), ""),
            tuple(_parts(trial)),
            sign_of(trial.today),
            sign_of(trial.then),
            _CHANGES[trial.change],
        )
        for trial in sorted(trials, key=lambda trial: order.index(trial.change))
    ]


def sign_of(outcome: Outcome) -> Sign:
    """The decision as a sign."""
    return _NEW if outcome.is_new else _DECISIONS[outcome.decision]


def sum_of(trials: Sequence[Trial], *, has_draft: bool) -> str:
    """The whole trial in a sentence or two, read aloud when it is there."""
    if not trials:
        return "Write some file names below, and see here what becomes of them."
    if not has_draft:
        filed = sum(trial.today.decision is Decision.ASSIGN for trial in trials)
        return f"With today's rules {filed} of {_names(len(trials))} would be filed without a look."
    fits = sum(trial.misfit is None for trial in trials)
    return f"The pattern fits {fits} of {_names(len(trials))}. {_changes_in(trials)}"


def sum_of_rules(trials: Sequence[Trial]) -> str:
    """The same of rules that are tried."""
    return (
        f"{_names(len(trials)).capitalize()} tried. {_changes_in(trials)}"
        if trials
        else "Write some file names."
    )


def _changes_in(trials: Sequence[Trial]) -> str:
    counts = Counter(trial.change for trial in trials)
    told = [f"{counts[code]} {words}" for code, words in _SUMS if counts[code]]
    return f"Compared with today, {'; '.join(told) if told else 'nothing would change'}."


def _names(number: int) -> str:
    return "1 name" if number == 1 else f"{number} names"


def _parts(trial: Trial) -> Iterator[tuple[str, str]]:
    for clue in trial.clues:
        if clue.field == Field.PATTERN or clue.place == "prefix":
            continue
        what = _FIELDS.get(clue.field, clue.field)
        yield (f"{what} (folder)" if clue.source == FOLDER else what), clue.value.replace("|", " or ")
