"""Verbs by which files come in: announced by a manifest, sent whole, finished, taken back."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from batches import tasks, transitions
from batches.after_commit import after_commit
from batches.context import spread_rivals
from batches.models import Batch, BatchFile
from batches.records import forget_staged
from batches.states import ON_THE_WAY, FileStatus
from clinics import audit
from clinics.models import User
from files import staging
from files.errors import FileRejected, Refused
from files.names import clean_path, cut_path

_Identity: TypeAlias = tuple[str, int, datetime | None]
_WAITING = frozenset({FileStatus.PENDING, FileStatus.UPLOADING})


@dataclass(frozen=True)
class Announced:
    """One line of a manifest: what the sender says it will send; `size` in bytes."""

    path: str
    size: int
    modified_at: datetime | None = None


@dataclass(frozen=True)
class _Named:
    path: str
    size: int
    modified_at: datetime | None
    refusal: Refused | None = None

    @property
    def identity(self) -> _Identity:
        """By which one manifest tells its files apart."""
        return self.path, self.size, self.modified_at

    def could_be(self, row: BatchFile) -> bool:
        """Is `row` this file? A time that one of the two does not know says nothing."""
        same_time = self.modified_at is None or row.modified_at is None or self.modified_at == row.modified_at
        return (self.path, self.size) == (row.path, row.size) and same_time


def announce_files(*, batch: Batch, entries: Sequence[Announced], is_resume: bool = False) -> list[BatchFile]:
    """The rows for `entries`, in their order: those that wait for these bytes already, the others new.

    With `is_resume`, as a manifest asks after a crash, a file that has come before is known again by its
    path, size and time, so that only what is missing travels. Without, what has come is never taken for what
    is
    sent now: its bytes may be others, and the same bytes are found out later.

    What can never be accepted becomes a FAILED row with its reason, so that the receipt counts it. Refused
    (413) when the batch would hold too many files.
    """
    named = [_named(entry) for entry in entries]
    with transaction.atomic():
        locked = _locked_open(batch)
        known = _known(locked, named, is_resume=is_resume)
        fresh = {entry.identity: _new_row(locked, entry) for entry in named if entry.identity not in known}
        _refuse_too_many(locked, len(fresh))
        if fresh:
            transitions.add_files(locked, fresh.values())
            spread_rivals(locked.pk, [row.path for row in fresh.values()])
            _postpone_expiry(locked)
    return [(known | fresh)[entry.identity] for entry in named]


def open_upload(*, file: BatchFile) -> BatchFile:
    """Give an announced file its place in temporary storage, once; the row comes back with its key and
    offset.
    """
    if file.storage_key or file.status != FileStatus.PENDING:
        return file
    key = staging.new_key()
    staging.create(key)
    won = BatchFile.objects.filter(pk=file.pk, storage_key="", status=FileStatus.PENDING).update(
        storage_key=key
    )
    if not won:
        staging.discard(key)
    # Only these: a request that was overtaken must not come by its successor's epoch and offset.
    file.refresh_from_db(fields=["storage_key", "status"])
    return file


def receive_whole(*, batch: Batch, path: str, size: int, chunks: Iterable[bytes]) -> BatchFile:
    """Take a file that came in one piece: a row that says so, bytes, and then the bell."""
    (file,) = announce_files(batch=batch, entries=[Announced(path, size)])
    return receive_into(file=file, chunks=chunks)


def receive_into(*, file: BatchFile, chunks: Iterable[bytes]) -> BatchFile:
    """Take all bytes of an announced file; one that was refused when it was announced stays as it is.

    Raises FileRejected `incomplete-upload` when other bytes come than were announced, and Refused `overtaken`
    (409) when somebody else began to send the same file meanwhile.
    """
    if file.status not in _WAITING:
        return file
    file = _taken_over(file)
    key = _stored(file.size, chunks)
    held = BatchFile.objects.filter(pk=file.pk, epoch=file.epoch, status__in=_WAITING)
    if not held.update(storage_key=key, offset=file.size):
        staging.discard(key)
        raise Refused("overtaken", "Another request has taken this upload over.", status=409)
    finish_upload(file=file)
    file.refresh_from_db()
    return file


def finish_upload(*, file: BatchFile) -> bool:
    """Every byte is safe: RECEIVED, and the bell rings on commit. Doing it twice rings once."""
    with transaction.atomic():
        received = transitions.receive(file)
        if received:
            after_commit(tasks.send, [file.pk], queue=file.batch.priority)
    return received


def cancel_file(*, file: BatchFile, actor: User) -> None:
    """Take one file back before it is settled; Refused (409) when a worker or a person has settled it."""
    with transaction.atomic():
        moved = transitions.move_files(
            file.batch_id,
            FileStatus.CANCELLED,
            sources=ON_THE_WAY | {FileStatus.FAILED},
            code="removed",
            actor=actor,
            only=Q(pk=file.pk),
        )
        if not moved:
            raise Refused("file-settled", "This file is settled already and cannot be removed.", status=409)
        forget_staged(moved)
        audit.record("file-removed", clinic=file.batch.clinic, actor=actor, target=file)


def _named(entry: Announced) -> _Named:
    """The entry under a clean path; a name that cannot be kept is cut, and refused with its reason."""
    if entry.size < 0:
        raise Refused("bad-size", f"The size {entry.size} is below zero. Send the size in bytes.")
    limits = {
        "max_path_bytes": settings.INTAKE_MAX_PATH_BYTES,
        "max_name_bytes": settings.INTAKE_MAX_NAME_BYTES,
    }
    try:
        return _Named(clean_path(entry.path, **limits), entry.size, entry.modified_at)
    except Refused as refusal:
        return _Named(cut_path(entry.path, **limits), entry.size, entry.modified_at, refusal)


def _locked_open(batch: Batch) -> Batch:
    locked = transitions.lock_batch(batch.pk)
    if locked.is_closed:
        message = f"This batch is {locked.status.lower()}; start a new one."
        raise Refused("batch-closed", message, status=409)
    return locked


def _known(batch: Batch, entries: Sequence[_Named], *, is_resume: bool) -> dict[_Identity, BatchFile]:
    rows = BatchFile.objects.filter(batch=batch, path__in=[entry.path for entry in entries])
    # Without a manifest nothing tells two senders apart: what has begun to come is the first one's alone.
    untouched = rows.filter(status=FileStatus.PENDING, storage_key="")
    rows = rows.exclude(status=FileStatus.CANCELLED) if is_resume else untouched
    there = list(rows.select_related("batch__clinic").order_by("-created_at"))
    found = ((entry, next((row for row in there if entry.could_be(row)), None)) for entry in entries)
    return {entry.identity: row for entry, row in found if row is not None}


def _taken_over(file: BatchFile) -> BatchFile:
    """Fence whoever else is sending this file; we start again from its first byte."""
    BatchFile.objects.filter(pk=file.pk, status__in=_WAITING).update(epoch=F("epoch") + 1, offset=0)
    file.refresh_from_db(fields=["epoch"])
    return file


def _stored(size: int, chunks: Iterable[bytes]) -> str:
    """The key of a place of its own that holds all the bytes: a rival with other bytes of the same name and
    size writes elsewhere, so that the two are never mixed.
    """
    key, offset = staging.new_key(), 0
    with ExitStack() as unless_whole:
        unless_whole.callback(staging.discard, key)
        staging.create(key)
        for chunk in chunks:
            staging.write_at(key, offset, chunk)
            offset += len(chunk)
        if offset != size:
            raise FileRejected("incomplete-upload", f"{offset} of {size} bytes came. Send the file again.")
        unless_whole.pop_all()
    return key


def _new_row(batch: Batch, entry: _Named) -> BatchFile:
    refusal = entry.refusal or _refusal_of(entry, batch.clinic.file_limit_bytes)
    return BatchFile(
        batch=batch,
        path=entry.path,
        size=entry.size,
        modified_at=entry.modified_at,
        status=FileStatus.FAILED if refusal else FileStatus.PENDING,
        error_code=refusal.code if refusal else "",
        error_message=str(refusal) if refusal else "",
        processed_at=timezone.now() if refusal else None,
    )


def _refusal_of(entry: _Named, max_bytes: int) -> FileRejected | None:
    if entry.size == 0:
        return FileRejected("empty-file", "The file has 0 bytes. Copy it from the camera or scanner again.")
    if entry.size > max_bytes:
        return FileRejected(
            "too-large",
            f"The file has {entry.size} bytes; at most {max_bytes} are accepted. Export a smaller copy.",
            limit_bytes=max_bytes,
        )
    return None


def _refuse_too_many(batch: Batch, more: int) -> None:
    limit = batch.clinic.max_files_per_batch
    present = BatchFile.objects.filter(batch=batch).exclude(status=FileStatus.CANCELLED).count()
    if present + more > limit:
        message = (
            f"This batch would hold {present + more} files; at most {limit} are accepted. "
            "Put the rest into another batch, or ask your administrator for a higher limit."
        )
        raise Refused("too-many-files", message, status=413, limit=limit, present=present)


def _postpone_expiry(batch: Batch) -> None:
    batch.expires_at = timezone.now() + timedelta(hours=batch.clinic.batch_expiry_hours)
    batch.save(update_fields=["expires_at"])
