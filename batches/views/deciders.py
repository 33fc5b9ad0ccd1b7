"""Which person stands behind where a file is: who took it out of a chart, who named the batch's patient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from batches.models import Batch, BatchFile, FileEvent
from batches.states import FileStatus
from clinics.models import AuditEntry, User
from patients.models import Patient

_UNDONE = "undone"
_TAKEN_OUT = (_UNDONE, "records-apart")


@dataclass(frozen=True)
class TakenOut:
    """A filing that was taken back: out of whose chart, by whom, when and why, as far as it is known."""

    event: FileEvent
    patient: Patient | None


def is_taken_out(file: BatchFile) -> bool:
    """Does the file wait for a person because its filing was taken back?"""
    return file.status == FileStatus.REVIEW and file.decision == _UNDONE


def taken_out(file: BatchFile) -> TakenOut | None:
    """The undo that brought the file back into review; None for a file that waits for another reason.

    The file itself has no patient any more; the audit keeps whose chart it was in.
    """
    if not is_taken_out(file):
        return None
    event = file.events.select_related("actor").filter(code__in=_TAKEN_OUT).order_by("-id").first()
    return TakenOut(event, _former_patient(file)) if event else None


def choosers_of(batches: Iterable[Batch]) -> Mapping[UUID, User]:
    """Who said whose files a batch holds: the last one who set its patient, else who opened it."""
    named = {batch.pk: batch for batch in batches}
    choosers = {pk: batch.created_by for pk, batch in named.items()}
    notes = AuditEntry.objects.filter(
        action="batch-patient-set", object_type="batch", object_id__in=[str(pk) for pk in named]
    )
    for note in notes.select_related("actor").order_by("id"):
        if note.actor is not None:
            choosers[UUID(note.object_id)] = note.actor
    return choosers


def is_by_batch(file: BatchFile) -> bool:
    """Was it filed because somebody had said whose files the whole batch holds?"""
    return file.decision == "assign" and file.evidence.get("reason") == "batch-patient"


def _former_patient(file: BatchFile) -> Patient | None:
    actions = [f"file-{code}" for code in _TAKEN_OUT]
    notes = AuditEntry.objects.filter(action__in=actions, object_type="batchfile", object_id=str(file.pk))
    note = notes.order_by("-id").first()
    clinic = file.batch.clinic_id
    return Patient.objects.filter(clinic=clinic, pk=note.detail["patient"]).first() if note else None
