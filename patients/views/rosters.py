"""The pages of rosters: the list with its form, one roster with its rows, and the buttons on it."""

from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clinics.access import IMPORT, VIEW, get_or_404, require
from clinics.views.page import Page, Verb
from files.errors import Refused, Trouble
from patients import roster_actions as actions
from patients.models import Roster, RosterRow
from patients.roster_api import rows_download
from patients.roster_forms import ReasonForm, RowFilter, UploadForm, mapping_from
from patients.roster_states import RosterStatus
from patients.roster_uploads import ListUploadHandler, receive_upload
from patients.rosters import lines, progress
from patients.rosters.selectors import of_status, roster_counts
from patients.views import roster_words as words
from patients.views.takes_files import TakesFiles

_ROSTERS, _ROWS = 25, 50


class _Pages(Paginator[RosterRow]):
    """Pages of rows whose number may be known: to count half a million takes a second."""

    def __init__(self, rows: "QuerySet[RosterRow]", known: int | None) -> None:
        super().__init__(rows, _ROWS)
        self._known = known

    @cached_property
    def count(self) -> int:
        """How many rows there are on all pages."""
        return super().count if self._known is None else self._known


class RosterList(TakesFiles):
    """Every roster of the clinic, and the form by which the next one comes."""

    needs = VIEW
    nav = "rosters"
    handler = ListUploadHandler

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of them, by status."""
        return self.show(UploadForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take a list in, and go to its page."""
        form = UploadForm(request.POST, request.FILES)
        require(request, IMPORT)
        if not form.is_valid():
            return self.show(form, status=400)
        upload = form.cleaned_data["file"]
        try:
            roster = receive_upload(clinic=self.access.clinic, upload=upload, actor=self.access.user)
        except (Refused, Trouble) as refusal:
            form.add_error("file", str(refusal))
            return self.show(form, status=getattr(refusal, "status", 503))
        return redirect("rosters:roster", pk=roster.pk)

    def show(self, form: UploadForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        chosen = self.request.GET.get("status", "")
        counts = roster_counts(self.access.clinic)
        chosen = chosen if chosen in counts else ""
        page = Paginator(of_status(self.access.clinic, chosen), _ROSTERS).get_page(
            self.request.GET.get("page")
        )
        context = {
            "chosen": chosen,
            "filters": [(name, words.STATUS_SIGNS[name], n) for name, n in counts.items() if n],
            "form": form,
            "page": page,
            "query": f"status={chosen}" if chosen else "",
            "rows": [(each, words.STATUS_SIGNS[each.status], words.sentence_of(each)) for each in page],
            "total": sum(counts.values()),
        }
        return self.render("patients/rosters.html", context, status=status)


class RosterPage(Page):
    """One roster: where it stands, how its columns were understood, and what each row does."""

    needs = VIEW
    nav = "rosters"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The whole page."""
        roster = self.roster(pk)
        form = RowFilter(request.GET)
        outcome, text = form.chosen()
        rows = lines.chosen(roster, outcome=outcome, text=text)
        pages = _Pages(rows, None if text else _known_count(roster, outcome))
        page = pages.get_page(request.GET.get("page"))
        context = self.standing(roster) | {
            "columns": roster.reading.get("columns", []),
            "field_words": list(words.COLUMN_WORDS.items()),
            "filters": words.filters_of(roster, outcome),
            "form": form,
            "outcome": outcome,
            "page": page,
            "query": form.query(),
            "reading": words.reading_words(roster.reading),
            "rows": [words.RowShown(row, words.row_sign(roster, row)) for row in page],
            "text": text,
        }
        return self.render("patients/roster.html", context)

    def roster(self, pk: UUID) -> Roster:
        """The roster, if it is this clinic's."""
        return get_or_404(of_status(self.access.clinic), self.access, pk)

    def standing(self, roster: Roster) -> dict[str, Any]:
        """Where it stands, and how far a worker is."""
        return {
            "roster": roster,
            "sign": words.STATUS_SIGNS[roster.status],
            "sentence": words.sentence_of(roster),
            "columns_missing": words.columns_missing(roster),
            "progress": progress.heard(roster.pk) if roster.is_busy else None,
            "may": self.access.may(IMPORT),
        }


class RosterLive(RosterPage):
    """The part that polls while a worker is at it; when it has moved on, the whole page is fetched anew."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The bar, or the word to come again."""
        roster = self.roster(pk)
        if request.GET.get("v") != str(roster.version):
            return HttpResponse(status=HTTPStatus.OK, headers={"HX-Refresh": "true"})
        return self.render("patients/_roster_progress.html", self.standing(roster))


class RosterExport(RosterPage):
    """The chosen rows as a table."""

    form: ClassVar[Literal["csv", "xlsx"]] = "csv"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:  # type: ignore[override]
        """The download."""
        roster = self.roster(pk)
        outcome, text = RowFilter(request.GET).chosen()
        return rows_download(self.access, roster, self.form, outcome=outcome, text=text)


class RosterWorkbook(RosterExport):
    """The same as a workbook."""

    form = "xlsx"


class RosterVerb(Verb):
    """Does something with the roster named in the address."""

    needs = IMPORT
    nav = "rosters"
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused, Trouble)

    @cached_property
    def roster(self) -> Roster:
        """The roster, if it is this clinic's."""
        return get_or_404(of_status(self.access.clinic), self.access, self.kwargs["pk"])

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """Back to the roster."""
        return reverse("rosters:roster", args=[self.roster.pk])


