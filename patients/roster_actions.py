"""Verbs on rosters: what people and scripts do with a list of patients."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clinics import audit
from clinics.models import Clinic, User
from files import staging
from files.errors import FileRejected, Refused
from files.names import cut_path
from patients import tasks
from patients.models import Roster
from patients.roster_states import BUSY, RosterStatus
from patients.rosters import mappings
from patients.rosters.moves import move

_S = RosterStatus


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A list as it was sent; `mapping` says what its columns hold, None for "find out". With `is_wanted` it
    is applied as soon as it is read.
    """

    name: str
    chunks: Iterable[bytes]
    mapping: Mapping[str, str] | None = None
    is_wanted: bool = False
    leaves_out_duplicates: bool = False


def receive_roster(
    *, clinic: Clinic, sent: Sent, actor: User | None, ring: Callable[[Any], None] = tasks.send
) -> Roster:
    """Take a list in: its bytes are safe when this returns, and a worker reads it.

    Raises Refused `bad-mapping` (400), FileRejected `empty-file` (400) and `list-too-large` (413), and
    Trouble where there is no room.
    """
    mapping = mappings.checked(sent.mapping) if sent.mapping is not None else None
    with ExitStack() as unless_kept:
        key, size, sha256 = _stored(sent.chunks, unless_kept)
        with transaction.atomic():
            roster = Roster.objects.create(
                clinic=clinic,
                name=_clean(sent.name),
                size=size,
                sha256=sha256,
                storage_key=key,
                created_by=actor,
                mapping=mapping,
                is_wanted=sent.is_wanted,
                wanted_by=actor if sent.is_wanted else None,
                leaves_out_duplicates=sent.leaves_out_duplicates,
            )
            audit.record("roster-received", clinic=clinic, actor=actor, target=roster, size=size)
            transaction.on_commit(partial(ring, roster.pk))
        unless_kept.pop_all()
    return roster


def keep_from_batch(
    *, clinic: Clinic, name: str, storage_key: str, sha256: str, origin: str, actor: User
) -> Roster:
    """A list that came with the pictures of a batch, to be looked at and applied under Rosters; its bytes are
    its own from here on. Call it in the transaction that settles the file.
    """
    path = staging.path_of(storage_key)
    key = staging.second_name(storage_key)
    roster = Roster.objects.create(
        clinic=clinic,
        name=name,
        origin=origin,
        size=path.stat().st_size,
        sha256=sha256,
        storage_key=key,
        created_by=actor,
    )
    transaction.on_commit(partial(tasks.send, roster.pk))
    return roster


def set_columns(*, roster: Roster, mapping: Mapping[str, str], actor: User) -> None:
    """Say what the columns hold; the list is read again, and the clinic's next one with these headers the
    same way. Raises Refused `bad-mapping` (400), `roster-busy` and `roster-settled` (409).
    """
    plain = mappings.checked(mapping)
    with transaction.atomic():
        changes = {"mapping": plain, "is_wanted": False, "wanted_by": None}
        _move(roster, _S.PENDING, only={_S.READY, _S.FAILED}, **_FRESH, **changes)
        if columns := roster.reading.get("columns"):
            mappings.remember(roster.clinic, columns, plain)
        _note("roster-columns-set", roster, actor)
        _ring(roster)


def apply_roster(*, roster: Roster, actor: User | None, leave_out_duplicates: bool = False) -> None:
    """Bring the directory up to the roster, by a worker and in one transaction. Raises Refused `roster-busy`,
    `roster-settled` (409) where it is not ready, and `nothing-to-apply`.
    """
    counts = roster.counts
    if roster.status == _S.READY and not counts.get("added", 0) + counts.get("changed", 0):
        message = (
            "Nothing on this list is new: every row is in the directory already, or is refused and says why."
        )
        raise Refused("nothing-to-apply", message, status=409)
    wanted = {
        "is_wanted": True,
        "wanted_by": actor,
        "leaves_out_duplicates": leave_out_duplicates,
    }
    with transaction.atomic():
        _move(roster, _S.APPLYING, only={_S.READY}, **_FRESH, **wanted)
        _note("roster-apply-asked", roster, actor)
        _ring(roster)


