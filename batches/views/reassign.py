"""Moving what is filed into another chart: names both charts, asks why, then it moves, bytes and all."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from batches.actions.review import reassign_record
from batches.forms import ReassignForm
from batches.records import Record
from clinics.access import REVIEW, get_or_404
from clinics.views.page import Page
from documents.models import Document
from files.errors import Refused, Trouble
from imaging.models import Image


class Reassign(Page):
    """One filed picture goes to another patient's chart."""

    needs = REVIEW
    nav = "patients"
    model: ClassVar[type[Record]] = Image
    opens: ClassVar[str] = "batches:picture"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question."""
        if self.record.patient is None:
            messages.error(request, "Only what is filed can be moved to another chart.")
            return redirect(self.opens, pk=self.record.pk)
        return self.show(ReassignForm(clinic=self.access.clinic))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Move it; what speaks against it is said beside the form, so that nothing must be typed again."""
        form = ReassignForm(request.POST, clinic=self.access.clinic)
        if not form.is_valid():
            return self.show(form, status=400)
        try:
            reassign_record(record=self.record, actor=self.access.user, **form.cleaned_data)
        except (Refused, Trouble) as error:
            form.add_error(None, str(error))
            return self.show(form, status=error.status if isinstance(error, Refused) else 503)
        messages.success(request, "Moved. Both charts keep who moved it, when and why.")
        return redirect(self.opens, pk=self.record.pk)

    @cached_property
    def record(self) -> Record:
        """The picture or document, if it is this clinic's."""
        rows: QuerySet[Any] = self.model.objects.of(self.access.clinic)
        found: Record = get_or_404(rows.select_related("patient", "clinic"), self.access, self.kwargs["pk"])
        return found

    def show(self, form: ReassignForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        record = self.record
        context = {
            "back": self.opens,
            "document": record if isinstance(record, Document) else None,
            "form": form,
            "image": record if isinstance(record, Image) else None,
            "record": record,
        }
        return self.render("batches/reassign.html", context, status=status)


class ReassignDocument(Reassign):
    """The same for a document."""

    model = Document
    opens = "batches:document"
