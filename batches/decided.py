"""About which files a person has decided: the machine never decides about those again."""

from django.db.models import Exists, OuterRef, Q

from batches.models import BatchFile, FileEvent
from batches.states import FileStatus

# To try a failed file again, or to unlock it, says nothing about whose it is; to bring back what somebody has
# set aside does.
_IS_RETRY = Q(code__in=["retried", "unlocked"]) & ~Q(from_status=FileStatus.CANCELLED)
# Who wants a duplicate beside its twin sends it down the road, so that it is filed as any other.
_IS_WANTED_TOO = Q(code="kept-both", to_status=FileStatus.RECEIVED)
_BY_PERSON = FileEvent.objects.filter(actor__isnull=False).exclude(_IS_RETRY)

UNTOUCHED = Q(decided_by=None) & ~Exists(_BY_PERSON.filter(file=OuterRef("pk")))
"""Files about which no person has decided anything."""

# A merge is about two records, and says nothing of one file.
_OF_RECORDS = Q(code__in=["merged", "unmerged"])
FILED_BY_MACHINE = Q(decided_by=None) & ~Exists(_BY_PERSON.filter(file=OuterRef("pk")).exclude(_OF_RECORDS))
"""The same, wherever a merge may have moved them meanwhile."""


def is_decided(file: BatchFile) -> bool:
    """Has a person ever filed it, taken it out, set it aside or brought it back? Then it is a person's on the
    road, too.
    """
    return _BY_PERSON.filter(file=file).exclude(_IS_WANTED_TOO).exists()
