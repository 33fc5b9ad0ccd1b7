"""Which reader and which record each kind of file has: one explicit table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from batches.models import BatchFile
from clinics.models import Clinic
from documents import ingest as document_ingest
from documents import types
from documents.models import Document
from files.examined import Examined
from files.kinds import FileKind
from imaging import ingest as image_ingest
from imaging.models import Image
from patients.clues import FILE_NAME, Clue, Field
from patients.models import Patient

Record: TypeAlias = Image | Document

_LONGEST_EPISODE = 64


@dataclass(frozen=True)
class Handler:
    """How one family of kinds is read in the sandbox, found again, and written.

    `field` is the column of BatchFile that points to the record.
    """

    field: str
    job: str
    job_arguments: Callable[[FileKind], dict[str, object]]
    find_twin: Callable[[Clinic, str, UUID], Record | None]
    create: Callable[[BatchFile, Examined, Patient | None, str, Record | None, Sequence[Clue]], Record]


def _find_image(clinic: Clinic, sha256: str, besides: UUID) -> Image | None:
    return image_ingest.find_twin(clinic, sha256, besides=besides)


def _create_image(
    file: BatchFile,
    examined: Examined,
    patient: Patient | None,
    key: str,
    twin: Record | None,
    _clues: Sequence[Clue],
) -> Image:
    twin_image = twin if isinstance(twin, Image) else None
    return image_ingest.create(
        examined, file.batch.clinic, patient=patient, original_key=key, twin=twin_image
    )


def _find_document(clinic: Clinic, sha256: str, besides: UUID) -> Document | None:
    return document_ingest.find_twin(clinic, sha256, besides=besides)


def _create_document(  # noqa: PLR0917 - one shape for both families
    file: BatchFile,
    examined: Examined,
    patient: Patient | None,
    key: str,
    twin: Record | None,
    clues: Sequence[Clue],
) -> Document:
    twin_document = twin if isinstance(twin, Document) else None
    return document_ingest.create(
        examined,
        file.batch.clinic,
        patient=patient,
        original_key=key,
        twin=twin_document,
        labels=_labels(file, clues),
    )


def _labels(file: BatchFile, clues: Sequence[Clue]) -> document_ingest.Labels:
    """What the batch was told, and what the file's name says of episode and kind of document."""
    batch = file.batch
    return document_ingest.Labels(
        processing_type=batch.processing_type,
        encounter=batch.encounter,
        template=batch.template,
        episode=_said(clues, Field.EPISODE)[:_LONGEST_EPISODE],
        type_code=types.code_for(batch.clinic, _said(clues, Field.DOCUMENT_TYPE), file.name),
    )


def _said(clues: Sequence[Clue], field: Field) -> str:
    return next((clue.value for clue in clues if clue.field == field and clue.source == FILE_NAME), "")


_IMAGES = Handler("image", image_ingest.JOB, image_ingest.job_arguments, _find_image, _create_image)
_DICOM = Handler("image", image_ingest.DICOM_JOB, image_ingest.dicom_arguments, _find_image, _create_image)
_DOCUMENTS = Handler(
    "document", document_ingest.JOB, document_ingest.job_arguments, _find_document, _create_document
)

HANDLERS: Mapping[FileKind, Handler] = {
    FileKind.JPEG: _IMAGES,
    FileKind.PNG: _IMAGES,
    FileKind.TIFF: _IMAGES,
    FileKind.WEBP: _IMAGES,
    FileKind.DICOM: _DICOM,
    FileKind.PDF: _DOCUMENTS,
}
