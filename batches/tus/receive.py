"""Receive, then commit, with fencing: how bytes of one upload become safe, whoever else is sending them.

The row is the truth of the offset. Each HEAD and PATCH raises the row's epoch, so an older PATCH, perhaps a
zombie behind a broken proxy, finds its epoch gone and stops; bytes are written only under the row's lock,
never
beside it.
"""

import time
from collections.abc import Callable, Iterator
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from batches.actions.intake import finish_upload, open_upload
from batches.models import BatchFile
from batches.states import FileStatus
from batches.transitions import move_file
from batches.tus.protocol import TusError
from files import staging

_GONE = "This upload was cancelled or has expired."
_SHORT_SECONDS = 1.0
_OPEN = frozenset({FileStatus.PENDING, FileStatus.UPLOADING})


def take_over(file_id: UUID) -> BatchFile:
    """Fence every older request of this upload and return the row as it stands now."""
    BatchFile.objects.filter(pk=file_id, status__in=_OPEN).update(epoch=F("epoch") + 1)
    return BatchFile.objects.select_related("batch__clinic").get(pk=file_id)


def receive_body(file: BatchFile, offset: int, length: int, read: Callable[[int], bytes]) -> int:
    """Store the `length` bytes of a body from `offset` on, segment by segment; returns the new offset.

    A connection that ends early keeps the part that came. Raises TusError: 409 with the true offset when the
    client is elsewhere or was overtaken, 413 beyond the promised size, 410 for an upload that has ended.
    """
    _refuse_mismatch(file, offset, length)
    if file.status not in _OPEN:
        return file.offset
    if not file.storage_key:
        file = open_upload(file=file)
    began = time.monotonic()
    for segment in _segments(read, length):
        file.offset = _commit(file, segment)
        if file.offset < file.size and time.monotonic() - began > _SHORT_SECONDS:
            _show(file)
    if file.offset == file.size:
        finish_upload(file=file)
    else:
        _show(file)
    return file.offset


def _show(file: BatchFile) -> None:
    """UPLOADING, once and only for what takes its time: a file that is here at once goes straight to
    RECEIVED.
    """
    if file.offset and file.status == FileStatus.PENDING and move_file(file, FileStatus.UPLOADING):
        file.status = FileStatus.UPLOADING


def _refuse_mismatch(file: BatchFile, offset: int, length: int) -> None:
    if file.status == FileStatus.CANCELLED:
        raise TusError(410, "upload-gone", _GONE)
    if offset != file.offset:
        message = f"This upload stands at {file.offset}, not at {offset}. Go on from there."
        raise TusError(409, "offset-mismatch", message, offset=file.offset)
    if offset + length > file.size:
        message = f"{offset + length} bytes would be more than the {file.size} that were announced."
        raise TusError(413, "beyond-length", message, offset=file.offset)


def _segments(read: Callable[[int], bytes], length: int) -> Iterator[bytes]:
    """The body in pieces of at most 2 MiB or one second, so that an interruption costs no more than that."""
    buffer, since, left = bytearray(), time.monotonic(), length
    while left:
        piece = read(left)
        if not piece:
            break
        buffer += piece
        left -= len(piece)
        if (
            len(buffer) >= settings.INTAKE_SEGMENT_BYTES
            or time.monotonic() - since >= settings.INTAKE_SEGMENT_SECONDS
        ):
            yield bytes(buffer)
            buffer, since = bytearray(), time.monotonic()
    if buffer:
        yield bytes(buffer)


def _commit(file: BatchFile, segment: bytes) -> int:
    """Bytes, then row, under the row's lock and only if our epoch still stands; the new offset."""
    with transaction.atomic():
        held = BatchFile.objects.select_for_update(of=("self",)).filter(pk=file.pk).first()
        _refuse_overtaken(file, held)
        staging.write_at(file.storage_key, file.offset, segment)
        end = file.offset + len(segment)
        BatchFile.objects.filter(pk=file.pk).update(offset=end)
    return end


def _refuse_overtaken(file: BatchFile, held: BatchFile | None) -> None:
    if held is None or held.status == FileStatus.CANCELLED:
        raise TusError(410, "upload-gone", _GONE)
    if held.status not in _OPEN or (held.epoch, held.offset) != (file.epoch, file.offset):
        message = f"Another request has taken this upload over; it stands at {held.offset}."
        raise TusError(409, "overtaken", message, offset=held.offset)
