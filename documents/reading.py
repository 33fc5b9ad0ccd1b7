"""The text of scanned pages, a page at a time: begun, recognised in the sandbox, and kept at once.

Filing does not wait for it. One worker at a time holds a document's pages by a lease; when it dies, what it
has read is kept, the page that it died with is counted, and another goes on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from documents import ingest, passages
from documents.language import language_of
from documents.models import Document, Page, ProcessingType, TextSource
from documents.tesseract import Engine
from files import sandbox
from files.errors import FileRejected
from files.kinds import FileKind

JOB = "documents.ocr:read_page"

_POISON = "poison"
_MOST_ATTEMPTS = 3
# What the sandbox gives a page beside tesseract's own time: to draw it, and to say so when it was too long.
_DRAWING_SECONDS = 20.0
_LEASE_BEYOND_PAGE_SECONDS = 30.0
_SWEPT_AT_ONCE = 50


@dataclass(frozen=True)
class Source:
    """Where the bytes of a document are for the moment, and a folder to work in."""

    path: Path
    scratch: Path


def take(document_id: UUID) -> Document | None:
    """Hold a document of which something waits; None when nothing does or another worker has it."""
    held = waiting_documents().filter(pk=document_id).update(reading_until=_lease_end())
    return Document.objects.filter(pk=document_id).first() if held else None


def let_go(document: Document) -> bool:
    """Give it back; True when there is more to read."""
    Document.objects.filter(pk=document.pk).update(reading_until=None)
    return waiting_documents().filter(pk=document.pk).exists()


def read_for(document: Document, source: Source, engine: Engine, *, seconds: float) -> None:
    """Recognise pages of a document that is held until none waits, or `seconds` are over.

    A page that cannot be recognised keeps its reason and stops no other. Raises Trouble when the sandbox or
    the disk fails: the page waits on, and was not tried.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and (page := _begin(document)) is not None:
        _settle(document, page, _recognised(page, source, engine))
    if not document.pages.filter(source=TextSource.WAITING).exists():
        _embed_and_forget(document, source)


def read_again(document: Document) -> int:
    """Let the pages that could not be recognised wait once more; how many those are.

    Of a document whose text is not kept all recognised pages are read again, as meaning is made of the whole.
    """
    is_forgetful = document.processing_type == ProcessingType.VECTORIZED
    sources = [TextSource.FAILED, *([TextSource.OCR] if is_forgetful else [])]
    failed = document.pages.filter(source=TextSource.FAILED)
    if not failed.exists():
        return 0
    with transaction.atomic():
        Document.objects.filter(pk=document.pk).update(is_reading=True)
        again = document.pages.filter(source__in=sources)
        return again.update(source=TextSource.WAITING, attempts=0, error_code="", confidence=None)


def waiting_documents() -> QuerySet[Document]:
    """Documents with something to read that no worker holds."""
    free = Q(reading_until=None) | Q(reading_until__lt=Now())
    return Document.objects.filter(free, is_reading=True)


def due_documents() -> list[UUID]:
    """The next documents that wait, the eldest first."""
    rows = waiting_documents().order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:_SWEPT_AT_ONCE])


def _begin(document: Document) -> Page | None:
    """The next page, counted as begun before it is: one that has ended [3] workers is left alone."""
    Document.objects.filter(pk=document.pk).update(reading_until=_lease_end())
    waiting = document.pages.filter(source=TextSource.WAITING)
    for poisoned in waiting.filter(attempts__gte=_MOST_ATTEMPTS):
        _settle(document, poisoned, {"source": TextSource.FAILED, "error_code": _POISON})
    page = waiting.order_by("number").first()
    if page is None:
        return None
    page.attempts += 1
    page.save(update_fields=["attempts"])
    return page


def _recognised(page: Page, source: Source, engine: Engine) -> dict[str, Any]:
    """What the row of the page becomes."""
    most = settings.INTAKE_OCR_PAGE_SECONDS
    limits = sandbox.Limits(
        memory_bytes=settings.INTAKE_SANDBOX_MEMORY_BYTES,
        cpu_seconds=most + _DRAWING_SECONDS,
        wall_seconds=most + _DRAWING_SECONDS,
        file_bytes=settings.INTAKE_SANDBOX_FILE_BYTES,
    )
    arguments = {
        "path": str(source.path),
        "scratch": str(source.scratch),
        "number": page.number,
        "program": engine.program,
        "languages": list(engine.languages),
        "seconds": most,
        "dpi": settings.INTAKE_OCR_DPI,
    }
    try:
        found: dict[str, Any] = sandbox.run(JOB, limits=limits, arguments=arguments)
    except FileRejected as rejection:
        return {"source": TextSource.FAILED, "error_code": rejection.code}
    except BaseException:
        # Nobody's page: the sandbox failed, or the worker is told to stop.
        Page.objects.filter(pk=page.pk).update(attempts=F("attempts") - 1)
        raise
    text = _with_layer(str(found["text"]), page.text)
    return {
        "source": TextSource.OCR,
        "text": text,
        "confidence": found["confidence"],
        "language": language_of(text),
        "error_code": "",
    }


def _with_layer(recognised: str, layer: str) -> str:
    """What was recognised, and each line of the page's own few (a stamp, what was typed into a form) of which
    recognition has made something else.
    """
    plain = " ".join(recognised.split())
    others = [line for line in layer.splitlines() if line.strip() and " ".join(line.split()) not in plain]
    return "\n".join(filter(None, (recognised, *others)))


@transaction.atomic
def _settle(document: Document, page: Page, facts: dict[str, Any]) -> None:
    """Write one page, unless somebody else has; with the last one, search hears of all of them."""
    Document.objects.select_for_update().get(pk=document.pk)
    waiting = document.pages.filter(source=TextSource.WAITING)
    if not waiting.filter(pk=page.pk, attempts=page.attempts).update(**facts) or waiting.exists():
        return
    if document.processing_type != ProcessingType.VECTORIZED:
        _tell(document, list(document.pages.values_list("text", flat=True)))


def _embed_and_forget(document: Document, source: Source) -> None:
    """A document that is searchable by meaning only gives its text to search once, and keeps none of it.

    What its text layer says was forgotten when it was filed, and is read once more.
    """
    if document.processing_type != ProcessingType.VECTORIZED:
        return
    arguments = {"path": str(source.path), "scratch": str(source.scratch)}
    wanted = ingest.job_arguments(FileKind(document.kind)) | {"variants": []}
    facts: Any = sandbox.run(ingest.JOB, limits=sandbox.usual_limits(), arguments=arguments | wanted)
    with transaction.atomic():
        Document.objects.select_for_update().get(pk=document.pk)
        rows = document.pages.values_list("number", "source", "text")
        texts = [text if said == TextSource.OCR else facts["pages"][at - 1] for at, said, text in rows]
        _tell(document, texts)
        document.pages.update(text="")


def _tell(document: Document, texts: Sequence[str]) -> None:
    """Bring up to date what is known of the whole document's text."""
    document.refresh_from_db(fields=["facts"])
    document.language = language_of("\n".join(texts))
    document.facts = document.facts | {"has_text": any(text.strip() for text in texts)}
    document.is_reading = False
    document.save(update_fields=["language", "facts", "is_reading"])
    passages.index_pages(document, texts)


def _lease_end() -> Any:
    # The database's clock, so that machines whose clocks differ agree on who is alive.
    return Now() + timedelta(seconds=settings.INTAKE_OCR_PAGE_SECONDS + _LEASE_BEYOND_PAGE_SECONDS)
