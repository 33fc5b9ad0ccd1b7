"""The receipt: every file that was dropped, where it is now, and the SHA-256 of its bytes; made for paper."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from batches.models import Batch
from batches.receipt import files_with_reasons
from batches.selectors import receipt_of
from batches.views.rows import FileRow, batch_row
from clinics import audit
from clinics.access import get_or_404
from clinics.views.page import Page


class ReceiptPage(Page):
    """Answers "did I lose one?"."""

    nav = "batches"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The whole list, because paper has no next page to click on."""
        rows = Batch.objects.of(self.access.clinic).select_related("created_by", "patient", "clinic")
        batch = get_or_404(rows, self.access, pk)
        audit.record("receipt-viewed", clinic=self.access.clinic, actor=self.access.user, target=batch)
        context = {
            "batch": batch,
            "files": [(FileRow(file), reason) for file, reason in files_with_reasons(batch)],
            "receipt": receipt_of(batch),
            "row": batch_row(batch),
        }
        return self.render("batches/receipt.html", context)
