"""Review: the files that need a person, one after the other, each with its candidates and why."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from batches.actions.review import assign_file, reject_file, undo_file
from batches.models import BatchFile, FileEvent
from batches.states import FileStatus
from batches.views.candidates import candidates_of, twin_of
from batches.views.deciders import taken_out
from batches.views.queue import Queue
from batches.views.rows import FileRow
from batches.views.verb import FileVerb
from clinics.access import REVIEW, get_or_404
from clinics.views.page import Page
from patients.models import Patient
from patients.search import search

_ROWS = 50
_FOUND = 8
_WITH = ("batch", "patient", "decided_by", "image__twin_of__patient", "document__twin_of__patient")


class ReviewList(Page):
    """Every file that waits, the longest waiting first."""

    needs = REVIEW
    nav = "review"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The queue, a page at a time."""
        queue = Queue.of(request, self.access.clinic)
        page = Paginator(queue.files, _ROWS).get_page(request.GET.get("page"))
        context = {
            "first": queue.files.first(),
            "last": last_decision(self.access.user.pk),
            "page": page,
            "query": queue.query,
            "queue": queue,
            "rows": [FileRow(file) for file in page],
        }
        return self.render("batches/review_list.html", context)


class ReviewFile(Page):
    """One file: the picture, who it could be, why, and the decision."""

    needs = REVIEW
    nav = "review"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The file; one that was decided meanwhile says how."""
        queue = Queue.of(request, self.access.clinic)
        rows = BatchFile.objects.of(self.access.clinic).select_related(*_WITH)
        file = get_or_404(rows, self.access, pk)
        words = request.GET.get("q", "").strip()
        context = {
            "candidates": candidates_of(file, self.access.clinic),
            "file": file,
            "found": self.found(words),
            "is_waiting": file.status == FileStatus.REVIEW,
            "last": last_decision(self.access.user.pk),
            "next": queue.after(file),
            "q": words,
            "queue": queue,
            "row": FileRow(file),
            "taken_out": taken_out(file),
            "twin": twin_of(file),
            "waiting": queue.files.count(),
        }
        return self.render("batches/review_file.html", context)

    def found(self, words: str) -> list[Patient]:
        """The first [8] patients that the person's own search finds."""
        living = Patient.objects.of(self.access.clinic).living()
        return list(search(living, words)[:_FOUND]) if words else []


class Decision(FileVerb):
    """A decision about one file; afterwards comes the next one."""

    needs = REVIEW

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """The next file of the queue that the person is working through, or the queue when it is empty."""
        queue = Queue.of(request, self.access.clinic)
        following = queue.after(self.file)
        if following is None:
            return reverse("batches:review") + queue.suffix
        return reverse("batches:review_file", args=[following.pk]) + queue.suffix


class Assign(Decision):
    """The file is this patient's."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """File it; the next page names the file and the patient, which no message may."""
        living = Patient.objects.of(self.access.clinic).living()
        patient = get_or_404(living, self.access, request.POST.get("patient"))
        assign_file(file=self.file, patient=patient, actor=self.access.user)
        return ""


class Reject(Decision):
    """The file belongs in no chart."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Set it aside."""
        reject_file(file=self.file, actor=self.access.user, reason=request.POST.get("reason", "")[:500])
        return "Set aside. It is in no chart."


class UndoLast(FileVerb):
    """A filing that a person has just made goes back to review, and its page opens."""

    needs = REVIEW

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take it back."""
        undo_file(file=self.file, actor=self.access.user)
        return "Taken back. The file waits for review again."

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """The file's own page."""
        queue = Queue.of(request, self.access.clinic)
        return reverse("batches:review_file", args=[self.file.pk]) + queue.suffix


def last_decision(user_id: UUID) -> BatchFile | None:
    """What this person filed last, if it is still filed."""
    event = (
        FileEvent.objects.filter(actor_id=user_id, code="assigned", file__status=FileStatus.COMPLETED)
        .select_related("file__batch", "file__patient")
        .order_by("-id")
        .first()
    )
    return event.file if event else None
