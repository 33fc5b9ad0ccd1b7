"""How well the road runs: what became of the files of a period and how long they took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncWeek

from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import Clinic

_COUNTED = {
    "filed": FileStatus.COMPLETED,
    "review": FileStatus.REVIEW,
    "duplicate": FileStatus.DUPLICATE,
    "failed": FileStatus.FAILED,
    "cancelled": FileStatus.CANCELLED,
}
_NUMBERS: dict[str, Any] = {
    "files": Count("pk"),
    **{name: Count("pk", filter=Q(status=status)) for name, status in _COUNTED.items()},
    "seconds": Avg(ExpressionWrapper(F("processed_at") - F("received_at"), output_field=DurationField())),
}


@dataclass(frozen=True)
class Line:
    """One group of files.

    `success_rate` is the share, 0..1, filed or known already of those neither on the way nor cancelled;
    `mean_seconds` is the time from the last byte to the end of the processing. None where there are none.
    """

    key: str
    files: int
    filed: int
    review: int
    duplicate: int
    failed: int
    cancelled: int
    success_rate: float | None
    mean_seconds: float | None


@dataclass(frozen=True)
class Analytics:
    """One period of one clinic."""

    total: Line
    batches: Mapping[str, int]
    by_source: Sequence[Line]
    by_week: Sequence[Line]


def analyse(clinic: Clinic, first: date, last: date) -> Analytics:
    """The batches made from `first` to `last`, both days (UTC) included."""
    start = datetime.combine(first, time.min, tzinfo=UTC)
    end = datetime.combine(last, time.max, tzinfo=UTC)
    batches = Batch.objects.of(clinic).filter(created_at__range=(start, end))
    files = BatchFile.objects.filter(batch__in=batches).order_by()
    weekly = files.annotate(week=TruncWeek("batch__created_at", tzinfo=UTC))
    return Analytics(
        total=_line("total", files.aggregate(**_NUMBERS)),
        batches=dict(batches.order_by("status").values_list("status").annotate(Count("pk"))),
        by_source=_lines("batch__source", files.values("batch__source").annotate(**_NUMBERS)),
        by_week=_lines("week", weekly.values("week").annotate(**_NUMBERS)),
    )


def _lines(by: str, rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    return sorted((_line(_key(row[by]), row) for row in rows), key=lambda line: line.key)


def _key(value: str | datetime) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else value


def _line(key: str, row: Mapping[str, Any]) -> Line:
    good = row["filed"] + row["duplicate"]
    judged = good + row["review"] + row["failed"]
    return Line(
        key=key,
        files=row["files"],
        **{name: row[name] for name in _COUNTED},
        success_rate=good / judged if judged else None,
        mean_seconds=row["seconds"].total_seconds() if row["seconds"] is not None else None,
    )
