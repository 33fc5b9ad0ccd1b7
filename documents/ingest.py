"""Turns an examined PDF into a Document with its pages of text and the pictures of its first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from clinics.models import Clinic
from documents import bell, passages
from documents.language import language_of
from documents.models import Document, DocumentVariant, Page, ProcessingType, TextSource
from files import drawings
from files.examined import Examined
from files.kinds import FileKind
from patients.models import Patient

JOB = "documents.text:examine"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What is said of a document beside its bytes: by the batch that brought it, and by its file name."""

    processing_type: str = ProcessingType.COMPLETE
    encounter: str = ""
    template: str = ""
    episode: str = ""
    type_code: str = ""


def job_arguments(_kind: FileKind) -> dict[str, object]:
    """What the sandboxed reader is told: the limits and the sizes to draw of the first page."""
    return {
        "max_pages": settings.INTAKE_MAX_PAGES,
        "max_text_chars": settings.INTAKE_MAX_TEXT_CHARS,
        "variants": [{"name": name, "side_px": side} for name, side in settings.INTAKE_VARIANTS.items()],
    }


def find_twin(clinic: Clinic, sha256: str, *, besides: UUID) -> Document | None:
    """The document with the same bytes in this clinic; other clinics are never asked."""
    return Document.objects.of(clinic).filter(sha256=sha256, is_twin=False).exclude(pk=besides).first()


def create(
    examined: Examined,
    clinic: Clinic,
    *,
    patient: Patient | None,
    original_key: str,
    twin: Document | None,
    labels: Labels,
) -> Document:
    """Write the rows of one document; its variants must be in storage already.

    Search hears of its text in this transaction; pages without text are recognised after it, by whoever hears
    the bell. Raises IntegrityError when another document with these bytes came first and no `twin` is named.
    """
    facts = examined.facts
    document = Document.objects.create(
        id=examined.record_id,
        clinic=clinic,
        patient=patient,
        sha256=examined.sha256,
        twin_of=twin,
        is_twin=twin is not None,
        original_key=original_key,
        source_name=examined.name,
        kind=examined.kind,
        size_bytes=examined.size_bytes,
        page_count=facts["page_count"],
        language=language_of("\n".join(facts["pages"])),
        is_reading=bool(facts["scanned"]),
        facts={name: facts.get(name) for name in ("has_text", "width_pt", "height_pt", "warnings")},
        filed_at=timezone.now() if patient else None,
        **vars(labels),
    )
    _write_pages(document, facts)
    DocumentVariant.objects.bulk_create(
        DocumentVariant(document=document, **row) for row in drawings.rows(examined, clinic.pk)
    )
    return document


def _write_pages(document: Document, facts: Mapping[str, Any]) -> None:
    texts: Sequence[str] = facts["pages"]
    scanned = frozenset(facts["scanned"])
    is_kept = document.processing_type != ProcessingType.VECTORIZED
    Page.objects.bulk_create(
        Page(
            document=document,
            number=number,
            text=text if is_kept else "",
            language=language_of(text),
            source=TextSource.WAITING if number in scanned else TextSource.LAYER,
        )
        for number, text in enumerate(texts, start=1)
    )
    passages.index_pages(document, texts)
    if scanned:
        bell.ring_on_commit(document.pk)
