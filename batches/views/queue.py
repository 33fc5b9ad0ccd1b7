"""The queue that a reviewer works through: the whole clinic's, or one batch's."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest

from batches.models import Batch
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
        wanted = uuid_in(request.POST.get("batch") or request.GET.get("batch") or "")
        return cls(clinic, Batch.objects.of(clinic).filter(pk=wanted).first() if wanted else None)

    @property
    def waiting(self) -> int:
        """How many files wait."""
        files = review_queue(self.clinic)
        return (files.filter(batch=self.batch) if self.batch else files).count()

    @property
    def query(self) -> str:
        """The query string that keeps this queue from page to page."""
        return urlencode({"batch": self.batch.pk}) if self.batch else ""

    @property
    def suffix(self) -> str:
        """The same with its question mark, or nothing."""
        return f"?{self.query}" if self.query else ""


def uuid_in(text: str) -> UUID | None:
    """The identifier that `text` is; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
