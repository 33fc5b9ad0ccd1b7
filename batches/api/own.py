"""Finds what a call names, inside the caller's clinic and with the permission that the call needs."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request

from batches.models import Batch, BatchFile
from clinics.access import Access, get_or_404, require
from patients.models import Patient

_RECORDS = ("image__patient", "image__twin_of", "document__patient", "document__twin_of", "decided_by")


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
    return get_or_404(_files(access), access, file_id)


def files_of(access: Access, file_ids: Sequence[UUID]) -> dict[UUID, BatchFile]:
    """Those of the files that are this clinic's, each once, in that order; the others leave an audit row."""
    found = _files(access).in_bulk(file_ids)
    for file_id in file_ids:
        if file_id not in found:
            with suppress(Http404):
                file_of(access, file_id)
    return {file_id: found[file_id] for file_id in file_ids if file_id in found}


def patient_of(access: Access, patient_id: UUID | None) -> Patient | None:
    """The patient that a body names, or None for none; 404 for anybody who is not this clinic's."""
    if patient_id is None:
        return None
    return get_or_404(Patient.objects.of(access.clinic), access, patient_id)


def _files(access: Access) -> QuerySet[BatchFile]:
    rows = BatchFile.objects.of(access.clinic)
    return rows.select_related("batch__clinic", "patient", *_RECORDS)
