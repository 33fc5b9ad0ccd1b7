"""The search page: a question is sent once, kept with the session, and its answer has an address of its own.

So the question stands in no address and no log, and "back" from a document leads to the answer again.
"""

import secrets
from typing import Any

from django.core.paginator import Page as PageOfPlaces
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from batches.forms import SearchForm
from clinics import audit
from clinics.views.page import Page
from documents.embedder import number_waiting
from documents.embedding import choice
from documents.scope import Filters, scope_of
from documents.search import Found, Mode, Place, outside_meaning, search, shown

_IN_SESSION = "searches"
_MOST_KEPT = 8
_KEY_BYTES = 9
_HITS = 10


class NewSearch(Page):
    """An empty box, and what is done with what somebody puts into it."""

    nav = "search"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The box, ready to be typed into."""
        form = self._form(None)
        form.fields["q"].widget.attrs["autofocus"] = True
        return self.render("batches/search.html", {"form": form} | self._model())

    def post(self, request: HttpRequest, key: str = "") -> HttpResponseBase:
        """Keep the question with the session, and go to its answer."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self.render("batches/search.html", {"form": form} | self._model(), status=400)
        key = secrets.token_urlsafe(_KEY_BYTES)
        kept: dict[str, Any] = request.session.get(_IN_SESSION, {})
        latest = list((kept | {key: form.asked()}).items())[-_MOST_KEPT:]
        request.session[_IN_SESSION] = dict(latest)
        return redirect("batches:search_results", key=key)

    def _form(self, data: Any) -> SearchForm:
        return SearchForm(data, clinic=self.access.clinic)

    def _model(self, filters: Filters | None = None) -> dict[str, Any]:
        """Which model serves, how much of the clinic's documents it has still to read, and how many of those
        that are searched it never will.
        """
        return {
            "model": choice.current(),
            "waiting": number_waiting(self.access.clinic),
            "outside": outside_meaning(scope_of(self.access), filters),
        }


class SearchResults(NewSearch):
    """The answer to one of the last [8] questions of this session."""

    def get(self, request: HttpRequest, key: str = "") -> HttpResponse:
        """Ask again, and show ten documents; a question that is no longer kept leads to an empty box."""
        form = self._form(request.session.get(_IN_SESSION, {}).get(key))
        if not (form.is_bound and form.is_valid()):
            return redirect("batches:search")
        mode, filters = Mode(form.cleaned_data["mode"]), form.filters()
        found = search(scope_of(self.access), form.cleaned_data["q"], mode=mode, filters=filters)
        page: PageOfPlaces[Place] = Paginator(found.places, _HITS).get_page(request.GET.get("page"))
        self._record(mode, found, page.number, filters.names())
        context = {"form": form, "found": found, "hits": shown(found, list(page)), "mode": mode, "page": page}
        return self.render("batches/search.html", context | self._model(filters))

    def _record(self, mode: Mode, found: Found, page: int, filters: list[str]) -> None:
        """That somebody searched, and how; never for what."""
        audit.record(
            "searched",
            clinic=self.access.clinic,
            actor=self.access.user,
            mode=mode,
            found=len(found.places),
            page=page,
            filters=filters,
        )
