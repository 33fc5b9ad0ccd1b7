"""What people have moved into a chart and out of it, merges included: told at the end of the chart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Q
from django.utils import timezone

from batches.models import ChartMove
from clinics.models import User
from patients.models import Patient, PatientMerge

_MOST_MOVES = 500
_MOST_LINES = 50
# What happened, by direction and by whether another chart has part in it.
_WORDS = {
    ("in", True): "came from the chart of",
    ("in", False): "came here from review",
    ("out", True): "went to the chart of",
    ("out", False): "left this chart and went back to review",
}


@dataclass(frozen=True)
class Line:
    """One line; `other` is the other chart, if there is one, and no `actor` means Intake itself."""

    at: datetime
    icon: str
    words: str
    other: Patient | None
    actor: User | None
    reason: str


def history_of(patient: Patient) -> list[Line]:
    """The last [50] lines, newest first; what one person moved at once for one reason is one line."""
    lines = [*_moves(patient), *_merges(patient)]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:_MOST_LINES]


def _moves(patient: Patient) -> Iterable[Line]:
    of_chart = Q(from_patient=patient) | Q(to_patient=patient)
    moves = ChartMove.objects.filter(of_chart).select_related("actor", "from_patient", "to_patient")
    for _, same in groupby(moves[:_MOST_MOVES], key=_together):
        yield _line(patient, list(same))


def _together(move: ChartMove) -> tuple[object, ...]:
    day = timezone.localtime(move.at).date()
    return move.code, move.from_patient_id, move.to_patient_id, move.actor_id, move.reason, day


def _line(patient: Patient, moves: list[ChartMove]) -> Line:
    last = moves[0]
    is_in = last.to_patient_id == patient.pk
    other = last.from_patient if is_in else last.to_patient
    words = _WORDS["in" if is_in else "out", other is not None]
    icon = "right" if is_in else "left"
    return Line(last.at, icon, f"{_count(moves)} {words}", other, last.actor, last.reason)


def _count(moves: list[ChartMove]) -> str:
    pictures = sum(move.record_kind == "image" for move in moves)
    parts = ((pictures, "picture"), (len(moves) - pictures, "document"))
    return " and ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, word in parts if number)


def _merges(patient: Patient) -> Iterable[Line]:
    of_chart = Q(merged=patient) | Q(survivor=patient)
    merges = PatientMerge.objects.filter(of_chart).select_related(
        "merged", "survivor", "merged_by", "unmerged_by"
    )
    for merge in merges:
        is_survivor = merge.survivor_id == patient.pk
        other = merge.merged if is_survivor else merge.survivor
        words = "This record absorbed the record of" if is_survivor else "This record was merged into that of"
        yield Line(merge.merged_at, "twin", words, other, merge.merged_by, merge.reason)
        if merge.unmerged_at is not None:
            yield Line(
                merge.unmerged_at,
                "undo",
                "Taken apart again from the record of",
                other,
                merge.unmerged_by,
                "",
            )
