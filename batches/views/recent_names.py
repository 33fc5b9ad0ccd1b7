"""Fills the test bench of a pattern with the names of the files that came last."""

from django.http import HttpRequest

from batches.models import BatchFile
from patients.views.patterns import Bench

_MOST = 100


class RecentNames(Bench):
    """The bench, with the clinic's own names on it."""

    def fields(self, request: HttpRequest) -> dict[str, str]:
        """The draft as it was written; the newest files' paths, each once."""
        newest = BatchFile.objects.of(self.access.clinic).order_by("-created_at", "path")
        paths = dict.fromkeys(newest.values_list("path", flat=True)[:_MOST])
        return super().fields(request) | {"names": "\n".join(paths)}
