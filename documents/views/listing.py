"""Every document of the clinic, by type, language and state."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from clinics import audit
from clinics.views.page import Page
from documents.forms import DocumentFilter
from documents.spoken import languages_of, named

_ROWS = 25


class DocumentList(Page):
    """A page of documents, the newest first."""

    nav = "documents"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        form = DocumentFilter(request.GET, access=self.access)
        rows = form.rows().select_related("patient")
        page = Paginator(rows, _ROWS).get_page(request.GET.get("page"))
        query = request.GET.copy()
        query.pop("page", None)
        audit.record(
            "documents-listed", clinic=self.access.clinic, actor=self.access.user, documents=len(page)
        )
        languages = languages_of(page)
        rows_shown = [(document, named(languages[document.pk])) for document in page]
        context = {
            "form": form,
            "rows": rows_shown,
            "page": page,
            "query": query.urlencode(),
            "is_narrowed": bool(query),
        }
        return self.render("documents/list.html", context)
