"""Where a roster stands, which moves are allowed, and what becomes of each of its rows; free of Django."""

from collections.abc import Mapping
from enum import StrEnum


class RosterStatus(StrEnum):
    """Where a roster stands."""

    PENDING = "PENDING"  # its bytes are safe, and it waits to be read
    READING = "READING"
    READY = "READY"  # read and compared with the directory: what it would do can be looked at
    APPLYING = "APPLYING"  # somebody wants it applied; nothing is written before all of it is
    APPLIED = "APPLIED"
    FAILED = "FAILED"
    UNDOING = "UNDOING"
    UNDONE = "UNDONE"


class Outcome(StrEnum):
    """What a row does to the directory, or would do."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


_S = RosterStatus
MOVES: Mapping[RosterStatus, frozenset[RosterStatus]] = {
    _S.PENDING: frozenset({_S.READING, _S.FAILED}),
    _S.READING: frozenset({_S.READING, _S.PENDING, _S.READY, _S.APPLYING, _S.FAILED}),
    _S.READY: frozenset({_S.PENDING, _S.APPLYING}),
    _S.APPLYING: frozenset({_S.APPLYING, _S.APPLIED, _S.FAILED}),
    _S.APPLIED: frozenset({_S.UNDOING}),
    _S.UNDOING: frozenset({_S.UNDOING, _S.UNDONE, _S.APPLIED}),
    _S.FAILED: frozenset({_S.PENDING}),
    _S.UNDONE: frozenset(),
}
# What a worker has to do with a roster that waits, and as what it then holds it.
WORK: Mapping[RosterStatus, RosterStatus] = {
    _S.PENDING: _S.READING,
    _S.READING: _S.READING,
    _S.APPLYING: _S.APPLYING,
    _S.UNDOING: _S.UNDOING,
}
# Where a roster goes back to when its step has failed for good.
AFTER_FAILURE: Mapping[RosterStatus, RosterStatus] = {
    _S.READING: _S.FAILED,
    _S.APPLYING: _S.FAILED,
    _S.UNDOING: _S.APPLIED,
}
BUSY = frozenset(WORK)
# What was applied and still stands, or will again if its undoing fails.
STANDING = frozenset({_S.APPLIED, _S.UNDOING})
# Codes of what is wrong with the file itself: to read it again comes to the same.
_OF_THE_FILE = ("list-", "workbook-", "vcard-")
_OF_ITS_KIND = frozenset({
    *("not-a-list", "genomic-vcf", "unsupported-kind", "file-unreadable", "empty-file"),
    *("mapping-not-understood", "bad-mapping"),
})  # fmt: skip


def can_be_mended(code: str) -> bool:
    """Can a step that failed with this code come out otherwise when it is tried again as it is?"""
    return not code.startswith(_OF_THE_FILE) and code not in _OF_ITS_KIND


def sources_of(to: RosterStatus) -> frozenset[RosterStatus]:
    """From where a roster may come to `to`."""
    return frozenset(status for status, allowed in MOVES.items() if to in allowed)
