"""The day's list beside what came: who is expected and has no picture, and what came for somebody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from batches.listed import expected_in
from batches.models import Batch, BatchFile, ListedPatient
from batches.states import FileStatus
from patients.directory import survivor_id


@dataclass(frozen=True)
class Comparison:
    """`without_picture` are lines of the list, `off_list` the ids of files whose patient is not on it."""

    expected: int
    without_picture: tuple[ListedPatient, ...]
    off_list: frozenset[UUID]

    @property
    def words(self) -> str:
        """`12 patients of today's list have no picture, 3 pictures have no patient on the list.`"""
        missing, extra = len(self.without_picture), len(self.off_list)
        if not (missing or extra):
            return "Every patient of today's list has a picture, and every picture its patient on the list."
        of_patients = (
            f"{missing} {'patient' if missing == 1 else 'patients'} of today's list "
            f"{'has' if missing == 1 else 'have'} no picture"
        )
        of_pictures = f"{extra} {'picture has' if extra == 1 else 'pictures have'} no patient on the list"
        if not missing:
            return f"Every patient of today's list has a picture, {of_pictures}."
        return f"{of_patients}, {of_pictures if extra else 'every picture has its patient on the list'}."


def compare(batch: Batch) -> Comparison | None:
    """The comparison, as charts and directory are now; None for a batch without a day's list."""
    lines = _one_each(expected_in(batch).select_related("patient"))
    if not lines:
        return None
    filed = _charts(batch)
    listed = {chart for line in lines if (chart := _chart(line))}
    return Comparison(
        expected=len(lines),
        without_picture=tuple(line for line in lines if _chart(line) not in filed.values()),
        off_list=frozenset(file_id for file_id, chart in filed.items() if chart not in listed),
    )


def _one_each(lines: Iterable[ListedPatient]) -> list[ListedPatient]:
    """A patient who stands on several lines, or on two lists, is expected once."""
    return list(
        {_chart(line) or (line.mrn, line.family_name, line.given_names): line for line in lines}.values()
    )


def _charts(batch: Batch) -> dict[UUID, str]:
    """The chart of each file that is in one, those included whose twin was there before."""
    is_twin = Q(status=FileStatus.DUPLICATE)
    files = BatchFile.objects.filter(Q(status=FileStatus.COMPLETED) | is_twin, batch=batch)
    rows = files.values_list("pk", "patient_id", "image__patient_id", "document__patient_id")
    found = {pk: next(filter(None, patients), None) for pk, *patients in rows}
    survivors = {patient: survivor_id(patient) for patient in set(found.values()) if patient}
    return {pk: survivors[patient] for pk, patient in found.items() if patient}


def _chart(line: ListedPatient) -> str:
    patient = line.patient
    if patient is None:
        return ""
    return survivor_id(patient.pk) if patient.merged_into_id else str(patient.pk)
