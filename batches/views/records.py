"""One picture: what was filed, and the batch that brought it, read together here."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse

from batches.models import BatchFile, FileEvent
from batches.states import FileStatus
from batches.views.deciders import choosers_of, taken_out
from batches.views.rows import FileRow
from clinics import audit
from clinics.access import get_or_404
from clinics.views.page import Page
from imaging.models import Image


class PicturePage(Page):
    """A picture large, its facts, its sizes, and how it came here."""

    nav = "patients"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The page."""
        rows = Image.objects.seen_by(self.access).select_related("patient", "twin_of__patient")
        image = get_or_404(rows.prefetch_related("variants"), self.access, pk)
        audit.record("picture-viewed", clinic=self.access.clinic, actor=self.access.user, target=image)
        files = BatchFile.objects.filter(image=image)
        return self.render("batches/picture.html", {"image": image} | provenance(files, image.pk))


def provenance(files: QuerySet[BatchFile], record_id: UUID) -> dict[str, Any]:
    """The file that became this record, with its history, and the files that were duplicates."""
    history = Prefetch("events", FileEvent.objects.select_related("actor").order_by("id"))
    rows = files.select_related("batch__created_by", "decided_by", "patient").prefetch_related(history)
    own = rows.filter(pk=record_id).first()
    duplicates = rows.filter(status=FileStatus.DUPLICATE).exclude(pk=record_id)
    return {
        "origin": FileRow(own, choosers_of([own.batch])[own.batch_id]) if own else None,
        "taken_out": taken_out(own) if own else None,
        "duplicates": [FileRow(file) for file in duplicates],
    }
