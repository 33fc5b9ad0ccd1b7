"""Finds what a call names, inside the caller's clinic and with the permission that the call needs."""

from uuid import UUID

from rest_framework.request import Request

from batches.models import Batch, BatchFile
from clinics.access import Access, get_or_404, require
from patients.models import Patient


def own_batch(request: Request, permission: str, batch_id: UUID) -> tuple[Access, Batch]:
    """Who asks, and the batch; 403 without the permission, 404 for anything that is not this clinic's."""
    access = require(request, permission)
    return access, get_or_404(Batch.objects.of(access.clinic).select_related("clinic"), access, batch_id)


def own_file(request: Request, permission: str, file_id: UUID) -> tuple[Access, BatchFile]:
    """Who asks, and the file, as `own_batch` does."""
    access = require(request, permission)
    return access, file_of(access, file_id)


def file_of(access: Access, file_id: UUID) -> BatchFile:
    """The file with its batch and its record; 404 for anything that is not this clinic's."""
    rows = BatchFile.objects.of(access.clinic).select_related("batch__clinic", "image", "document", "patient")
    return get_or_404(rows, access, file_id)


def patient_of(access: Access, patient_id: UUID | None) -> Patient | None:
    """The patient that a body names, or None for none; 404 for anybody who is not this clinic's."""
    if patient_id is None:
        return None
    return get_or_404(Patient.objects.of(access.clinic), access, patient_id)
