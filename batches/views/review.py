"""Review: the groups of files that need a person, one after the other, each with its candidates and why."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches import desk
from batches.models import BatchFile
from batches.views.desk import Desk, files_of, group_rows
from batches.views.last import last_decision
from batches.views.queue import Queue, uuid_in
from batches.views.rows import FileRow
from clinics.access import REVIEW, get_or_404
from clinics.views.page import PART, Page
from patients.models import Patient
from patients.search import search

_GROUPS = 25
_SHOWN = 5
_FOUND = 8


class ReviewList(Page):
    """Every group that waits, batch by batch, the longest waiting first."""

    needs = REVIEW
    nav = "review"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The queue, a page at a time."""
        queue = Queue.of(request, self.access.clinic)
        groups = desk.standing(self.access.clinic, queue.batch)
        page = Paginator(groups, _GROUPS).get_page(request.GET.get("page"))
        context = {
            "last": last_decision(self.access),
            "page": page,
            "query": queue.query,
            "queue": queue,
            "rows": [row for row in group_rows(page, few=_SHOWN) if row.files],
            "waiting": sum(len(each.group.files) for each in groups),
        }
        return self.render("batches/review_list.html", context)


class DeskPage(Page):
    """What the pages of a group share."""

    needs = REVIEW
    nav = "review"

    def context(
        self, request: HttpRequest, file: BatchFile, place: desk.Standing | None, *, is_mine: bool
    ) -> dict[str, Any]:
        """What the page and the desk alone show; `desk` is None when the file does not wait any more."""
        queue = Queue.of(request, self.access.clinic)
        rows = group_rows([place]) if place else []
        return {
            "desk": Desk(self.access.clinic, rows[0], file, request.GET.get("only", "")) if rows else None,
            "is_mine": is_mine,
            "last": last_decision(self.access),
            "queue": queue,
            "row": FileRow(file),
            "waiting": queue.waiting,
        }


class ReviewFile(DeskPage):
    """The group of one file: the pictures, who they could be of, why, and the decision."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The group, held for this reviewer from now on; a file that was decided meanwhile says how."""
        return self.show(request, pk, {})

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The same with the patients that the person's own words find; no name ever stands in an address."""
        words = request.POST.get("q", "").strip()
        living = Patient.objects.of(self.access.clinic).living()
        found = {"found": list(search(living, words)[:_FOUND]) if words else [], "q": words}
        if request.headers.get("HX-Request"):
            return self.render("batches/_found.html", found)
        return self.show(request, pk, found)

    def show(self, request: HttpRequest, pk: UUID, found: dict[str, Any]) -> HttpResponse:
        """The page, or the desk alone where a script asks for it."""
        get_or_404(BatchFile.objects.of(self.access.clinic), self.access, pk)
        file = files_of([pk])[pk]
        place = desk.around(file)
        is_mine = place is not None and desk.take(place.batch_id, place.file_ids, self.access.user)
        if not is_mine:
            place = desk.around(file)
        context = self.context(request, file, place, is_mine=is_mine) | found
        is_part = PART in request.headers and is_mine
        return self.render("batches/_desk.html" if is_part else "batches/review_file.html", context)


class NextGroup(DeskPage):
    """The next group that nobody holds, held for this reviewer from now on."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """A page, or the desk alone for a script, which is told by 204 that nothing else waits.

        `after` names a file of the group that the person comes from, `leave` the files that are let go.
        """
        clinic, user = self.access.clinic, self.access.user
        queue = Queue.of(request, clinic)
        is_part = PART in request.headers
        place = desk.take_next(clinic, user, batch=queue.batch, after=self.came_from(request))
        if place is None and not is_part:
            place = desk.take_own(clinic, user, batch=queue.batch)
        leaving = {pk for text in request.POST.getlist("leave") if (pk := uuid_in(text))}
        desk.release(clinic, leaving.difference(place.file_ids if place else ()), user)
        if is_part:
            return self.part(request, place)
        if place is None:
            return redirect(reverse("batches:review") + queue.suffix)
        return redirect(reverse("batches:review_file", args=[place.group.key]) + queue.suffix)

    def part(self, request: HttpRequest, place: desk.Standing | None) -> HttpResponse:
        """The desk alone."""
        if place is None:
            return HttpResponse(status=204)
        first = place.file_ids[0]
        context = self.context(request, files_of([first])[first], place, is_mine=True)
        return self.render("batches/_desk.html", context)

    def came_from(self, request: HttpRequest) -> BatchFile | None:
        """The file whose group was looked at before."""
        wanted = uuid_in(request.POST.get("after", ""))
        return BatchFile.objects.of(self.access.clinic).filter(pk=wanted).first() if wanted else None
