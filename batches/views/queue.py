"""The queue that a reviewer works through: the whole clinic's, or one batch's."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from batches.models import Batch, BatchFile
from batches.selectors import review_queue
from clinics.models import Clinic


@dataclass(frozen=True)
class Queue:
    """The files that wait; `batch` narrows them to one batch."""

    clinic: Clinic
    batch: Batch | None = None

    @classmethod
    def of(cls, request: HttpRequest, clinic: Clinic) -> "Queue":
        """The queue that the request's `batch` names; one that does not exist is the whole queue."""
        wanted = _uuid_in(request.POST.get("batch") or request.GET.get("batch") or "")
        return cls(clinic, Batch.objects.of(clinic).filter(pk=wanted).first() if wanted else None)

    @property
    def files(self) -> QuerySet[BatchFile]:
        """The files, the longest waiting first, with everything that a line of the list shows."""
        files = review_queue(self.clinic).select_related("patient", "image__twin_of", "document__twin_of")
        return files.filter(batch=self.batch) if self.batch else files

    @property
    def query(self) -> str:
        """The query string that keeps this queue from page to page."""
        return urlencode({"batch": self.batch.pk}) if self.batch else ""

    @property
    def suffix(self) -> str:
        """The same with its question mark, or nothing."""
        return f"?{self.query}" if self.query else ""

    def after(self, file: BatchFile) -> BatchFile | None:
        """The file that comes next, from the beginning again after the last; None when nothing else waits."""
        others = self.files.exclude(pk=file.pk)
        later = Q(received_at__gt=file.received_at) | Q(received_at=file.received_at, path__gt=file.path)
        return (others.filter(later).first() if file.received_at else None) or others.first()


def _uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
