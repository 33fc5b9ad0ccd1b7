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
_BEFORE_UNDO: Mapping[str, Sign] = {
    **_WOULD,
    Outcome.ADDED: Sign("Was added", "plus", "quiet"),
    Outcome.CHANGED: Sign("Was changed", "note", "quiet"),
}
_TAKEN_BACK: Mapping[str, Sign] = {
    Outcome.ADDED: Sign("Removed again", "undo", "quiet"),
    Outcome.CHANGED: Sign("As before again", "undo", "quiet"),
}
_STAYED: Mapping[str, Sign] = {
    Outcome.ADDED: Sign("Added, and stays", "pause", "ask"),
    Outcome.CHANGED: Sign("Changed, not all taken back", "pause", "ask"),
}
_NOTHING_KNOWN = "Not read yet"
_USABLE = (Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED)
_IS_DONE = frozenset({RosterStatus.APPLIED, RosterStatus.UNDOING})
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
        """What changes: the field in words, old, new; the other way round where it was taken back."""
        before = self.row.before or {}
        new = {name: str(getattr(self.row, name) or "") for name in FIELDS} | {"provisional": "no"}
        old = {name: "yes" if value is True else str(value or "—") for name, value in before.items()}
        if self.sign is _TAKEN_BACK[Outcome.CHANGED]:
            old, new = new, old
        return [(_FIELD_WORDS[name], old[name], new[name]) for name in before]


def outcome_signs(roster: Roster) -> Mapping[str, Sign]:
    """What rows would do, or have done."""
    if roster.status == RosterStatus.UNDONE:
        return _BEFORE_UNDO
    return _DID if roster.status in _IS_DONE else _WOULD


def row_sign(roster: Roster, row: RosterRow) -> Sign:
    """What this row would do, has done, or has become of it after the list was taken back."""
    if roster.status == RosterStatus.UNDONE and row.outcome in _TAKEN_BACK:
        return (_STAYED if row.kept else _TAKEN_BACK)[row.outcome]
    return outcome_signs(roster)[row.outcome]


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
    """`1,204 to add, 31 to change, 8 refused`; what stays, where it was taken back; else why nothing is
    known.
    """
    if roster.status == RosterStatus.FAILED:
        return roster.error_message
    if roster.status == RosterStatus.UNDONE:
        return taken_back_of(roster)
    signs = outcome_signs(roster)
    found = [(number, signs[each].word.lower()) for each in Outcome if (number := roster.counts.get(each, 0))]
    return ", ".join(f"{number:,} {word}" for number, word in found) or _NOTHING_KNOWN


def taken_back_of(roster: Roster) -> str:
    """`1,204 removed again, 31 as before again, 2 stay`; who is as before in part only is in both."""
    removed, restored, kept = (roster.counts.get(name, 0) for name in ("removed", "restored", "kept"))
    stay = "stays" if kept == 1 else "stay"
    if roster.counts.get(Outcome.CHANGED):
        stay = f"{stay} in whole or in part"
    said = ((removed, "removed again"), (restored, "as before again"), (kept, stay))
    return ", ".join(f"{number:,} {word}" for number, word in said if number) or "Nothing was left of it"


def columns_missing(roster: Roster) -> str:
    """Which columns nobody has been told of, so that no row can be used; empty where some row can, or where
    all that is needed is there.
    """
    if not roster.counts.get("rows") or any(roster.counts.get(each) for each in _USABLE):
        return ""
    fields = {column["field"] for column in roster.reading.get("columns", [])}
    missing = [
        words
        for words, wanted in (("the record number", {"mrn"}), ("the name", {"family_name", "whole_name"}))
        if not wanted & fields
    ]
    return " or for ".join(missing)
