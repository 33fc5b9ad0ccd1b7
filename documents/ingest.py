"""Turns an examined PDF into a Document with its pages of text and the pictures of its first page."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from clinics.models import Clinic
from documents.models import Document, DocumentVariant, Page, ProcessingType
from documents.passages import index_pages
from files import drawings
from files.examined import Examined
from files.kinds import FileKind
from patients.models import Patient

JOB = "documents.text:examine"


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
    processing_type: str = ProcessingType.COMPLETE,
    encounter: str = "",
    template: str = "",
) -> Document:
    """Write the rows of one document; its variants must be in storage already.

    Raises IntegrityError when another document with these bytes came first and no `twin` is named.
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
        processing_type=processing_type,
        encounter=encounter,
        template=template,
        facts={name: facts.get(name) for name in ("has_text", "width_pt", "height_pt", "warnings")},
        filed_at=timezone.now() if patient else None,
    )
    _write_pages(document, facts["pages"])
    DocumentVariant.objects.bulk_create(
        DocumentVariant(document=document, **row) for row in drawings.rows(examined, clinic.pk)
    )
    return document


def _write_pages(document: Document, texts: list[str]) -> None:
    Page.objects.bulk_create(
        Page(document=document, number=number, text=text) for number, text in enumerate(texts, start=1)
    )
    index_pages(document, texts)
