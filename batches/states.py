"""The states of a batch and of a file, and the only moves there are between them."""

from collections.abc import Mapping
from enum import StrEnum


class FileStatus(StrEnum):
    """Where one file stands on the road."""

    PENDING = "PENDING"  # named in the manifest; no byte has come
    UPLOADING = "UPLOADING"  # some bytes have come
    RECEIVED = "RECEIVED"  # every byte is safe; waits for a worker
    PROCESSING = "PROCESSING"  # a worker holds the claim
    REVIEW = "REVIEW"  # needs a person
    COMPLETED = "COMPLETED"  # in a chart
    DUPLICATE = "DUPLICATE"  # the same bytes are here already
    FAILED = "FAILED"  # cannot be used as it is; the reason is stored
    CANCELLED = "CANCELLED"  # somebody took it back


class BatchStatus(StrEnum):
    """Where a batch stands; PAUSED and SCHEDULED are flags with a time, not states."""

    PENDING = "PENDING"
    UPLOADING = "UPLOADING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


F, B = FileStatus, BatchStatus

JOINED = "joined"
"""Why a picture is CANCELLED: it is a page of the document that its folder has become, and in it for good."""

FILE_MOVES: Mapping[FileStatus, frozenset[FileStatus]] = {
    F.PENDING: frozenset({F.UPLOADING, F.RECEIVED, F.FAILED, F.CANCELLED}),
    F.UPLOADING: frozenset({F.RECEIVED, F.FAILED, F.CANCELLED}),
    # FAILED when the folder of a scan cannot become one document.
    F.RECEIVED: frozenset({F.PROCESSING, F.FAILED, F.CANCELLED}),
    # Back to RECEIVED when the environment failed, not the file; PROCESSING again when a claim has died.
    F.PROCESSING: frozenset(
        {F.PROCESSING, F.RECEIVED, F.REVIEW, F.COMPLETED, F.DUPLICATE, F.FAILED, F.CANCELLED}
    ),
    F.REVIEW: frozenset({F.COMPLETED, F.DUPLICATE, F.CANCELLED}),
    # Back to review by undo; to another chart by re-assignment.
    F.COMPLETED: frozenset({F.REVIEW, F.COMPLETED}),
    # The twin was taken back before it was filed, so these bytes are the only ones left.
    F.DUPLICATE: frozenset({F.RECEIVED}),
    F.FAILED: frozenset({F.RECEIVED, F.CANCELLED}),
    # A reviewer set it aside by mistake, and its bytes are still here.
    F.CANCELLED: frozenset({F.RECEIVED}),
}

_ENDED = frozenset({B.COMPLETED, B.PARTIAL, B.FAILED})
BATCH_MOVES: Mapping[BatchStatus, frozenset[BatchStatus]] = {
    B.PENDING: frozenset({B.UPLOADING, B.PROCESSING, B.CANCELLED, B.EXPIRED}) | _ENDED,
    B.UPLOADING: frozenset({B.PENDING, B.PROCESSING, B.CANCELLED, B.EXPIRED}) | _ENDED,
    B.PROCESSING: frozenset({B.PENDING, B.UPLOADING, B.CANCELLED, B.EXPIRED}) | _ENDED,
    # A retry, an undo, a late file or a reviewer's decision moves an ended batch again.
    **{
        ended: (_ENDED - {ended}) | {B.PENDING, B.UPLOADING, B.PROCESSING, B.CANCELLED}
        for ended in (B.COMPLETED, B.PARTIAL, B.FAILED)
    },
    B.CANCELLED: frozenset(),
    B.EXPIRED: frozenset(),
}

ON_THE_WAY = frozenset({F.PENDING, F.UPLOADING, F.RECEIVED, F.PROCESSING})
SETTLED = frozenset(F) - ON_THE_WAY
CLOSED = frozenset({B.CANCELLED, B.EXPIRED})


def file_sources(target: FileStatus) -> frozenset[FileStatus]:
    """The states from which a file may move to `target`."""
    return frozenset(source for source, targets in FILE_MOVES.items() if target in targets)


def batch_sources(target: BatchStatus) -> frozenset[BatchStatus]:
    """The states from which a batch may move to `target`."""
    return frozenset(source for source, targets in BATCH_MOVES.items() if target in targets)


def status_of_batch(counts: Mapping[FileStatus, int], *, is_started: bool) -> BatchStatus:
    """What a batch that is not closed is, judged by nothing but the counts of its files.

    UPLOADING while bytes are awaited, PROCESSING while workers have something to do, PENDING while nothing
    has come or nobody has started it; then COMPLETED says that nothing is left to do, FAILED that nothing
    succeeded, and PARTIAL that some of it did, or waits for a person.
    """
    awaited = counts.get(F.PENDING, 0) + counts.get(F.UPLOADING, 0)
    working = counts.get(F.RECEIVED, 0) + counts.get(F.PROCESSING, 0)
    if awaited:
        return B.PENDING if awaited == counts.get(F.PENDING, 0) == sum(counts.values()) else B.UPLOADING
    if working:
        return B.PROCESSING if is_started else B.PENDING
    return _status_of_settled(counts)


def _status_of_settled(counts: Mapping[FileStatus, int]) -> BatchStatus:
    failed, review = counts.get(F.FAILED, 0), counts.get(F.REVIEW, 0)
    good = counts.get(F.COMPLETED, 0) + counts.get(F.DUPLICATE, 0)
    if not sum(counts.values()):
        return B.PENDING
    if failed and not good and not review:
        return B.FAILED
    return B.PARTIAL if failed or review else B.COMPLETED
