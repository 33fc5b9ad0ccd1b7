"""The receipt of a batch: what was dropped and where each file is, for the page, for programs and as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from batches.comparison import Comparison, compare
from batches.context import PATIENT_CARD
from batches.listed import sums_of
from batches.models import Batch, BatchFile, FileEvent
from batches.selectors import is_joined
from batches.states import JOINED, FileStatus
from batches.verdict import DECIDED_BEFORE
from files.kinds import LIST_KINDS
from files.tables import Cell, write_csv
from patients.models import Patient

# Each status under the word that the sum at the head of the receipt uses.
OUTCOMES: dict[FileStatus, str] = {
    FileStatus.COMPLETED: "filed",
    FileStatus.REVIEW: "review",
    FileStatus.DUPLICATE: "duplicate",
    FileStatus.FAILED: "failed",
    FileStatus.CANCELLED: "cancelled",
}
ON_THE_WAY = "on the way"
COLUMNS = (
    "path",
    "size_bytes",
    "sha256",
    "status",
    "outcome",
    "record_number",
    "patient",
    "confidence",
    "error_code",
    "error_message",
    "received_at",
    "processed_at",
    "reason",
    "on_list",
)
_WITH = ("patient", "image__patient", "image__twin_of", "document__patient", "document__twin_of")
_ENDS = {"removed": "Removed", "cancelled": "Cancelled with its batch", "rejected": "Set aside"}
_CARD = "A patient card: it says whose the pictures after it are, and is kept out of charts."
_CARD_WITHOUT_TIME = "A patient card without a time, which says nothing about others; kept out of charts."


@dataclass(frozen=True)
class ReceiptRow:
    """One dropped file: what came, its fingerprint, and where it is now."""

    path: str
    size_bytes: int
    sha256: str
    status: FileStatus
    patient: Patient | None
    confidence: float | None
    error_code: str
    error_message: str
    received_at: datetime | None
    processed_at: datetime | None
    reason: str
    on_list: bool | None = None
    is_joined: bool = False

    @property
    def outcome(self) -> str:
        """The word under which the file is counted."""
        return JOINED if self.is_joined else OUTCOMES.get(self.status, ON_THE_WAY)


def rows_of(batch: Batch) -> Iterator[ReceiptRow]:
    """Every file of the batch by path; none is left out, so that the sum adds up."""
    compared = compare(batch)
    return (_row(file, reason, compared) for file, reason in files_with_reasons(batch))


def files_with_reasons(batch: Batch) -> Iterator[tuple[BatchFile, str]]:
    """Every file of the batch by path, and why it is in no chart; "" for one that is filed."""
    ends = _ends_of(batch)
    files = BatchFile.objects.filter(batch=batch).select_related(*_WITH).order_by("path", "id")
    return ((file, _reason(file, ends.get(file.pk))) for file in files.iterator(chunk_size=500))


def csv_of(batch: Batch) -> Iterator[str]:
    """The same rows as lines of CSV, the names of the columns first; no cell can become a formula."""
    return write_csv(COLUMNS, (_cells(row) for row in rows_of(batch)))


def review_reason(file: BatchFile) -> str:
    """Why this file waits for a person, as a sentence."""
    record = file.image or file.document
    what = "document" if file.document else "picture"
    if file.decision == "undone":
        return "It was taken out of a chart and needs its right patient."
    if file.evidence.get("reason") == DECIDED_BEFORE:
        return str(file.evidence["words"])
    if record is not None and record.twin_of is not None:
        is_filed = record.twin_of.patient_id is not None
        where = "is filed under another patient" if is_filed else "waits for review as well"
        return f"The same {what} {where}."
    if file.evidence.get("decision") == "assign":
        return "The patient it was meant for was merged or removed meanwhile."
    return file.evidence.get("words") or "Nothing in the file says whose it is."


def _reason(file: BatchFile, end: FileEvent | None) -> str:
    match FileStatus(file.status):
        case FileStatus.COMPLETED:
            return sums_of(file).words if file.kind in LIST_KINDS else ""
        case FileStatus.REVIEW:
            return review_reason(file)
        case FileStatus.DUPLICATE:
            return _twin_reason(file)
        case FileStatus.CANCELLED:
            return _end_reason(file, end)
    return file.error_message


def _twin_reason(file: BatchFile) -> str:
    """Where the record with the same bytes is."""
    twin = file.image or file.document
    if twin is None:
        return "The same bytes came before, and were taken back since. Send it again if it is wanted."
    place = f"filed under {twin.patient.display_name} ({twin.patient.mrn})" if twin.patient else "in review"
    return f"The same {'document' if file.document else 'picture'} is {twin.source_name}, {place}."


def _end_reason(file: BatchFile, end: FileEvent | None) -> str:
    """Who took the file back, and why if that was said."""
    if end is not None and end.code == PATIENT_CARD:
        return _CARD if file.taken_at else _CARD_WITHOUT_TIME
    if end is not None and end.code == JOINED:
        return f"A page of the document {file.path.rpartition('/')[0]}.pdf."
    if end is None or end.code not in _ENDS:
        return "It did not arrive in time." if end and end.code == "expired" else "Taken back."
    who = f" by {end.actor.get_full_name() or end.actor.username}" if end.actor else ""
    return f"{_ENDS[end.code]}{who}{f': {end.reason}' if end.reason else '.'}"


def _ends_of(batch: Batch) -> dict[UUID, FileEvent]:
    """How each file that was taken back came to that, the last time counts."""
    events = FileEvent.objects.filter(batch=batch, to_status=FileStatus.CANCELLED).select_related("actor")
    return {event.file_id: event for event in events.order_by("id")}


def _row(file: BatchFile, reason: str, compared: Comparison | None) -> ReceiptRow:
    is_filed = file.status == FileStatus.COMPLETED and file.patient_id is not None
    return ReceiptRow(
        path=file.path,
        size_bytes=file.size,
        sha256=file.sha256_as_sent,
        status=FileStatus(file.status),
        patient=file.patient,
        confidence=file.confidence,
        error_code=file.error_code,
        error_message=file.error_message,
        received_at=file.received_at,
        processed_at=file.processed_at,
        reason=reason,
        on_list=file.pk not in compared.off_list if compared and is_filed else None,
        is_joined=is_joined(file),
    )


def _cells(row: ReceiptRow) -> list[Cell]:
    return [
        row.path,
        row.size_bytes,
        row.sha256,
        row.status,
        row.outcome,
        row.patient.mrn if row.patient else "",
        row.patient.display_name if row.patient else "",
        "" if row.confidence is None else f"{row.confidence:.4f}",
        row.error_code,
        row.error_message,
        row.received_at,
        row.processed_at,
        row.reason,
        row.on_list,
    ]
