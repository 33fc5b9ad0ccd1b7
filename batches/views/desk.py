"""What the page of one group shows: its files, whose they could be, and what can be decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from batches.desk import Standing
from batches.groups import Bond, Sureness
from batches.models import BatchFile
from batches.records import Record, twin_of
from batches.views.candidates import Candidate, Glimpse, candidates_of, chart_of, facts_read_in
from batches.views.deciders import TakenOut, taken_out
from batches.views.rows import FileRow
from batches.views.words import Badge
from clinics.models import Clinic, User
from patients.forms import NewPatientForm

_WITH = ("batch__clinic", "patient", "decided_by", "image__twin_of__patient", "document__twin_of__patient")
ONE = "1"
_SURENESS = {
    Sureness.SURE: Badge("Belong together", "check", "good"),
    Sureness.LIKELY: Badge("Probably together", "near", "ask"),
    Sureness.OPEN: Badge("Look at each", "eye", "ask"),
}


@dataclass(frozen=True)
class GroupRow:
    """One group as a line of the queue: a few of its pictures, why it is one, and who holds it."""

    standing: Standing
    files: list[BatchFile]
    holder: User | None

    @property
    def first(self) -> FileRow:
        """The file whose name and reason stand for the group."""
        return FileRow(self.files[0])

    @property
    def size(self) -> int:
        """How many files it has."""
        return len(self.standing.group.files)

    @property
    def badge(self) -> Badge | None:
        """How sure it is that they belong together; None for a single."""
        group = self.standing.group
        return None if group.bond is Bond.ALONE else _SURENESS[group.sureness]


@dataclass(frozen=True)
class Desk:
    """One group on the desk, with `file` in front; `only` is what the reviewer said of one by one."""

    clinic: Clinic
    row: GroupRow
    file: BatchFile
    only: str = ""

    @property
    def files(self) -> list[BatchFile]:
        """The whole group, in its order."""
        return self.row.files

    @property
    def minutes(self) -> int:
        """How long the reviewer keeps the group without a sign of life."""
        return self.clinic.review_claim_minutes

    @property
    def is_one(self) -> bool:
        """Is only the file in front decided? Files that merely lie in one place are, unless the reviewer says
        otherwise.
        """
        if self.only:
            return self.only == ONE
        return self.row.size > 1 and self.row.standing.group.sureness is Sureness.OPEN

    @property
    def chosen(self) -> list[BatchFile]:
        """The files that a decision is about."""
        return [self.file] if self.is_one else self.files

    @property
    def place(self) -> int:
        """Which of the group the file in front is, counted from one."""
        return 1 + [each.pk for each in self.files].index(self.file.pk)

    @property
    def reason(self) -> str:
        """Why the file waits."""
        return FileRow(self.file).reason

    @cached_property
    def candidates(self) -> list[Candidate]:
        """Whose they may be; the same for each of the group, so that a digit means one patient."""
        return candidates_of(self.files[0], self.clinic)

    @cached_property
    def taken_out(self) -> TakenOut | None:
        """Who took it out of a chart, if somebody did."""
        return taken_out(self.file)

    @cached_property
    def twin(self) -> Record | None:
        """What has the same bytes."""
        return twin_of(self.file)

    @cached_property
    def twin_chart(self) -> list[Glimpse]:
        """What else is in the chart where the same bytes are."""
        chart = chart_of(self.twin.patient) if self.twin and self.twin.patient else []
        return [each for each in chart if self.twin not in {each.image, each.document}]

    @cached_property
    def new_patient(self) -> NewPatientForm:
        """A form that starts with what the file says."""
        return NewPatientForm(initial=facts_read_in(self.files[0]), auto_id="new-%s")


def files_of(ids: Iterable[UUID]) -> dict[UUID, BatchFile]:
    """The files with everything that the desk shows of them."""
    return BatchFile.objects.select_related(*_WITH).in_bulk(list(ids))


def group_rows(groups: Iterable[Standing], *, few: int | None = None) -> list[GroupRow]:
    """Groups as lines; of each only the first `few` files are read, where that is asked for."""
    groups = list(groups)
    files = files_of(pk for each in groups for pk in each.file_ids[:few])
    holders = User.objects.in_bulk([each.hold.reviewer_id for each in groups if each.hold])
    return [
        GroupRow(
            each,
            [files[pk] for pk in each.file_ids[:few] if pk in files],
            holders.get(each.hold.reviewer_id) if each.hold else None,
        )
        for each in groups
    ]
