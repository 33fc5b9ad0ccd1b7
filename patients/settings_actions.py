"""Verbs on how a clinic matches: its policy, its check digit, its own file-name patterns.

Each leaves an audit row and a new `directory_changed_at`, so that what waits in review is tried again.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models.functions import Now

from clinics import audit
from clinics.access import Access
from clinics.models import Clinic
from files.errors import Refused
from patients import matcher
from patients.filename_patterns import compile_pattern, understood
from patients.models import FilenamePattern

POLICY_FIELDS = (
    "assign_confidence",
    "review_confidence",
    "bare_number_policy",
    "name_alone",
    "unknown_patients",
    "card_pause_minutes",
    "review_claim_minutes",
    "unmerge_days",
)
MOST_PATTERNS = 20

_Pair = tuple[object, object]


@transaction.atomic
def change_policy(*, access: Access, policy: Mapping[str, object]) -> Mapping[str, _Pair]:
    """Set the fields of `POLICY_FIELDS` that `policy` names; returns what changed, each as (before, now).

    The values are a validated form's.
    """
    clinic = _locked(access)
    changed: dict[str, _Pair] = {
        field: (getattr(clinic, field), value)
        for field, value in policy.items()
        if field in POLICY_FIELDS and getattr(clinic, field) != value
    }
    if not changed:
        return changed
    for field, (_, value) in changed.items():
        setattr(clinic, field, value)
    clinic.save(update_fields=list(changed))
    _note(access, "matching-policy-changed", **{field: list(pair) for field, pair in changed.items()})
    return changed


@transaction.atomic
def verify_check_digit(*, access: Access) -> str:
    """Look at every record number now; returns the scheme that they follow, `""` for none."""
    clinic = _locked(access)
    before = clinic.check_digit
    found = matcher.verify_check_digit(clinic)
    _note(access, "check-digit-verified", scheme=found, before=before)
    return found


@transaction.atomic
def add_pattern(*, access: Access, text: str, position: int | None = None) -> FilenamePattern:
    """A new pattern, at `position` or behind the others.

    Raises PatternRefused, or Refused: `pattern-there-already` (409), `too-many-patterns` (409).
    """
    rows = _rows(_locked(access))
    if len(rows) >= MOST_PATTERNS:
        message = f"A clinic has at most {MOST_PATTERNS} patterns of its own. Take one out first."
        raise Refused("too-many-patterns", message, status=409, limit=MOST_PATTERNS)
    text = _checked(text, rows)
    row = FilenamePattern(clinic=access.clinic, text=text, position=len(rows))
    row.save()
    rows.insert(len(rows) if position is None else position, row)
    _number(rows)
    _note_pattern(access, "filename-pattern-added", row)
    return row


@transaction.atomic
def change_pattern(*, access: Access, pattern: FilenamePattern, text: str) -> None:
    """Another text in the same place. Raises PatternRefused, or Refused: `pattern-there-already` (409)."""
    rows = _rows(_locked(access))
    text = _checked(text, [row for row in rows if row.pk != pattern.pk])
    if pattern.text == text:
        return
    pattern.text = text
    pattern.save(update_fields=["text"])
    _note_pattern(access, "filename-pattern-changed", pattern)


@transaction.atomic
def move_pattern(*, access: Access, pattern: FilenamePattern, by: int) -> None:
    """So many places down, or up with a negative number; it stops at either end."""
    rows = _rows(_locked(access))
    at = next((at for at, row in enumerate(rows) if row.pk == pattern.pk), None)
    if at is None:
        return
    target = min(max(at + by, 0), len(rows) - 1)
    if target != at:
        rows.insert(target, rows.pop(at))
        _number(rows)
        _note_pattern(access, "filename-pattern-moved", rows[target])


@transaction.atomic
def remove_pattern(*, access: Access, pattern: FilenamePattern) -> None:
    """Names are no longer read by it; the others close ranks."""
    _locked(access)
    _note_pattern(access, "filename-pattern-removed", pattern)
    pattern.delete()
    _number(_rows(access.clinic))


def _locked(access: Access) -> Clinic:
    """Changes of one clinic's settings take turns."""
    return Clinic.objects.select_for_update().get(pk=access.clinic.pk)


def _rows(clinic: Clinic) -> list[FilenamePattern]:
    return list(FilenamePattern.objects.filter(clinic=clinic))


def _checked(text: str, others: Sequence[FilenamePattern]) -> str:
    """The text as it is stored: composed (NFC), as the language reads it and the column has room for."""
    text = compile_pattern(text).text
    if any(row.text == text for row in others):
        message = "This clinic has the pattern already. Change that one, or write another."
        raise Refused("pattern-there-already", message, status=409)
    return text


def _number(rows: Sequence[FilenamePattern]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _note_pattern(access: Access, action: str, row: FilenamePattern) -> None:
    """The audit names the placeholders; the text between them could be anything that somebody typed."""
    pattern = understood(row.text)
    names = [slot.placeholder.name for slot in pattern.slots] if pattern is not None else []
    _note(access, action, pattern=row.pk, position=row.position, placeholders=names)


def _note(access: Access, action: str, **detail: object) -> None:
    audit.record(action, clinic=access.clinic, actor=access.user, target=access.clinic, **detail)
    Clinic.objects.filter(pk=access.clinic.pk).update(directory_changed_at=Now())
