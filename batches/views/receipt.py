"""The receipt: every file that was dropped, where it is now, and the SHA-256 of its bytes; made for paper."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from batches.comparison import Comparison, compare
from batches.context import card_owners
from batches.models import Batch
from batches.receipt import files_with_reasons
from batches.selectors import receipt_of
from batches.views.rows import FileRow, batch_row
from clinics import audit
from clinics.access import get_or_404
from clinics.views.page import Page
from patients.models import Patient

_MOST_NAMED = 200


@dataclass(frozen=True)
class ReceiptLine:
    """One file on paper: `reason` says why it is in no chart, `card_owner` whose card it is."""

    shown: FileRow
    reason: str
    card_owner: Patient | None
    is_off_list: bool


class ReceiptPage(Page):
    """Answers "did I lose one?"."""

    nav = "batches"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The whole list, because paper has no next page to click on."""
        rows = Batch.objects.of(self.access.clinic).select_related("created_by", "patient", "clinic")
        batch = get_or_404(rows, self.access, pk)
        audit.record("receipt-viewed", clinic=self.access.clinic, actor=self.access.user, target=batch)
        compared = compare(batch)
        context = {
            "batch": batch,
            "compared": compared,
            "files": _lines(batch, compared),
            "missing": compared.first_without_picture(_MOST_NAMED) if compared else (),
            "receipt": receipt_of(batch),
            "row": batch_row(batch),
        }
        return self.render("batches/receipt.html", context)


def _lines(batch: Batch, compared: Comparison | None) -> list[ReceiptLine]:
    owners = card_owners(batch)
    off_list = compared.off_list if compared else frozenset()
    return [
        ReceiptLine(FileRow(file), reason, owners.get(file.pk), file.pk in off_list)
        for file, reason in files_with_reasons(batch)
    ]
