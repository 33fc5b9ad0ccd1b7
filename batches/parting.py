"""Takes out of a chart what the machine has filed there while two people's records were one.

Those files were matched as if both were one person. Which they are is written by the unmerge itself, so that
any worker can go on where another was killed.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from batches import filing
from batches.decided import FILED_BY_MACHINE
from batches.models import BatchFile
from batches.states import FileStatus
from files.errors import Refused, Trouble
from patients.models import PatientMerge

_REASON = "It was filed by itself while two records were one, and they are apart again."
_AT_ONCE = 100
_TRIED_FOR = timedelta(days=7)


def matched_as_one(merge: PatientMerge) -> "QuerySet[BatchFile]":
    """What the machine has filed in the survivor's chart since the merge, and nobody has decided about."""
    since = Q(image__filed_at__gte=merge.merged_at) | Q(document__filed_at__gte=merge.merged_at)
    filed = BatchFile.objects.filter(FILED_BY_MACHINE, since, status=FileStatus.COMPLETED)
    return filed.filter(patient=merge.survivor_id).order_by("path", "pk")


def left_of(merge: PatientMerge) -> "QuerySet[BatchFile]":
    """What is still to be taken out of those that the unmerge has named."""
    named = merge.moved.get("since", ())
    return matched_as_one(merge).filter(pk__in=named) if named else BatchFile.objects.none()


def take_out(merge_id: UUID) -> bool:
    """Put the next [100] of them into review; True when more are left.

    What a person decides meanwhile stays; a storage that fails is tried again by the sweep, for a week.
    """
    merge = PatientMerge.objects.select_related("unmerged_by").get(pk=merge_id)
    files = left_of(merge).select_related("batch__clinic", "image__patient", "document__patient", "patient")
    moved = [_is_out(file, merge) for file in files[:_AT_ONCE]]
    return any(moved) and left_of(merge).exists()


def forgotten() -> list[UUID]:
    """Unmerges of which something is still to be taken out: their task was lost, or the storage failed."""
    recent = PatientMerge.objects.filter(unmerged_at__gte=timezone.now() - _TRIED_FOR)
    return [merge.pk for merge in recent if left_of(merge).exists()]


def _is_out(file: BatchFile, merge: PatientMerge) -> bool:
    try:
        filing.leave_chart(file, actor=merge.unmerged_by, code=filing.RECORDS_APART, reason=_REASON)
    except (Refused, Trouble):
        return False
    return True
