"""The words of rosters' pages: statuses, outcomes and columns, each with its drawing and its tone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patients.models import Roster, RosterRow
from patients.roster_states import Outcome, RosterStatus
from patients.rosters.judging import FIELDS
from patients.views.setting_words import Sign

STATUS_SIGNS: Mapping[str, Sign] = {
    RosterStatus.PENDING: Sign("Waiting", "clock", "quiet"),
    RosterStatus.READING: Sign("Being read", "gear", "busy"),
    RosterStatus.READY: Sign("Ready to apply", "eye", "ask"),
    RosterStatus.APPLYING: Sign("Being applied", "gear", "busy"),
    RosterStatus.APPLIED: Sign("Applied", "check", "good"),
    RosterStatus.FAILED: Sign("Failed", "warn", "bad"),
    RosterStatus.UNDOING: Sign("Being taken back", "undo", "busy"),
    RosterStatus.UNDONE: Sign("Taken back", "undo", "quiet"),
}
COLUMN_WORDS: Mapping[str, str] = {
    "": "Ignore",
    "mrn": "Record number",
    "family_name": "Surnames",
    "family_name_2": "Second surname",
    "given_names": "Given names",
    "given_names_2": "Second given name",
    "whole_name": "Whole name",
    "suffix": "Suffix (Jr, III)",
    "birth_date": "Birth date",
    "sex": "Sex",
}
_DELIMITERS: Mapping[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_FIELD_WORDS: Mapping[str, str] = {
    "family_name": "Surnames",
    "given_names": "Given names",
    "suffix": "Suffix",
    "birth_date": "Born",
    "sex": "Sex",
    "provisional": "Provisional",
}
_WOULD: Mapping[str, Sign] = {
    Outcome.ADDED: Sign("To add", "plus", "good"),
    Outcome.CHANGED: Sign("To change", "note", "ask"),
    Outcome.UNCHANGED: Sign("Unchanged", "check", "quiet"),
    Outcome.REFUSED: Sign("Refused", "stop", "bad"),
}
_DID: Mapping[str, Sign] = {
    **_WOULD,
    Outcome.ADDED: Sign("Added", "plus", "good"),
    Outcome.CHANGED: Sign("Changed", "note", "ask"),
}
_IS_DONE = frozenset({RosterStatus.APPLIED, RosterStatus.UNDOING, RosterStatus.UNDONE})
DUPLICATE = Sign("Looks like somebody here", "twin", "twin")
KEPT = Sign("Stayed after taking back", "pause", "ask")


@dataclass(frozen=True)
class Chosen:
    """A filter above the rows: its sign, how many rows it has, and whether it is on."""

    outcome: str
    sign: Sign
    number: int
    is_on: bool


@dataclass(frozen=True)
class RowShown:
    """One row with its sign, and old and new beside each other."""

    row: RosterRow
    sign: Sign

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What changes: the field in words, old, new."""
        before = self.row.before or {}
        new = {name: str(getattr(self.row, name) or "") for name in FIELDS} | {"provisional": "no"}
        old = {name: "yes" if value is True else str(value or "—") for name, value in before.items()}
        return [(_FIELD_WORDS[name], old[name], new[name]) for name in before]


def outcome_signs(roster: Roster) -> Mapping[str, Sign]:
    """What rows would do, or have done."""
    return _DID if roster.status in _IS_DONE else _WOULD


def filters_of(roster: Roster, chosen: str) -> list[Chosen]:
    """The filters that have rows."""
    signs = {**outcome_signs(roster), "duplicate": DUPLICATE, "kept": KEPT}
    numbers = roster.counts | {"duplicate": roster.counts.get("duplicates", 0)}
    return [
        Chosen(outcome, sign, numbers[outcome], outcome == chosen)
        for outcome, sign in signs.items()
        if numbers.get(outcome)
    ]


def reading_words(reading: Mapping[str, Any]) -> str:
    """`CSV, utf-8, separated by semicolon`"""
    parts = [str(reading.get("format", "")).upper(), str(reading.get("encoding") or "")]
    if delimiter := reading.get("delimiter"):
        parts.append(f"separated by {_DELIMITERS.get(delimiter, delimiter)}")
    if sheet := reading.get("sheet"):
        parts.append(f"sheet “{sheet}”")
    return ", ".join(filter(None, parts))


def sentence_of(roster: Roster) -> str:
    """`1,204 to add, 31 to change, 8 refused`, as far as it is known."""
    signs = outcome_signs(roster)
    found = [(number, signs[each].word.lower()) for each in Outcome if (number := roster.counts.get(each, 0))]
    return ", ".join(f"{number:,} {word}" for number, word in found) or "Nothing is known yet"
