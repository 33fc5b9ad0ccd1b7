"""Taking filings back, one or a whole batch: says what will happen and asks why, then they leave."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches.actions.review import undo_file
from batches.actions.undo import charts_left, undo_batch
from batches.forms import ReasonForm
from batches.states import FileStatus
from batches.views.rows import FileRow, batch_row
from batches.views.verb import BatchVerb, FileVerb
from clinics.access import REVIEW


class Undo(FileVerb):
    """One filed picture or document goes back to review."""

    needs = REVIEW
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question."""
        if self.file.status != FileStatus.COMPLETED:
            messages.error(request, "Only a filed picture or document can be taken back.")
            return redirect(self.target(request))
        return self.show(ReasonForm())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Without a reason the question is asked again."""
        form = ReasonForm(request.POST)
        return super().post(request, **kwargs) if form.is_valid() else self.show(form, status=400)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take it back."""
        undo_file(file=self.file, actor=self.access.user, reason=request.POST["reason"])
        return "Taken out of the chart. It waits in review for its right patient."

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """The review page of the file, where its right patient is chosen."""
        return reverse("batches:review_file", args=[self.file.pk])

    def show(self, form: ReasonForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        return self.render("batches/undo.html", {"form": form, "row": FileRow(self.file)}, status=status)


class UndoBatch(BatchVerb):
    """Everything that a batch filed goes back to review."""

    needs = REVIEW
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question, with what would leave whose chart."""
        return self.show(ReasonForm())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Without a reason the question is asked again."""
        form = ReasonForm(request.POST)
        return super().post(request, **kwargs) if form.is_valid() else self.show(form, status=400)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take all of it back, or let the workers do so."""
        done = undo_batch(batch=self.batch, actor=self.access.user, reason=request.POST["reason"])
        if done.left:
            return f"{done.total} files are being taken out of their charts. This page shows how far that is."
        return f"Taken out of the charts: {done.total}. They wait in review for their right patients."

    def show(self, form: ReasonForm, *, status: int = 200) -> HttpResponse:
        """The page; a batch of which nothing is filed has nothing to ask."""
        leaving = charts_left(self.batch)
        if not leaving:
            messages.error(self.request, "Nothing of this batch is in a chart.")
            return redirect(self.target(self.request))
        context = {
            "form": form,
            "row": batch_row(self.batch),
            "leaving": leaving,
            "total": sum(each.files for each in leaving),
        }
        return self.render("batches/undo_batch.html", context, status=status)
