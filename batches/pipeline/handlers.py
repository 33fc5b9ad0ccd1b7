"""Which reader and which record each kind of file has: one explicit table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from batches.models import BatchFile
from clinics.models import Clinic
from documents import ingest as document_ingest
from documents.models import Document
from files.examined import Examined
from files.kinds import FileKind
from imaging import ingest as image_ingest
from imaging.models import Image
from patients.models import Patient

Record: TypeAlias = Image | Document


@dataclass(frozen=True)
class Handler:
    """How one family of kinds is read in the sandbox, found again, and written.

    `field` is the column of BatchFile that points to the record.
    """

    field: str
    job: str
    job_arguments: Callable[[FileKind], dict[str, object]]
    find_twin: Callable[[Clinic, str, UUID], Record | None]
    create: Callable[[BatchFile, Examined, Patient | None, str, Record | None], Record]


def _find_image(clinic: Clinic, sha256: str, besides: UUID) -> Image | None:
    return image_ingest.find_twin(clinic, sha256, besides=besides)


def _create_image(
    file: BatchFile, examined: Examined, patient: Patient | None, key: str, twin: Record | None
) -> Image:
    twin_image = twin if isinstance(twin, Image) else None
    return image_ingest.create(
        examined, file.batch.clinic, patient=patient, original_key=key, twin=twin_image
    )


def _find_document(clinic: Clinic, sha256: str, besides: UUID) -> Document | None:
    return document_ingest.find_twin(clinic, sha256, besides=besides)


def _create_document(
    file: BatchFile, examined: Examined, patient: Patient | None, key: str, twin: Record | None
) -> Document:
    twin_document = twin if isinstance(twin, Document) else None
    return document_ingest.create(
        examined,
        file.batch.clinic,
        patient=patient,
        original_key=key,
        twin=twin_document,
        processing_type=file.batch.processing_type,
        encounter=file.batch.encounter,
        template=file.batch.template,
    )


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
