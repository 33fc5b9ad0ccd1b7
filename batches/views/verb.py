"""A button that acts on a batch or a file: refusals and troubles are said on the page it came from."""

from functools import cached_property
from typing import ClassVar

from django.http import HttpRequest
from django.urls import reverse

from batches.models import Batch, BatchFile
from clinics.access import CAPTURE, get_or_404
from clinics.views.page import Verb
from files.errors import Refused, Trouble


class BatchVerb(Verb):
    """Does something with the batch named in the address."""

    needs = CAPTURE
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused, Trouble)

    @cached_property
    def batch(self) -> Batch:
        """The batch, if it is this clinic's."""
        rows = Batch.objects.of(self.access.clinic).select_related("clinic")
        return get_or_404(rows, self.access, self.kwargs["pk"])

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """Back to the batch."""
        return reverse("batches:batch", args=[self.batch.pk])


class FileVerb(Verb):
    """Does something with the file named in the address."""

    needs = CAPTURE
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused, Trouble)

    @cached_property
    def file(self) -> BatchFile:
        """The file, if it is this clinic's."""
        rows = BatchFile.objects.of(self.access.clinic)
        rows = rows.select_related("batch__clinic", "image", "document", "patient")
        return get_or_404(rows, self.access, self.kwargs["pk"])

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """Back to the file's batch."""
        return reverse("batches:batch", args=[self.file.batch_id])
