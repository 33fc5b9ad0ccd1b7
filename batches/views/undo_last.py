"""The undo of the review desk: one key takes the last decision back, the whole group."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches import desk
from batches.actions import many
from batches.actions.many import Decided
from batches.models import BatchFile
from batches.states import FileStatus
from batches.views import last
from batches.views.deciding import refusals, say_refusals
from batches.views.last import Last, Verb
from batches.views.queue import Queue
from clinics.access import REVIEW
from clinics.views.page import PART, Page

_TAKEN_BACK = "Taken back. It waits for review again."
_READ_AGAIN = "Taken back. It is read again and comes back to review in a moment."
_NOTHING = "You have decided nothing lately that can be taken back here. A chart's page takes back its own."


class UndoLast(Page):
    """The person's last decision is taken back, the whole group."""

    needs = REVIEW
    nav = "review"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take it back; what waits again is in this person's hands."""
        found = last.last_decision(self.access)
        if found is None:
            return self.nothing()
        decided = self.take_back(found)
        again = self.held_again(decided.done)
        if PART in request.headers:
            first = str(again[0]) if again else ""
            refused = refusals(found.files, decided)
            return JsonResponse({"file": first, "done": len(decided.done), "refused": refused})
        say_refusals(request, decided)
        if decided.done:
            messages.success(request, _TAKEN_BACK if again else _READ_AGAIN)
        return self.go_to(again)

    def take_back(self, found: Last) -> Decided:
        """What was filed leaves its chart; what was set aside, as a duplicate or for good, is read again."""
        if found.verb is Verb.REJECT:
            return many.retry_files(files=found.files, actor=self.access.user)
        return many.undo_files(files=found.files, actor=self.access.user)

    def held_again(self, ids: list[UUID]) -> list[UUID]:
        """Those that wait again, in their order."""
        rows = BatchFile.objects.filter(pk__in=ids, status=FileStatus.REVIEW)
        waiting = list(rows.order_by("received_at", "path", "pk").values_list("pk", "batch_id"))
        if waiting:
            desk.take(waiting[0][1], [pk for pk, _ in waiting], self.access.user)
        return [pk for pk, _ in waiting]

    def nothing(self) -> HttpResponse:
        """There is nothing that could be taken back in one step."""
        if PART in self.request.headers:
            return JsonResponse({"file": "", "done": 0, "refused": [], "says": _NOTHING}, status=409)
        messages.error(self.request, _NOTHING)
        return self.go_to([])

    def go_to(self, again: list[UUID]) -> HttpResponse:
        """The first of what waits again, else the queue."""
        page = reverse("batches:review_file", args=again[:1]) if again else reverse("batches:review")
        return redirect(page + Queue.of(self.request, self.access.clinic).suffix)