class SetColumns(RosterVerb):
    """What each column holds."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Read it again that way."""
        mapping = mapping_from(request.POST)
        actions.set_columns(roster=self.roster, mapping=mapping, actor=self.access.user)
        return "The list is read again. The clinic's next list with these headers is read the same way."


class ApplyRoster(RosterVerb):
    """Bring the directory up to it."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Apply."""
        leave_out = bool(request.POST.get("leave_out_duplicates"))
        actions.apply_roster(roster=self.roster, actor=self.access.user, leave_out_duplicates=leave_out)
        return "The list is being applied: all of it, or nothing. You can leave this page."


class RetryRoster(RosterVerb):
    """Once more, from the bytes that are here."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Retry."""
        actions.retry_roster(roster=self.roster, actor=self.access.user)
        return "The list is tried again."


class UndoRoster(RosterVerb):
    """Asks why, saying what will happen, before an applied roster is taken back."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question."""
        return self.show(ReasonForm()) if self.roster.can_be_undone else redirect(self.target(request))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Without a reason the question is asked again."""
        form = ReasonForm(request.POST)
        return super().post(request, **kwargs) if form.is_valid() else self.show(form, status=400)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take it back."""
        actions.undo_roster(roster=self.roster, actor=self.access.user, reason=request.POST["reason"])
        return "The list is being taken back. What somebody has built on since stays, and says why."

    def show(self, form: ReasonForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        context = {"form": form, "roster": self.roster}
        return self.render("patients/roster_undo.html", context, status=status)


class RemoveRoster(RosterVerb):
    """Asks once more before a record is removed."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question."""
        context = {"roster": self.roster, "is_applied": self.roster.status == RosterStatus.APPLIED}
        return self.render("patients/roster_remove.html", context)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Remove."""
        actions.remove_roster(roster=self.roster, actor=self.access.user)
        return "The list is removed. Patients stay as they are."

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """The other lists; after a refusal the one that is still there."""
        is_there = of_status(self.access.clinic).filter(pk=self.kwargs["pk"]).exists()
        return super().target(request) if is_there else reverse("rosters:list")


def _known_count(roster: Roster, outcome: str) -> int:
    name = {"": "rows", "duplicate": "duplicates"}.get(outcome, outcome)
    return int(roster.counts.get(name, 0))
