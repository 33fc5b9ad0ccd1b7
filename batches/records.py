"""What hangs on a file when it is taken back: its staged bytes, and a record that was never filed."""

from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet

from batches import transitions
from batches.after_commit import after_commit
from batches.models import BatchFile
from batches.states import CLOSED, FileStatus
from documents.models import Document
from files import drawings, staging, storage
from imaging.models import Image

Record: TypeAlias = Image | Document


def lock_with_duplicates(files: Iterable[BatchFile]) -> frozenset[UUID]:
    """Lock the batches of `files` and of their duplicates, in everybody's order; which those are.

    Whoever withdraws `files` calls this first: two that take each other's duplicates back would wait for each
    other else.
    """
    files = list(files)
    others = _duplicates_of([file.pk for file in files]).values_list("batch_id", flat=True)
    locked = frozenset({*(file.batch_id for file in files), *others})
    transitions.lock_batches(locked)
    return locked


def withdraw_unfiled(
    files: Iterable[BatchFile], locked: frozenset[UUID], *, keep_drawings: bool = False
) -> list[BatchFile]:
    """Delete the records of `files` that were never filed; their drawings go after the commit, unless
    somebody is to look at them all the same.

    A file that was set aside as a duplicate of one of them goes back on the road, because its bytes are now
    the only ones: those files are returned, to be sent. Call it inside a transaction that has `locked` these
    batches. (A record with the same bytes that somebody wanted beside it stands for them from now on.)
    """
    freed: list[BatchFile] = []
    for file in files:
        record = file.image or file.document
        if record is None or record.patient_id is not None or record.pk != file.pk:
            continue
        freed += _free(_duplicates_of([file.pk]).filter(batch__in=locked))
        _promote_twin(record)
        if not keep_drawings:
            after_commit(drawings.discard, record.clinic_id, record.pk)
        record.delete()
    return freed


def forget_staged(file_ids: Iterable[UUID]) -> None:
    """Forget the staged bytes of files, and what an attempt that died has put into storage for them.

    The bytes themselves go after the commit.
    """
    rows = BatchFile.objects.filter(pk__in=list(file_ids)).exclude(storage_key="")
    for key in rows.values_list("storage_key", flat=True):
        after_commit(staging.discard, key)
    begun = rows.filter(attempts__gt=0, image=None, document=None)
    for file_id, clinic_id in begun.values_list("pk", "batch__clinic_id"):
        after_commit(discard_prepared, clinic_id, file_id)
    rows.update(storage_key="", offset=0)


def discard_prepared(clinic_id: UUID, file_id: UUID) -> None:
    """Remove what was put into storage for a file that never became a record; a record's bytes stay."""
    if Image.objects.filter(pk=file_id).exists() or Document.objects.filter(pk=file_id).exists():
        return
    storage.delete(storage.original_key(clinic_id, file_id))
    drawings.discard(clinic_id, file_id)


def twin_of(file: BatchFile) -> Record | None:
    """The record with the same bytes that is not the file's own: the one that came first, else one that was
    filed beside it.
    """
    record = file.image or file.document
    if record is None or record.pk != file.pk:
        return record  # a duplicate points to its twin itself
    if record.twin_of is not None:
        return record.twin_of
    return record.kept_twins.filter(patient__isnull=False).order_by("created_at").first()


def _promote_twin(record: Record) -> None:
    """Let the eldest twin of a record that goes be found by its bytes in its place."""
    others = type(record).objects.filter(twin_of=record.pk)
    heir = others.order_by("created_at").first()
    if heir is None:
        return
    others.exclude(pk=heir.pk).update(twin_of=heir.pk)
    type(record).objects.filter(pk=record.pk).update(is_twin=True)
    type(record).objects.filter(pk=heir.pk).update(is_twin=False, twin_of=None)


def free_orphans() -> list[BatchFile]:
    """Put duplicates back on the road whose twin was withdrawn while nobody had locked their batch."""
    alone = BatchFile.objects.filter(status=FileStatus.DUPLICATE, image=None, document=None)
    return _free(alone.exclude(storage_key="").exclude(batch__status__in=CLOSED))


def _duplicates_of(record_ids: Iterable[UUID]) -> "QuerySet[BatchFile]":
    """Those that can be freed: their bytes are here, and their batch still takes files."""
    ids = list(record_ids)
    same = Q(image__in=ids) | Q(document__in=ids)
    rows = BatchFile.objects.filter(same, status=FileStatus.DUPLICATE).exclude(storage_key="")
    return rows.exclude(batch__status__in=CLOSED)


def _free(duplicates: "QuerySet[BatchFile]") -> list[BatchFile]:
    return [
        duplicate
        for duplicate in duplicates.select_related("batch").order_by("batch_id", "pk")
        if transitions.move_file(
            duplicate,
            FileStatus.RECEIVED,
            code="twin-withdrawn",
            guard=~Q(batch__status__in=CLOSED),
            image=None,
            document=None,
            sent_at=None,
        )
    ]
