"""The first page: every batch of the clinic, newest first."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from batches.forms import BatchFilter
from batches.selectors import batch_counts, review_queue
from batches.states import BatchStatus
from batches.views.rows import batch_rows
from batches.views.words import BATCH_BADGES
from clinics.access import REVIEW
from clinics.views.page import Page

_ROWS = 25


class BatchList(Page):
    """Batches by status and number, a page at a time."""

    nav = "batches"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list, or an invitation while there is nothing in it."""
        form = BatchFilter(request.GET)
        page = Paginator(form.rows(self.access.clinic), _ROWS).get_page(request.GET.get("page"))
        counts = batch_counts(self.access.clinic)
        query = request.GET.copy()
        query.pop("page", None)
        context = {
            "chosen": form.cleaned_data.get("status", ""),
            "filters": [(status, BATCH_BADGES[BatchStatus(status)], n) for status, n in counts.items() if n],
            "form": form,
            "page": page,
            "query": query.urlencode(),
            "rows": batch_rows(page),
            "total": sum(counts.values()),
        }
        return self.render("batches/list.html", context)


class ReviewCount(Page):
    """How many files wait for a person: the number beside the menu's entry."""

    needs = REVIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        """The number alone, nothing when it is zero."""
        waiting = review_queue(self.access.clinic).count()
        return self.render("batches/_review_count.html", {"waiting": waiting})
