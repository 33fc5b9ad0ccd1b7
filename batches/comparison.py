"""The day's list beside what came: who is expected and has no picture, and what came for somebody else.

A list can be a whole directory: its lines are counted by the database and named a few at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from batches.listed import expected_in
from batches.models import Batch, BatchFile, ListedPatient
from batches.states import FileStatus
from patients.directory import survivor_id

_LINES_AT_ONCE = 2_000


@dataclass(frozen=True)
class Comparison:
    """`missing` counts the patients of the list without a picture; `off_list` are the ids of files whose
    patient is not on it; `waiting` counts those in review, which have no patient yet.
    """

    batch: Batch
    expected: int
    missing: int
    off_list: frozenset[UUID]
    waiting: int
    filed: frozenset[str]

    def without_picture(self) -> Iterator[ListedPatient]:
        """The lines of the list without a picture, in its order."""
        return (line for line in _one_each(self.batch) if _chart(line) not in self.filed)

    def first_without_picture(self, number: int) -> list[ListedPatient]:
        """The first so many of them."""
        return list(islice(self.without_picture(), number))

    @property
    def words(self) -> str:
        """`12 patients of today's list have no picture, 3 pictures have no patient on the list. 5 pictures
        wait for a decision, so they have no patient yet.`
        """
        return f"{self._of_filed} {self._of_waiting}".strip()

    @property
    def _of_filed(self) -> str:
        missing, extra = self.missing, len(self.off_list)
        every = "every filed picture" if self.waiting else "every picture"
        if not (missing or extra):
            return f"Every patient of today's list has a picture, and {every} its patient on the list."
        of_patients = (
            f"{missing} {'patient' if missing == 1 else 'patients'} of today's list "
            f"{'has' if missing == 1 else 'have'} no picture"
        )
        filed = "filed " if self.waiting else ""
        of_pictures = (
            f"{extra} {filed}{'picture has' if extra == 1 else 'pictures have'} no patient on the list"
        )
        if not missing:
            return f"Every patient of today's list has a picture, {of_pictures}."
        return f"{of_patients}, {of_pictures if extra else f'{every} has its patient on the list'}."

    @property
    def _of_waiting(self) -> str:
        if not self.waiting:
            return ""
        if self.waiting == 1:
            return "1 picture waits for a decision, so it has no patient yet."
        return f"{self.waiting} pictures wait for a decision, so they have no patient yet."


def compare(batch: Batch) -> Comparison | None:
    """The comparison, as charts and directory are now; None for a batch without a day's list."""
    lines = expected_in(batch)
    if not lines.exists():
        return None
    charts = _charts(batch)
    filed = frozenset(charts.values())
    listed = _listed_among(lines, filed)
    expected = _expected(lines)
    return Comparison(
        batch=batch,
        expected=expected,
        missing=expected - len(listed),
        off_list=frozenset(file_id for file_id, chart in charts.items() if chart not in listed),
        waiting=BatchFile.objects.filter(batch=batch, status=FileStatus.REVIEW).count(),
        filed=filed,
    )


def _expected(lines: "QuerySet[ListedPatient]") -> int:
    """How many people the list names; one who stands on several lines, or under two numbers, is one."""
    known = lines.filter(patient__isnull=False)
    own = known.filter(patient__merged_into=None).order_by().values_list("patient", flat=True).distinct()
    merged = known.exclude(patient__merged_into=None).order_by().values_list("patient", flat=True).distinct()
    survivors = {survivor_id(patient_id) for patient_id in merged}
    there = {str(each) for each in own.filter(patient__in=[UUID(each) for each in survivors])}
    strangers = lines.filter(patient=None).order_by().values("mrn", "family_name", "given_names").distinct()
    return own.count() + len(survivors - there) + strangers.count()


def _listed_among(lines: "QuerySet[ListedPatient]", charts: frozenset[str]) -> frozenset[str]:
    """Which of these charts' patients are on the list."""
    ids = [UUID(chart) for chart in charts]
    on_list = Q(patient__in=ids) | ~Q(patient__merged_into=None)
    found = lines.filter(on_list, patient__isnull=False).order_by().values_list("patient", flat=True)
    return frozenset(chart for each in found.distinct() if (chart := survivor_id(each)) in charts)


def _one_each(batch: Batch) -> Iterator[ListedPatient]:
    """One line for each person, the first of several, as `_expected` counts them; read a few thousand at a
    time. Only who was merged is remembered: the others are told apart by the database.
    """
    lines = expected_in(batch)
    known = lines.filter(patient__isnull=False).order_by().values("patient").annotate(first=Min("pk"))
    names = lines.filter(patient=None).order_by().values("mrn", "family_name", "given_names")
    firsts = Q(pk__in=known.values("first")) | Q(pk__in=names.annotate(first=Min("pk")).values("first"))
    seen: set[str] = set()
    for line in lines.filter(firsts).select_related("patient").iterator(chunk_size=_LINES_AT_ONCE):
        if line.patient is not None and line.patient.merged_into_id:
            chart = survivor_id(line.patient.pk)
            if chart in seen or lines.filter(patient=UUID(chart)).exists():
                continue
            seen.add(chart)
        yield line


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
