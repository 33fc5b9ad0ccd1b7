"""The audit page: who did what in this clinic, newest first, to be read and never changed."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from clinics.access import MANAGE
from clinics.forms import AuditFilter
from clinics.models import AuditEntry
from clinics.views.page import Page

_ROWS = 100


class Audit(Page):
    """For administrators of the clinic."""

    needs = MANAGE
    nav = "audit"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The entries that fit the filter, a page at a time."""
        entries = AuditEntry.objects.filter(clinic=self.access.clinic).select_related("actor")
        form = AuditFilter(request.GET)
        page = Paginator(_filtered(entries, form), _ROWS).get_page(request.GET.get("page"))
        query = request.GET.copy()
        query.pop("page", None)
        return self.render("clinics/audit.html", {"form": form, "page": page, "query": query.urlencode()})


def _filtered(entries: QuerySet[AuditEntry], form: AuditFilter) -> QuerySet[AuditEntry]:
    """An incomplete or wrong filter filters by what is right of it."""
    form.is_valid()
    wanted = {
        "action": form.cleaned_data.get("action"),
        "actor__username__iexact": form.cleaned_data.get("who"),
        "object_id": form.cleaned_data.get("object"),
        "at__date": form.cleaned_data.get("day"),
    }
    return entries.filter(**{field: value for field, value in wanted.items() if value})
