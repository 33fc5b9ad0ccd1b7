"""Signs of life from the review desk: a group is held on, or let go."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from batches import desk
from batches.groups import MOST_FILES
from batches.models import BatchFile
from batches.states import FileStatus
from batches.views.queue import uuid_in
from clinics.access import REVIEW
from clinics.views.page import Page


class Hold(Page):
    """A sign of life: the reviewer goes on holding a group."""

    needs = REVIEW
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> JsonResponse:
        """Whether it is still theirs; some of it may be decided already."""
        ids = _named(request)
        rows = BatchFile.objects.of(self.access.clinic).filter(pk__in=ids, status=FileStatus.REVIEW)
        waiting = list(rows.values_list("pk", "batch_id"))
        is_held = bool(waiting) and desk.take(waiting[0][1], [pk for pk, _ in waiting], self.access.user)
        return JsonResponse({"held": is_held})


class Release(Page):
    """The reviewer leaves: what they held is free for others at once."""

    needs = REVIEW
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sent by the browser when the page goes; nobody reads the answer."""
        desk.release(self.access.clinic, _named(request), self.access.user)
        return HttpResponse(status=204)


def _named(request: HttpRequest) -> list[UUID]:
    named = request.POST.getlist("file")[: 2 * MOST_FILES]
    return [pk for text in named if (pk := uuid_in(text))]
