"""Reads that cross the apps: counts, progress, receipts, and what still waits for a worker."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Now

from batches.models import Batch, BatchFile, BatchQuerySet, Start
from batches.states import CLOSED, JOINED, ON_THE_WAY, SETTLED, BatchStatus, FileStatus
from batches.transitions import counts_of
from clinics.models import Clinic
from files.kinds import LIST_KINDS

# What asks for a person comes first on every page.
_ATTENTION = [
    FileStatus.FAILED,
    FileStatus.REVIEW,
    FileStatus.PROCESSING,
    FileStatus.UPLOADING,
    FileStatus.RECEIVED,
    FileStatus.PENDING,
    FileStatus.DUPLICATE,
    FileStatus.COMPLETED,
    FileStatus.CANCELLED,
]

JOINED_PAGES = "JOINED"
"""Where pages stand that have become a document: no state of its own, but another thing than cancelled."""

_IS_JOINED = Q(status=FileStatus.CANCELLED, decision=JOINED)


@dataclass(frozen=True)
class Progress:
    """A batch in numbers; `fraction` is the settled share of its files, 0..1.

    `joined` of the cancelled ones are pages of documents that were made of them, and are told as those.
    """

    counts: dict[FileStatus, int]
    total: int
    settled: int
    joined: int = 0

    @property
    def total_apart(self) -> int:
        """All but joined pages."""
        return self.total - self.joined

    @property
    def settled_apart(self) -> int:
        """All that are settled but joined pages."""
        return self.settled - self.joined

    @property
    def fraction(self) -> float:
        """How much of the batch is settled; 0 for an empty one."""
        return self.settled / self.total if self.total else 0.0

    @property
    def percent(self) -> int:
        """The same in whole percent, rounded down so that 100 means all of it."""
        return int(100 * self.fraction)


@dataclass(frozen=True)
class Receipt:
    """Where every dropped file is; `adds_up` must never be false.

    `joined` pages have become the `made` documents, which are among the filed, held and so on in their place.

    `lists` of the filed ones are lists of patients, which were read and are in no chart; `cards` of the
    cancelled ones are patient cards.
    """

    dropped: int
    joined: int
    made: int
    filed: int
    review: int
    duplicate: int
    failed: int
    cancelled: int
    on_the_way: int
    lists: int
    cards: int

    @property
    def adds_up(self) -> bool:
        """Dropped - joined + made = filed + review + duplicate + failed + cancelled + still on the way."""
        parts = self.filed + self.review + self.duplicate + self.failed + self.cancelled + self.on_the_way
        return self.dropped - self.joined + self.made == parts

    @property
    def words(self) -> str:
        """The sum as people read it; "on the way" only where something is."""
        joined = f" − {self.joined} joined into {_documents(self.made)} + {_documents(self.made)}"
        return (
            f"{self.dropped} dropped{joined if self.made else ''} = {self.filed} filed"
            f" + {self.review} for review + {self.duplicate} duplicate{'' if self.duplicate == 1 else 's'}"
            f" + {self.failed} failed + {self.cancelled} cancelled"
            f"{f' + {self.on_the_way} on the way' if self.on_the_way else ''}"
        )


def _documents(number: int) -> str:
    return f"{number} document{'' if number == 1 else 's'}"


def is_joined(file: BatchFile) -> bool:
    """Has it become a page of a document that was made here?"""
    return file.status == FileStatus.CANCELLED and file.decision == JOINED


def progress_of(batch_id: UUID) -> Progress:
    """The counts of one batch, from its files."""
    return progress_of_many([batch_id]).get(batch_id, Progress(dict.fromkeys(FileStatus, 0), 0, 0))


def progress_of_many(batch_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """The counts of several batches by one grouped query, for a list."""
    rows = (
        BatchFile.objects.filter(batch_id__in=list(batch_ids))
        .order_by()
        .values_list("batch_id", "status")
        .annotate(number=Count("pk"), joined=Count("pk", filter=_IS_JOINED))
    )
    found: dict[UUID, dict[FileStatus, int]] = {}
    joined: Counter[UUID] = Counter()
    for batch_id, status, number, pages in rows:
        found.setdefault(batch_id, dict.fromkeys(FileStatus, 0))[FileStatus(status)] = number
        joined[batch_id] += pages
    return {
        pk: Progress(
            counts, sum(counts.values()), sum(counts[status] for status in SETTLED), joined=joined[pk]
        )
        for pk, counts in found.items()
    }


def receipt_of(batch: Batch) -> Receipt:
    """What was dropped and where it is now, by one query, so that it adds up at any moment."""
    counts = counts_of(batch.pk)
    files = BatchFile.objects.filter(batch=batch)
    special = files.aggregate(
        lists=Count("pk", filter=Q(status=FileStatus.COMPLETED, kind__in=LIST_KINDS)),
        cards=Count("pk", filter=Q(status=FileStatus.CANCELLED, card__isnull=False)),
        joined=Count("pk", filter=_IS_JOINED),
    )
    made = documents_made(batch)
    return Receipt(
        dropped=sum(counts.values()) - made,
        made=made,
        filed=counts[FileStatus.COMPLETED],
        review=counts[FileStatus.REVIEW],
        duplicate=counts[FileStatus.DUPLICATE],
        failed=counts[FileStatus.FAILED],
        cancelled=counts[FileStatus.CANCELLED] - special["joined"],
        on_the_way=sum(counts[status] for status in ON_THE_WAY),
        **special,
    )


def documents_made(batch: Batch) -> int:
    """How many folders have become a document, also where a page of theirs was brought back since."""
    if not batch.join_scans:
        return 0
    pages = BatchFile.objects.filter(batch=batch, events__code=JOINED)
    return len({path.rpartition("/")[0] for path in pages.values_list("path", flat=True)})


def unseen_cards(batch: Batch) -> "QuerySet[BatchFile]":
    """What was taken for a patient card and is in no chart, and nobody has confirmed that it is one."""
    aside = BatchFile.objects.filter(batch=batch, status=FileStatus.CANCELLED, decision="patient-card")
    return aside.filter(card__seen_at=None, card__isnull=False).order_by("card__captured_at", "path")


def files_by_attention(batch: Batch) -> list[tuple[str, "QuerySet[BatchFile]"]]:
    """The files of a batch, state by state, failed and review first; states without files are left out.

    Pages that were joined into a document stand apart, under `JOINED_PAGES`.
    """
    counts = counts_of(batch.pk)
    files = (
        BatchFile.objects.filter(batch=batch).select_related("patient", "image", "document").order_by("path")
    )
    standing: list[tuple[str, QuerySet[BatchFile]]] = [
        (status, files.filter(status=status)) for status in _ATTENTION if counts[status]
    ]
    if not batch.join_scans or not counts[FileStatus.CANCELLED]:
        return standing
    aside = standing.pop()[1]
    apart: list[tuple[str, QuerySet[BatchFile]]] = [
        (JOINED_PAGES, aside.filter(decision=JOINED)),
        (FileStatus.CANCELLED, aside.exclude(decision=JOINED)),
    ]
    return [*standing, *((key, rows) for key, rows in apart if rows.exists())]


def review_queue(clinic: Clinic) -> "QuerySet[BatchFile]":
    """Every file of the clinic that needs a person, the longest waiting first."""
    return (
        BatchFile.objects.of(clinic)
        .filter(status=FileStatus.REVIEW)
        .select_related("batch", "image", "document")
        .order_by("received_at", "path")
    )


def batch_counts(clinic: Clinic) -> dict[str, int]:
    """How many batches of the clinic stand where."""
    found = dict(Batch.objects.of(clinic).order_by().values_list("status").annotate(Count("pk")))
    return {status: found.get(status, 0) for status in BatchStatus}


def lost_files(queue: str, *, named: Container[UUID]) -> list[UUID]:
    """Files of one queue that wait for a worker and that no message will bring there.

    `named` are the files of which a message in the queue speaks. A message that a worker has taken out does
    not count: either its file is in work a moment later, or it died with the worker. A file that was rung for
    within the last [10] s is left alone; a doubled message finds the claim taken.
    """
    recent = Q(sent_at__gte=Now() - timedelta(seconds=settings.INTAKE_SENT_SECONDS))
    waiting = _waiting_files().filter(batch__priority=queue).exclude(recent)
    return [pk for pk in waiting.values_list("pk", flat=True) if pk not in named]


def _waiting_files() -> "QuerySet[BatchFile]":
    """Received files that a worker may take now, and those whose worker has died."""
    may_run = Q(batch__started_at__isnull=False, batch__paused_at__isnull=True) & ~Q(batch__status__in=CLOSED)
    is_due = Q(retry_at__isnull=True) | Q(retry_at__lte=Now())
    is_waiting = Q(status=FileStatus.RECEIVED) & is_due
    is_orphan = Q(status=FileStatus.PROCESSING, lease_until__lt=Now())
    return BatchFile.objects.filter(may_run, is_waiting | is_orphan)


def complete_but_not_received() -> "QuerySet[BatchFile]":
    """Uploads whose last byte is safe but whose server died before it could say so."""
    unfinished = Q(status__in={FileStatus.PENDING, FileStatus.UPLOADING}, offset=F("size"))
    return BatchFile.objects.filter(unfinished).exclude(storage_key="").select_related("batch")


def due_batches(now: datetime) -> BatchQuerySet:
    """Scheduled batches whose hour has come."""
    return Batch.objects.filter(
        start=Start.SCHEDULED, started_at__isnull=True, scheduled_for__lte=now
    ).exclude(status__in=CLOSED)


def stale_batches(now: datetime) -> BatchQuerySet:
    """Batches that were never finished and whose time is over."""
    return Batch.objects.filter(status__in={BatchStatus.PENDING, BatchStatus.UPLOADING}, expires_at__lte=now)


def batches_to_warn(now: datetime, before: timedelta) -> BatchQuerySet:
    """Batches that will expire within `before` and whose owner has not been told."""
    return Batch.objects.filter(
        status__in={BatchStatus.PENDING, BatchStatus.UPLOADING},
        expires_at__lte=now + before,
        expires_at__gt=now,
        expiry_warned_at__isnull=True,
    )
