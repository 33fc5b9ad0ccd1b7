"""What a reviewer decided last, whole group and all, so that one key takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from batches.models import BatchFile
from batches.states import FileStatus
from clinics import audit
from clinics.access import Access
from clinics.models import AuditEntry
from patients.models import Patient

_ACTION = "review-decided"
# A shift; what was decided before is taken back in the chart, with a reason.
_REMEMBERED = timedelta(hours=12)
_FEW = 20


class Verb(StrEnum):
    """What a reviewer does with a group."""

    ASSIGN = "assign"
    KEEP = "keep"
    REJECT = "reject"
    DUPLICATE = "duplicate"


_LEADS_TO = {
    Verb.ASSIGN: FileStatus.COMPLETED,
    Verb.KEEP: FileStatus.COMPLETED,
    Verb.REJECT: FileStatus.CANCELLED,
    Verb.DUPLICATE: FileStatus.DUPLICATE,
}


@dataclass(frozen=True)
class Last:
    """A decision that still stands for `files`; `patient` is whose chart they went to, if to any."""

    verb: Verb
    files: list[BatchFile]
    patient: Patient | None


def note(access: Access, verb: Verb, file_ids: Sequence[UUID], patient: Patient | None) -> None:
    """Write down which files one decision was about."""
    audit.record(
        _ACTION,
        clinic=access.clinic,
        actor=access.user,
        verb=str(verb),
        files=[str(pk) for pk in file_ids],
        patient=str(patient.pk) if patient else "",
    )


def last_decision(access: Access) -> Last | None:
    """This person's last decision of this shift that still stands, for one file of it at least."""
    recent = AuditEntry.objects.filter(
        clinic=access.clinic, actor=access.user, action=_ACTION, at__gte=timezone.now() - _REMEMBERED
    )
    standing = (_standing(access, entry) for entry in recent.order_by("-id")[:_FEW])
    return next((each for each in standing if each.files), None)


def _standing(access: Access, entry: AuditEntry) -> Last:
    verb = Verb(entry.detail["verb"])
    rows = BatchFile.objects.of(access.clinic).filter(
        pk__in=entry.detail["files"], status=_LEADS_TO[verb], decided_by=access.user
    )
    if entry.detail["patient"]:
        rows = rows.filter(patient=entry.detail["patient"])
    files = list(rows.select_related("batch__clinic", "patient", "image", "document").order_by("path"))
    return Last(verb, files, files[0].patient if files else None)
