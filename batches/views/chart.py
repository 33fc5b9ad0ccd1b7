"""A patient's chart: pictures and documents on one time line, each with the batch that brought it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import CharField, Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from batches.actions.merge import may_merge, unmerge_until
from batches.models import BatchFile
from batches.states import FileStatus
from batches.views.chart_history import history_of
from batches.views.deciders import choosers_of
from batches.views.rows import FileRow
from clinics import audit
from clinics.access import Access, get_or_404
from clinics.views.page import Page
from documents.models import Document
from imaging.models import Image
from patients.models import Patient, PatientMerge

_ITEMS = 60
_PICTURES = "pictures"
_DOCUMENTS = "documents"


@dataclass(frozen=True)
class Item:
    """A picture or a document on the time line; exactly one of both is set. `origin` is the file it was."""

    moment: datetime
    image: Image | None
    document: Document | None
    origin: FileRow | None


@dataclass(frozen=True)
class Day:
    """What was taken, or written, on one day in the clinic's zone."""

    day: date
    items: list[Item]


class Chart(Page):
    """Who the patient is and what is filed."""

    nav = "patients"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The chart, newest first, a page at a time."""
        rows = Patient.objects.of(self.access.clinic).select_related("merged_into")
        patient = get_or_404(rows, self.access, pk)
        type_code = request.GET.get("type", "")
        only = _DOCUMENTS if type_code else request.GET.get("only", "")
        page = Paginator(time_line(patient, only=only, type_code=type_code), _ITEMS).get_page(
            request.GET.get("page")
        )
        audit.record("chart-viewed", clinic=self.access.clinic, actor=self.access.user, target=patient)
        context = {
            "counts": {_PICTURES: patient.images.count(), _DOCUMENTS: patient.documents.count()},
            "days": days_of(list(page)),
            "history": history_of(patient),
            "may_merge": patient.merged_into is None and may_merge(self.access, patient),
            "merges": merges_of(patient, self.access),
            "only": only,
            "page": page,
            "patient": patient,
            "query": urlencode({"only": only, "type": type_code}),
            "type_code": type_code,
            "types": types_in(Document.objects.filter(patient=patient)),
        }
        return self.render("batches/chart.html", context)


def merges_of(patient: Patient, access: Access) -> list[tuple[PatientMerge, datetime]]:
    """What was merged into this record, or it into another, and this person can still take apart, with until
    when.
    """
    apart = Q(survivor=patient) | Q(merged=patient)
    merges = PatientMerge.objects.filter(apart, unmerged_at=None, survivor__merged_into=None)
    rows = merges.select_related("clinic", "merged", "survivor", "merged_by")
    ends = [(merge, unmerge_until(merge)) for merge in rows if may_merge(access, merge.merged)]
    return [(merge, until) for merge, until in ends if until > timezone.now()]


def types_in(documents: QuerySet[Document]) -> list[tuple[str, int]]:
    """The types of these documents by code, with how many there are of each."""
    typed = documents.exclude(type_code="").order_by("type_code")
    return list(typed.values_list("type_code").annotate(number=Count("pk")))


def time_line(patient: Patient, *, only: str = "", type_code: str = "") -> QuerySet[Any, Any]:
    """What kind, which one and when: of all pictures and documents, or `only` one sort of them; documents
    perhaps of one type.
    """
    pictures = _moments(Image.objects.filter(patient=patient), _PICTURES, "captured_at")
    wanted = {"type_code": type_code} if type_code else {}
    documents = _moments(Document.objects.filter(patient=patient, **wanted), _DOCUMENTS, "filed_at")
    both: QuerySet[Any, Any] = pictures.union(documents, all=True)
    chosen: QuerySet[Any, Any] = {_PICTURES: pictures, _DOCUMENTS: documents}.get(only, both)
    return chosen.order_by("-moment", "pk")


def days_of(found: list[tuple[str, UUID, datetime]]) -> list[Day]:
    """The rows of one page of the time line, read at once and grouped by day."""
    ids = [pk for _, pk, _ in found]
    images = Image.objects.in_bulk(ids)
    documents = Document.objects.in_bulk(ids)
    origins = _origins(ids)
    items = [Item(moment, images.get(pk), documents.get(pk), origins.get(pk)) for _, pk, moment in found]
    return [Day(day, list(of_day)) for day, of_day in groupby(items, key=_local_day)]


def _moments(rows: QuerySet[Any], kind: str, first: str) -> QuerySet[Any, Any]:
    moment = Coalesce(first, "filed_at", "created_at")
    kinds = Value(kind, output_field=CharField())
    dated: QuerySet[Any] = rows.annotate(kind_=kinds, moment=moment).order_by()
    return dated.values_list("kind_", "pk", "moment")


def _origins(ids: Iterable[UUID]) -> dict[UUID, FileRow]:
    """The batch's file of each record, as far as batches have not been cleaned up since."""
    chosen = Q(image__in=ids) | Q(document__in=ids)
    files = BatchFile.objects.filter(chosen, status=FileStatus.COMPLETED).select_related(
        "batch__created_by", "decided_by"
    )
    choosers = choosers_of(file.batch for file in files)
    return {
        file.image_id or file.document_id or file.pk: FileRow(file, choosers[file.batch_id]) for file in files
    }


def _local_day(item: Item) -> date:
    return timezone.localtime(item.moment).date()
