"""The only writer of a status: each move is guarded, noted in the history, and followed by the batch.

Every move locks its batch first, so moves within one batch are serial, its version never goes backwards and
its status is always the one that its files give. Lock order everywhere: batch, then file, then records.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import Batch, BatchFile, FileEvent, Start
from batches.states import (
    CLOSED,
    BatchStatus,
    FileStatus,
    batch_sources,
    file_sources,
    status_of_batch,
)
from clinics.models import User
from files.errors import Refused

# An upload that was cancelled in its last moment stays cancelled: only a retry brings it back.
_IS_WHOLE = Q(offset=F("size"), status__in=[FileStatus.PENDING, FileStatus.UPLOADING])


def move_file(
    file: BatchFile,
    to: FileStatus,
    *,
    code: str = "",
    actor: User | None = None,
    reason: str = "",
    guard: Q | None = None,
    **changes: Any,
) -> bool:
    """Move one file and write `changes` with it; False when its state (or `guard`) no longer allows it."""
    with transaction.atomic():
        batch = lock_batch(file.batch_id)
        before = BatchFile.objects.filter(pk=file.pk).values_list("status", "attempts").first()
        if before is None or not _write(file.pk, to, guard, changes):
            return False
        attempt = changes.get("attempts", before[1])
        event = _event(file.pk, batch.pk, before[0], to, code=code, actor=actor, attempt=attempt)
        event.reason = reason
        event.save(force_insert=True)
        follow(batch)
    return True


def move_files(
    batch_id: UUID,
    to: FileStatus,
    *,
    sources: Collection[FileStatus],
    code: str = "",
    actor: User | None = None,
    only: Q | None = None,
    **changes: Any,
) -> list[UUID]:
    """Move every file of a batch that is in one of `sources` (and fits `only`); the identifiers of those
    that moved.
    """
    allowed = file_sources(to) & frozenset(sources)
    with transaction.atomic():
        batch = lock_batch(batch_id)
        rows = list(
            BatchFile.objects.select_for_update(of=("self",))
            .filter(only or Q(), batch=batch, status__in=allowed)
            .values_list("pk", "status", "attempts")
        )
        moved = [pk for pk, _, _ in rows]
        BatchFile.objects.filter(pk__in=moved).update(status=to, **changes)
        FileEvent.objects.bulk_create(
            _event(pk, batch.pk, before, to, code=code, actor=actor, attempt=attempt)
            for pk, before, attempt in rows
        )
        if moved:
            follow(batch)
    return moved


def add_files(batch: Batch, files: Iterable[BatchFile]) -> list[BatchFile]:
    """Add rows to a locked batch, with the first line of their history."""
    added = BatchFile.objects.bulk_create(files)
    FileEvent.objects.bulk_create(
        _event(file.pk, batch.pk, "", file.status, code=file.error_code, actor=None, attempt=0)
        for file in added
    )
    follow(batch)
    return added


def receive(file: BatchFile) -> bool:
    """Every byte is safe: the file waits for a worker from now on, and a batch that starts on arrival
    starts.
    """
    with transaction.atomic():
        moved = move_file(
            file, FileStatus.RECEIVED, guard=_IS_WHOLE, received_at=timezone.now(), sent_at=Now()
        )
        if moved and file.batch.start == Start.ON_ARRIVAL and file.batch.started_at is None:
            start_batch(file.batch_id)
    return moved


def start_batch(batch_id: UUID) -> bool:
    """Let workers take the files of a batch; False when it has started before, or pages have not come."""
    with transaction.atomic():
        batch = lock_batch(batch_id)
        if batch.started_at is not None or batch.status in CLOSED or awaits_pages(batch):
            return False
        batch.started_at = timezone.now()
        batch.save(update_fields=["started_at"])
        follow(batch)
    return True


def awaits_pages(batch: Batch) -> bool:
    """Would folders be joined of which a page has not come?"""
    awaited = Q(status__in=[FileStatus.PENDING, FileStatus.UPLOADING])
    return batch.waits_for_joining and BatchFile.objects.filter(awaited, batch=batch).exists()


def change_batch(batch_id: UUID, *, unless: Collection[BatchStatus] = CLOSED, **changes: Any) -> Batch:
    """Write facts of a batch that are not its status; refused (409) when it is in one of the states
    `unless`.
    """
    with transaction.atomic():
        batch = lock_batch(batch_id)
        if batch.status in unless:
            raise Refused(
                "batch-closed", f"This batch is {batch.status.lower()}; start a new one.", status=409
            )
        for name, value in changes.items():
            setattr(batch, name, value)
        batch.save(update_fields=list(changes))
        follow(batch)
    return batch


def close_batch(
    batch_id: UUID, to: BatchStatus, *, sources: Collection[FileStatus], code: str, actor: User | None = None
) -> list[UUID]:
    """End a batch early: files in `sources` become CANCELLED; nothing happens to those already settled.

    Returns the files that were taken back. Refused (409) when the batch may not move to `to` from where it
    is.
    """
    with transaction.atomic():
        batch = lock_batch(batch_id)
        if batch.status not in batch_sources(to):
            raise Refused(
                "batch-ended", f"This batch is {batch.status.lower()} and cannot be ended again.", status=409
            )
        moved = move_files(batch_id, FileStatus.CANCELLED, sources=sources, code=code, actor=actor)
        batch.refresh_from_db()
        batch.status, batch.paused_at = to, None
        batch.save(update_fields=["status", "paused_at"])
        follow(batch)
    return moved


def lock_batch(batch_id: UUID) -> Batch:
    """The batch, locked until the transaction ends (PostgreSQL: the row; SQLite: the IMMEDIATE
    transaction).
    """
    return Batch.objects.select_for_update(of=("self",)).get(pk=batch_id)


def lock_batches(batch_ids: Iterable[UUID]) -> None:
    """The same for several, in the one order in which everybody locks them."""
    rows = Batch.objects.filter(pk__in=list(batch_ids)).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))


def follow(batch: Batch) -> None:
    """Let a locked batch follow its files: status, end, version and last touch."""
    status = batch.status if batch.status in CLOSED else _derived_status(batch)
    is_over = status not in {BatchStatus.PENDING, BatchStatus.UPLOADING, BatchStatus.PROCESSING}
    batch.ended_at = (batch.ended_at or timezone.now()) if is_over else None
    batch.status, batch.touched_at, batch.version = status, timezone.now(), batch.version + 1
    batch.save(update_fields=["status", "ended_at", "touched_at", "version"])


def counts_of(batch_id: UUID) -> dict[FileStatus, int]:
    """How many files of a batch stand where: one grouped query, every status named."""
    found = dict(
        BatchFile.objects.filter(batch_id=batch_id).order_by().values_list("status").annotate(Count("pk"))
    )
    return {status: found.get(status, 0) for status in FileStatus}


def _derived_status(batch: Batch) -> BatchStatus:
    return status_of_batch(counts_of(batch.pk), is_started=batch.started_at is not None)


def _write(pk: UUID, to: FileStatus, guard: Q | None, changes: dict[str, Any]) -> bool:
    rows = BatchFile.objects.filter(guard or Q(), pk=pk, status__in=file_sources(to))
    return bool(rows.update(status=to, **changes))


def _event(
    file_id: UUID, batch_id: UUID, before: str, to: str, *, code: str, actor: User | None, attempt: int
) -> FileEvent:
    return FileEvent(
        file_id=file_id,
        batch_id=batch_id,
        from_status=before,
        to_status=to,
        code=code,
        actor=actor,
        attempt=attempt,
    )
