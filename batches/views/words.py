"""The words in which pages speak of states and reasons; every status is icon, word and colour together."""

from collections.abc import Mapping
from dataclasses import dataclass

from batches.models import Batch, BatchFile
from batches.selectors import JOINED_PAGES, Progress, is_joined
from batches.states import ON_THE_WAY, BatchStatus, FileStatus
from files.kinds import LIST_KINDS


@dataclass(frozen=True)
class Badge:
    """A status as people see it: `icon` names a drawing of the sprite, `tone` a colour of the tokens."""

    word: str
    icon: str
    tone: str


FILE_BADGES: dict[FileStatus, Badge] = {
    FileStatus.PENDING: Badge("Pending", "waiting", "quiet"),
    FileStatus.UPLOADING: Badge("Uploading", "up", "busy"),
    FileStatus.RECEIVED: Badge("Received", "inbox", "busy"),
    FileStatus.PROCESSING: Badge("Processing", "gear", "busy"),
    FileStatus.REVIEW: Badge("For review", "eye", "ask"),
    FileStatus.COMPLETED: Badge("Filed", "check", "good"),
    FileStatus.DUPLICATE: Badge("Duplicate", "twin", "twin"),
    FileStatus.FAILED: Badge("Failed", "cross", "bad"),
    FileStatus.CANCELLED: Badge("Cancelled", "stop", "quiet"),
}

BATCH_BADGES: Mapping[BatchStatus, Badge] = {
    BatchStatus.PENDING: Badge("Pending", "waiting", "quiet"),
    BatchStatus.UPLOADING: Badge("Uploading", "up", "busy"),
    BatchStatus.PROCESSING: Badge("Processing", "gear", "busy"),
    BatchStatus.COMPLETED: Badge("Completed", "check", "good"),
    BatchStatus.PARTIAL: Badge("Partial", "eye", "ask"),
    BatchStatus.FAILED: Badge("Failed", "cross", "bad"),
    BatchStatus.CANCELLED: Badge("Cancelled", "stop", "quiet"),
    BatchStatus.EXPIRED: Badge("Expired", "clock", "quiet"),
}

PAUSED = Badge("Paused", "pause", "ask")
SCHEDULED = Badge("Scheduled", "clock", "quiet")

# In which order the parts of a batch are told, and how one and many are called.
_PARTS: tuple[tuple[FileStatus, str, str], ...] = (
    (FileStatus.COMPLETED, "filed", "filed"),
    (FileStatus.FAILED, "failed", "failed"),
    (FileStatus.REVIEW, "for review", "for review"),
    (FileStatus.DUPLICATE, "duplicate", "duplicates"),
    (FileStatus.CANCELLED, "cancelled", "cancelled"),
)

GROUP_BADGES: Mapping[str, Badge] = FILE_BADGES | {JOINED_PAGES: Badge("Joined", "file", "quiet")}

GROUP_HINTS: Mapping[str, str] = {
    FileStatus.FAILED: "These could not be used as they are. Each line says why and what helps.",
    FileStatus.REVIEW: "A person says whose these are; nothing is filed before.",
    FileStatus.PROCESSING: "A worker is reading these now.",
    FileStatus.UPLOADING: "Some bytes are here already; what has arrived is safe.",
    FileStatus.RECEIVED: "Whole and safe on the server; they wait for a worker.",
    FileStatus.PENDING: "Named by the sender, but not here yet.",
    FileStatus.DUPLICATE: "The same bytes are here already, so nothing was filed twice.",
    FileStatus.COMPLETED: "In their charts.",
    FileStatus.CANCELLED: "Taken back, set aside or expired. They are in no chart.",
    JOINED_PAGES: "Pages of a document that was made of them: where it is, they are.",
}

_UNTIL_START = "Whole and safe on the server; they wait until somebody presses Start."
_UNTIL_TIME = "Whole and safe on the server; they wait until the batch starts at its time."
_UNTIL_RESUME = "Whole and safe on the server; they wait until somebody resumes the batch."


def hint_of(status: str, batch: Batch) -> str:
    """What a place on the road means and what to do; files that wait for a person are not said to wait for
    a worker.
    """
    if status != FileStatus.RECEIVED or batch.is_closed:
        return GROUP_HINTS[status]
    if batch.started_at is None:
        return _UNTIL_TIME if batch.scheduled_for else _UNTIL_START
    return _UNTIL_RESUME if batch.paused_at else GROUP_HINTS[status]


def badge_of_batch(batch: Batch) -> Badge:
    """The batch's status; a pause or a set time that holds it back is said instead of a plain wait."""
    is_open = batch.status in {BatchStatus.PENDING, BatchStatus.UPLOADING, BatchStatus.PROCESSING}
    if is_open and batch.paused_at is not None:
        return PAUSED
    if batch.status == BatchStatus.PENDING and batch.scheduled_for and batch.started_at is None:
        return SCHEDULED
    return BATCH_BADGES[BatchStatus(batch.status)]


def badge_of_file(file: BatchFile) -> Badge:
    """The file's status; what a person set aside is called so, and so are cards and lists."""
    if file.status == FileStatus.CANCELLED and file.decision == "rejected":
        return Badge("Set aside", "stop", "quiet")
    if is_joined(file):
        return Badge("Page of a document", "file", "quiet")
    if file.status == FileStatus.CANCELLED and file.decision == "patient-card":
        return Badge("Patient card", "stop", "quiet")
    if file.status == FileStatus.COMPLETED and file.kind in LIST_KINDS:
        return Badge("List read", "check", "good")
    return FILE_BADGES[FileStatus(file.status)]


def sentence_of(progress: Progress) -> str:
    """`47 filed, 2 failed, 1 for review`, and how many are still on the way."""
    if not progress.total:
        return "No files yet"
    told = [(progress.counts[status], one, many) for status, one, many in _PARTS]
    told[-1] = (told[-1][0] - progress.joined, *told[-1][1:])
    told.append((progress.joined, "page joined", "pages joined"))
    parts = [f"{number} {one if number == 1 else many}" for number, one, many in told if number]
    on_the_way = sum(progress.counts[status] for status in ON_THE_WAY)
    if on_the_way:
        parts.append(f"{on_the_way} on the way")
    return ", ".join(parts)
