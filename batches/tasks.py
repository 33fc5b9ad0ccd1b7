"""The Celery entries: each speaks queue and calls the step below it; messages carry identifiers, never
names.
"""

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app, shared_task
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from batches import expiry, joining, parting, records, rematch, selectors, transitions, turns, undoing
from batches.models import Batch, BatchFile, Priority
from batches.pipeline import reading, run
from documents import bell
from documents.reading import due_documents
from documents.tesseract import find_engine

log = logging.getLogger(__name__)


@dataclass
class _Bell:
    """Until when (monotonic seconds) this process does not ring."""

    quiet_until: float = 0.0


_bell = _Bell()


@shared_task(ignore_result=True)
def process_file(file_id: str) -> None:
    """Walk one file down the road; where folders are to become documents, the next folder first."""
    batch = Batch.objects.filter(files=UUID(file_id)).select_related("clinic").first()
    if batch is not None and batch.is_running and batch.waits_for_joining:
        send(joining.join_next(batch), queue=batch.priority)
        return
    run.process(UUID(file_id))


@shared_task(ignore_result=True)
def undo_batch(undo_id: str) -> None:
    """Take the next files of a batch out of their charts, and ring for those after them."""
    if undoing.go_on(UUID(undo_id)):
        send_undo(UUID(undo_id))


@shared_task(ignore_result=True)
def part_records(merge_id: str) -> None:
    """Take the next files that were matched as one person's into review, and ring for those after them."""
    if parting.take_out(UUID(merge_id)):
        send_parting(UUID(merge_id))


@shared_task
def resend_waiting() -> int:
    """Send again what was received and has no living claim: the database is the queue of record."""
    for batch in selectors.due_batches(timezone.now()):
        transitions.start_batch(batch.pk)
    for file in selectors.complete_but_not_received():
        if transitions.receive(file):
            send([file.pk], queue=file.batch.priority)
    for file in records.free_orphans():
        send([file.pk], queue=file.batch.priority)
    for undo_id in undoing.forgotten():
        send_undo(undo_id)
    for merge_id in parting.forgotten():
        send_parting(merge_id)
    return sum(_resend(queue) for queue in Priority.values)


@shared_task(ignore_result=True)
def match_again(clinic_id: str, ticket: str = "") -> None:
    """Match the clinic's waiting files with its directory as it is now, and ring for those that are left.

    One worker at a time for each clinic: where somebody is at it, they are told to look once more.
    """
    clinic = UUID(clinic_id)
    turn = turns.begin(clinic, UUID(ticket) if ticket else None)
    if turn is None:
        return
    seconds = settings.INTAKE_MATCH_AGAIN_SECONDS
    has_more = rematch.match_clinic_again(clinic, seconds=seconds, may_go_on=partial(turns.keep, turn))
    following = turns.end(turn, has_more=has_more)
    if following is not None:
        _ring(match_again, clinic, Priority.BULK, str(following))


@shared_task
def match_waiting_again() -> int:
    """Ring for every clinic in which a file is to be matched again; the rows say so, heard or not."""
    clinics = rematch.due_clinics()
    for clinic_id in clinics:
        send_match_again(clinic_id)
    return len(clinics)


@shared_task(ignore_result=True)
def read_document(document_id: str) -> None:
    """Recognise the next pages of a document, and ring for those after them."""
    if reading.read(UUID(document_id)):
        bell.ring(UUID(document_id))


@shared_task
def read_waiting() -> int:
    """Ring for documents with pages that wait to be recognised, as long as this worker can do it."""
    due = due_documents() if find_engine() else []
    for document_id in due:
        bell.ring(document_id)
    return len(due)


@shared_task
def expire_batches() -> dict[str, int]:
    """Warn about batches that will expire, and expire those whose time is over."""
    now = timezone.now()
    return {"warned": expiry.warn(now), "expired": expiry.expire(now)}


@shared_task
def clean_batches() -> int:
    """Remove the records of batches that ended long ago; what was filed stays."""
    return expiry.clean(timezone.now())


@shared_task
def sweep_staging() -> int:
    """Remove staged bytes that no row names."""
    return expiry.sweep_staging(timezone.now())


def send(file_ids: Iterable[UUID], *, queue: str) -> None:
    """Ring for each file; a broker that is away is only a delay, because `resend_waiting` rings again.

    So nobody waits for it twice: who has rung in vain spares everybody in this process the next [5] seconds.
    """
    if time.monotonic() < _bell.quiet_until:
        return
    try:
        for file_id in file_ids:
            # A message bears its file's identifier as its own, so that the sweep knows what a queue holds.
            name = str(file_id)
            process_file.apply_async(args=(name,), task_id=name, queue=queue, retry=False)
    except OperationalError as error:
        _note_silence(error)


def send_undo(undo_id: UUID) -> None:
    """Ring for an undo; when the broker is away, the sweep rings again."""
    _ring(undo_batch, undo_id, Priority.URGENT)


def send_parting(merge_id: UUID) -> None:
    """Ring for files that were matched as one person's; when the broker is away, the sweep rings again."""
    _ring(part_records, merge_id, Priority.URGENT)


def send_match_again(clinic_id: UUID) -> None:
    """Ring for a clinic's waiting files; when the broker is away, the sweep rings again."""
    _ring(match_again, clinic_id, Priority.BULK)


def _ring(task: Any, about: UUID, queue: str, *more: str) -> None:
    if time.monotonic() < _bell.quiet_until:
        return
    try:
        task.apply_async(args=(str(about), *more), queue=queue, retry=False)
    except OperationalError as error:
        _note_silence(error)


def _note_silence(error: OperationalError) -> None:
    _bell.quiet_until = time.monotonic() + settings.INTAKE_BELL_PAUSE_SECONDS
    log.warning("broker away, files wait type=%s", type(error).__name__)


def _resend(queue: str) -> int:
    lost = selectors.lost_files(queue, named=_files_named_in(queue))
    BatchFile.objects.filter(pk__in=lost).update(sent_at=Now())
    send(lost, queue=queue)
    return len(lost)


def _files_named_in(queue: str) -> set[UUID]:
    """The identifiers of all messages that wait in one queue, those of other tasks among them."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel  # the Redis transport's own, which kombu does not type
        messages = channel.client.lrange(queue, 0, -1)
    return {UUID(json.loads(message)["headers"]["id"]) for message in messages}