def retry_roster(*, roster: Roster, actor: User) -> None:
    """Try a failed one again from the bytes that are here; one that was to be applied is applied then."""
    with transaction.atomic():
        _move(roster, _S.PENDING, only={_S.FAILED}, **_FRESH)
        _note("roster-retried", roster, actor)
        _ring(roster)


def undo_roster(*, roster: Roster, actor: User, reason: str) -> None:
    """Take an applied one back. Raises Refused `undo-too-late` (409) after [30] days, `roster-busy` and
    `roster-settled` (409).
    """
    if roster.status == _S.APPLIED and not roster.can_be_undone:
        days = settings.INTAKE_ROSTER_UNDO_DAYS
        message = f"This list was applied more than {days} days ago and cannot be taken back as a whole."
        raise Refused("undo-too-late", message, status=409, limit_days=days)
    with transaction.atomic():
        _move(roster, _S.UNDOING, only={_S.APPLIED}, **_FRESH, undone_by=actor, undo_reason=reason)
        _note("roster-undo-asked", roster, actor)
        _ring(roster)


def remove_roster(*, roster: Roster, actor: User) -> None:
    """Delete the record, its rows and its bytes; patients stay. Raises Refused `roster-busy` (409) while a
    worker is at it.
    """
    with transaction.atomic():
        gone = Roster.objects.filter(pk=roster.pk).exclude(status__in=BUSY - {_S.PENDING})
        locked = gone.select_for_update().first()
        if locked is None:
            raise _busy()
        _note("roster-removed", roster, actor)
        locked.rows.all().delete()
        locked.delete()
        transaction.on_commit(partial(staging.discard, roster.storage_key))


# A step that somebody asks for begins without the last one's troubles.
_FRESH: Mapping[str, Any] = {
    "lease_until": None,
    "lost_claims": 0,
    "troubles": 0,
    "retry_at": None,
    "error_code": "",
    "error_message": "",
}


def _move(roster: Roster, to: RosterStatus, *, only: Iterable[RosterStatus], **changes: Any) -> None:
    if move(roster.pk, to, guard=Q(status__in=list(only)), **changes):
        return
    now = Roster.objects.filter(pk=roster.pk).values_list("status", flat=True).first()
    if now in BUSY:
        raise _busy()
    message = f"This list is {str(now).lower()}, and that cannot be done with it. Reload the page."
    raise Refused("roster-settled", message, status=409)


def _busy() -> Refused:
    message = "A worker is at this list just now. Wait until it is done."
    return Refused("roster-busy", message, status=409)


def _note(action: str, roster: Roster, actor: User | None) -> None:
    audit.record(action, clinic=roster.clinic, actor=actor, target=roster)


def _ring(roster: Roster) -> None:
    transaction.on_commit(partial(tasks.send, roster.pk))


def _clean(name: str) -> str:
    limits = {
        "max_path_bytes": settings.INTAKE_MAX_PATH_BYTES,
        "max_name_bytes": settings.INTAKE_MAX_NAME_BYTES,
    }
    return cut_path(name, **limits)


def _stored(chunks: Iterable[bytes], unless_kept: ExitStack) -> tuple[str, int, str]:
    """Key, size and SHA-256 of the bytes, which are discarded with `unless_kept`."""
    key, size, digest = staging.new_key(), 0, hashlib.sha256()
    unless_kept.callback(staging.discard, key)
    staging.create(key)
    for chunk in chunks:
        digest.update(chunk)
        staging.write_at(key, size, chunk)
        size += len(chunk)
        if size > settings.INTAKE_MAX_LIST_BYTES:
            raise _too_large()
    if not size:
        raise FileRejected("empty-file", "This file is empty (0 bytes). Send it again.", status=400)
    return key, size, digest.hexdigest()


def _too_large() -> FileRejected:
    limit = settings.INTAKE_MAX_LIST_BYTES
    message = f"This list has more than {limit} bytes. Send it in parts."
    return FileRejected("list-too-large", message, status=413, limit_bytes=limit)
