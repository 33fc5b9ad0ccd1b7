"""Brings the bytes of a document to those who recognise its pages, wherever it stands in its batch."""

import logging
import uuid
from pathlib import Path
from uuid import UUID

from django.conf import settings

from batches.models import BatchFile
from documents import reading, tesseract
from documents.models import Document
from files import scratch, staging, storage
from files.errors import FileRejected, Trouble

log = logging.getLogger(__name__)


def read(document_id: UUID) -> bool:
    """Recognise the next pages of one document; True when there are more.

    Nothing happens where tesseract is missing, or another worker has the document. What fails is tried again
    by the sweep.
    """
    engine = tesseract.find_engine()
    document = reading.take(document_id) if engine else None
    if engine is None or document is None:
        return False
    try:
        # A name of its own: the road may work on the file of the same identifier.
        with scratch.folder(uuid.uuid5(document_id, "reading")) as folder:
            source = reading.Source(_bytes_of(document, folder), folder)
            reading.read_for(document, source, engine, seconds=settings.INTAKE_OCR_TASK_SECONDS)
    except (FileRejected, Trouble) as failure:
        log.warning("pages not read document=%s code=%s", document_id, failure.code)
        reading.let_go(document)
        return False
    return reading.let_go(document)


def _bytes_of(document: Document, folder: Path) -> Path:
    """Those that are filed, or those that wait in review, under a second name that nobody takes away."""
    path = folder / "original"
    if document.original_key:
        storage.bring_back(document.original_key, path)
        return path
    key = BatchFile.objects.filter(pk=document.pk).values_list("storage_key", flat=True).first()
    if not key:
        raise Trouble("staged-bytes-missing", "The bytes of this document are just being moved.")
    staging.lend(key, path)
    return path
