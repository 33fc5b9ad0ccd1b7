"""A batch's page and the part of it that keeps itself up to date."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from batches.actions.batch import cancel_batch
from batches.actions.undo import undo_in_progress
from batches.forms import AboutForm
from batches.models import Batch, BatchFile
from batches.selectors import unseen_cards
from batches.states import ON_THE_WAY, BatchStatus, FileStatus
from batches.views.chart import types_in
from batches.views.new import uploader_facts
from batches.views.rows import BatchRow, batch_row, groups_of
from batches.views.verb import BatchVerb
from clinics.access import get_or_404
from clinics.views.page import Page
from documents.models import Document

_POLL_BUSY_SECONDS = 2
_POLL_QUIET_SECONDS = 10
_QUIET_AFTER = timedelta(minutes=1)


class BatchPage(Page):
    """What was dropped, where each file stands, and what can be done about it."""

    nav = "batches"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The whole page."""
        batch = self.batch(pk)
        row = batch_row(batch)
        context = live_context(request, row) | {
            "can": allowed_verbs(row),
            "about": AboutForm.of(batch),
            "uploader": uploader_facts(self.access),
        }
        return self.render("batches/batch.html", context)

    def batch(self, pk: UUID) -> Batch:
        """The batch, if it is this clinic's."""
        rows = Batch.objects.of(self.access.clinic).select_related("clinic", "created_by", "patient")
        return get_or_404(rows, self.access, pk)


class Live(BatchPage):
    """The part that polls: 204 while nothing has changed since the version that the page shows."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The fragment, or nothing."""
        batch = self.batch(pk)
        if request.GET.get("v") == token_of(batch):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        row = batch_row(batch)
        context = live_context(request, row) | {"can": allowed_verbs(row)}
        return self.render("batches/_live.html", context)


class Cancel(BatchVerb):
    """Asks once more, saying what will happen, before a batch is cancelled."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The question."""
        row = batch_row(self.batch)
        if not allowed_verbs(row)["cancel"]:
            return redirect(self.target(request))
        counts = row.progress.counts
        context = {
            "row": row,
            "lost": sum(counts[status] for status in ON_THE_WAY),
            "review": counts[FileStatus.REVIEW],
            "filed": counts[FileStatus.COMPLETED],
        }
        return self.render("batches/cancel.html", context)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Cancel."""
        taken = cancel_batch(batch=self.batch, actor=self.access.user)
        return f"Cancelled. {taken} {'file was' if taken == 1 else 'files were'} taken back."


def live_context(request: HttpRequest, row: BatchRow) -> dict[str, Any]:
    """What the part that polls shows, and how soon it asks again; 0 seconds: never."""
    shown, type_code = request.GET.get("show", ""), request.GET.get("type", "")
    return {
        "row": row,
        "batch": row.batch,
        "progress": row.progress,
        "groups": groups_of(row.batch, shown=shown, page=request.GET.get("page"), type_code=type_code),
        "type_code": type_code,
        "types": types_in(Document.objects.filter(pk__in=documents_of(row.batch))),
        "shown": shown,
        "page_number": request.GET.get("page", ""),
        "poll_seconds": poll_seconds(row.batch),
        "token": token_of(row.batch),
        "undoing": undo_in_progress(row.batch),
        "unseen_cards": unseen_cards(row.batch).count(),
        "missing": row.progress.counts[FileStatus.PENDING] + row.progress.counts[FileStatus.UPLOADING],
    }


def documents_of(batch: Batch) -> QuerySet[BatchFile, UUID | None]:
    """What the files of the batch have become, or are duplicates of."""
    files = BatchFile.objects.filter(batch=batch, document__isnull=False)
    return files.values_list("document_id", flat=True)


def has_retriable(batch: Batch) -> bool:
    """Is there a failed file whose bytes are here? One that was refused before its bytes came has none."""
    return BatchFile.objects.filter(batch=batch, status=FileStatus.FAILED).exclude(storage_key="").exists()


def token_of(batch: Batch) -> str:
    """What a page has seen: the version, and how often it asks; another token means another fragment."""
    return f"{batch.version}-{poll_seconds(batch)}"


def poll_seconds(batch: Batch) -> int:
    """Soon while something has moved lately, seldom while the batch waits, never once it has ended, unless it
    is being taken back.
    """
    if batch.ended_at is not None:
        return _POLL_BUSY_SECONDS if batch.undos.filter(ended_at=None).exists() else 0
    is_moving = timezone.now() - batch.touched_at < _QUIET_AFTER
    return _POLL_BUSY_SECONDS if is_moving else _POLL_QUIET_SECONDS


def allowed_verbs(row: BatchRow) -> dict[str, bool]:
    """Which buttons make sense now; the actions themselves refuse what does not."""
    batch, counts = row.batch, row.progress.counts
    is_open = batch.status in {BatchStatus.PENDING, BatchStatus.UPLOADING, BatchStatus.PROCESSING}
    return {
        "start": is_open and batch.started_at is None and counts[FileStatus.RECEIVED] > 0,
        "pause": is_open and batch.started_at is not None and batch.paused_at is None,
        "resume": is_open and batch.paused_at is not None,
        "retry": not batch.is_closed and counts[FileStatus.FAILED] > 0 and has_retriable(batch),
        "cancel": is_open,
        "undo": counts[FileStatus.COMPLETED] > 0,
        "patient": batch.started_at is None and not batch.is_closed,
        "add": not batch.is_closed,
    }
