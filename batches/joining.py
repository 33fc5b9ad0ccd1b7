"""Turns each folder of scanned pages into one document, where the batch was told so, before its road begins.

The document is a file of the batch like any other: it has its folder's name and walks the whole road. Its
pages are set aside with their bytes. One folder at a time, in one transaction: whoever dies in between has
done nothing, and is followed by another.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from batches import transitions
from batches.models import Batch, BatchFile
from batches.states import JOINED, FileStatus
from clinics import audit
from documents import errors
from files import sandbox, scratch, staging
from files.errors import FileRejected
from files.kinds import HEAD_BYTES, FileKind, sniff

JOB = "documents.scans:join"
NOT_JOINED = "folder-not-joined"
_SCANS = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.TIFF, FileKind.WEBP})
_DIGITS = re.compile(r"(\d+)")


def join_next(batch: Batch) -> list[UUID]:
    """Join the next folder of a batch that waits for it; the files for which to ring now.

    While a folder is left that is one of them, so that somebody comes for the next; then it is all of them.
    """
    folder = next(_folders(batch), None)
    if folder is None:
        return _finish(batch)
    name, pages = folder
    try:
        with scratch.folder(uuid.uuid5(batch.pk, name)) as place:
            document = _joined(pages, place)
            _settle(batch, name, pages, document)
    except FileRejected as rejection:
        _refuse(batch, pages, rejection)
    return [pages[0].pk]


def in_name_order(pages: Iterable[BatchFile]) -> list[BatchFile]:
    """By name, numbers by their value: `page 2` comes before `page 10`."""
    return sorted(pages, key=lambda page: _parts(page.name))


def _parts(name: str) -> list[tuple[int, int, str]]:
    split = _DIGITS.split(name.lower())
    return [(0, int(part), "") if at % 2 else (1, 0, part) for at, part in enumerate(split) if part]


def _folders(batch: Batch) -> Iterator[tuple[str, list[BatchFile]]]:
    """Every folder with pictures that wait, and those in their order; a picture in no folder is itself."""
    files = BatchFile.objects.filter(batch=batch, status=FileStatus.RECEIVED, path__contains="/")
    by_folder = groupby(sorted(files, key=_folder_of), key=_folder_of)
    for name, in_folder in by_folder:
        if pages := in_name_order(file for file in in_folder if _is_scan(file)):
            yield name, pages


def _folder_of(file: BatchFile) -> str:
    return file.path.rpartition("/")[0]


def _is_scan(file: BatchFile) -> bool:
    with staging.path_of(file.storage_key).open("rb") as content:
        try:
            return sniff(content.read(HEAD_BYTES), file.name) in _SCANS
        except FileRejected:
            return False


def _joined(pages: Sequence[BatchFile], place: Path) -> str:
    """The staging key of the document. Raises FileRejected when a page cannot be read."""
    made = sandbox.run(
        JOB,
        limits=sandbox.usual_limits(),
        arguments={
            "paths": [str(staging.path_of(page.storage_key)) for page in pages],
            "scratch": str(place),
            "max_pages": settings.INTAKE_MAX_PAGES,
            "max_pixels": settings.INTAKE_MAX_PIXELS,
        },
    )
    # Only the bare name: what a child says is not trusted to stay in its folder.
    return staging.take_in(place / Path(str(made["file"])).name)


def _settle(batch: Batch, folder: str, pages: Sequence[BatchFile], key: str) -> None:
    """The pages aside and the document in their place, unless somebody was faster or has changed them."""
    wanted = [page.pk for page in pages]
    size = staging.size_of(key)
    digests = {page.pk: staging.sha256_of(page.storage_key) for page in pages}
    with transaction.atomic():
        locked = transitions.lock_batch(batch.pk)
        waiting = BatchFile.objects.filter(pk__in=wanted, status=FileStatus.RECEIVED)
        if locked.joined_at is not None or waiting.count() != len(wanted):
            transaction.on_commit(partial(staging.discard, key))
            return
        document = BatchFile(
            batch=locked,
            path=f"{folder}.pdf",
            size=size,
            offset=size,
            storage_key=key,
            status=FileStatus.RECEIVED,
            received_at=timezone.now(),
            sent_at=Now(),
        )
        transitions.add_files(locked, [document])
        for page_id, digest in digests.items():
            waiting.filter(pk=page_id).update(sha256=digest, decision=JOINED)
        transitions.move_files(
            locked.pk,
            FileStatus.CANCELLED,
            sources={FileStatus.RECEIVED},
            code=JOINED,
            only=Q(pk__in=wanted),
            processed_at=timezone.now(),
        )
        audit.record("scans-joined", clinic=locked.clinic, actor=None, target=document, pages=len(wanted))


def _refuse(batch: Batch, pages: Sequence[BatchFile], rejection: FileRejected) -> None:
    """A document with a page missing would be worse than none: the folder waits for a person, whole."""
    message = (
        f"{_named(rejection, pages)} Until then no picture of this folder is filed; "
        "retry files them one by one."
    )
    transitions.move_files(
        batch.pk,
        FileStatus.FAILED,
        sources={FileStatus.RECEIVED},
        code=NOT_JOINED,
        only=Q(pk__in=[page.pk for page in pages]),
        error_code=NOT_JOINED,
        error_message=message,
        processed_at=timezone.now(),
    )


def _named(rejection: FileRejected, pages: Sequence[BatchFile]) -> FileRejected:
    """The reader knows its pages by their numbers, people by their names."""
    if rejection.code != "scan-unreadable":
        return rejection
    number = int(str(rejection.facts["number"]))
    return errors.scan_unreadable(number, name=pages[number - 1].name)


def _finish(batch: Batch) -> list[UUID]:
    """No folder is left: from now on files are taken one by one, those that come late among them."""
    with transaction.atomic():
        locked = transitions.lock_batch(batch.pk)
        Batch.objects.filter(pk=locked.pk, joined_at=None).update(joined_at=timezone.now())
        waiting = BatchFile.objects.filter(batch=locked, status=FileStatus.RECEIVED)
        waiting.update(sent_at=Now())
        return list(waiting.values_list("pk", flat=True))
