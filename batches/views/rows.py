"""What one line of a page shows of a batch, a group of files or a file: for templates, free of HTTP."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator

from batches.actions.unlock import is_locked
from batches.listed import sums_of
from batches.models import Batch, BatchFile, FileEvent
from batches.receipt import review_reason
from batches.selectors import Progress, files_by_attention, is_joined, progress_of, progress_of_many
from batches.states import FileStatus
from batches.views import words
from batches.views.deciders import is_by_batch
from batches.views.words import Badge
from clinics.models import User
from files.kinds import LIST_KINDS

# How many files of a group are shown before somebody asks for all of them, and how many on a page then.
_FEW: dict[str, int] = {
    FileStatus.FAILED: 25,
    FileStatus.REVIEW: 25,
    FileStatus.DUPLICATE: 12,
    FileStatus.COMPLETED: 24,
}
_FEW_OTHERS = 8
_MANY = 100
_WITH = ("batch", "decided_by", "image__patient", "image__twin_of", "document__patient", "document__twin_of")


@dataclass(frozen=True)
class Segment:
    """A stretch of a batch's bar; `start` and `width` are percent of the whole."""

    tone: str
    start: float
    width: float


@dataclass(frozen=True)
class BatchRow:
    """A batch with its numbers, as the list and the header of its page show it."""

    batch: Batch
    progress: Progress

    @property
    def badge(self) -> Badge:
        """Status in icon, word and colour."""
        return words.badge_of_batch(self.batch)

    @property
    def sentence(self) -> str:
        """`47 filed, 2 failed, 1 for review`."""
        return words.sentence_of(self.progress)

    @property
    def bar(self) -> list[Segment]:
        """The shares of settled files, in the order in which they are told."""
        segments, start = [], 0.0
        for status in (FileStatus.COMPLETED, FileStatus.DUPLICATE, FileStatus.REVIEW, FileStatus.FAILED):
            width = 100 * self.progress.counts[status] / (self.progress.total_apart or 1)
            if width:
                tone = words.FILE_BADGES[status].tone
                segments.append(Segment(tone, round(start, 3), round(width, 3)))
            start += width
        return segments


@dataclass(frozen=True)
class FileRow:
    """A file with what its line says; `chooser` named the batch's patient, where that is asked for."""

    file: BatchFile
    chooser: User | None = None

    @property
    def badge(self) -> Badge:
        """Status in icon, word and colour."""
        return words.badge_of_file(self.file)

    @property
    def folder(self) -> str:
        """The path without the name, as the sender had it."""
        return self.file.path.rpartition("/")[0]

    @property
    def certainty(self) -> str:
        """The confidence in words, empty where nothing was matched."""
        return percent(self.file.confidence)

    @property
    def second(self) -> str:
        """How likely the next candidate was, and by which rules; empty where nothing was matched."""
        version = self.file.evidence.get("rule_version")
        first = self.file.evidence.get("patient_id")
        found = self.file.evidence.get("candidates", ())
        others = [each["confidence"] for each in found if each["patient_id"] != first]
        if not version:
            return ""
        runner_up = (
            f"The next candidate was {percent(others[0])} likely" if others else "Nobody else came near"
        )
        return f"{runner_up}. Matched by the rules of version {version}."

    @property
    def reason(self) -> str:
        """Why it waits for a person."""
        return review_reason(self.file)

    @property
    def is_joined(self) -> bool:
        """Has it become a page of a document that was made here?"""
        return is_joined(self.file)

    @property
    def is_list(self) -> bool:
        """A list of patients that was read, and is in no chart."""
        return self.file.kind in LIST_KINDS

    @property
    def list_words(self) -> str:
        """What was read of a list of patients, in numbers; of one that tells nothing, why."""
        sums = sums_of(self.file)
        return sums.brief if sums.rows or not sums.told else f"{sums.brief}. {sums.told[0][1]}"

    @property
    def confirmed_by(self) -> User | None:
        """The person who decided that it is filed; None where nobody did, or nothing is filed any more."""
        is_by_person = self.file.status == FileStatus.COMPLETED and self.file.decision == "assigned"
        return self.file.decided_by if is_by_person else None

    @property
    def is_by_batch(self) -> bool:
        """Is it filed because the whole batch was said to be one patient's?"""
        return self.file.status == FileStatus.COMPLETED and is_by_batch(self.file)

    @property
    def steps(self) -> list[tuple[FileEvent, Badge]]:
        """Every move of the file, the first one first, with the place it moved to."""
        return [(event, words.FILE_BADGES[FileStatus(event.to_status)]) for event in self.file.events.all()]

    @property
    def is_retriable(self) -> bool:
        """Can it be processed again without being sent again?"""
        return self.file.status == FileStatus.FAILED and self.file.has_all_bytes

    @property
    def asks_for_password(self) -> bool:
        """Is it an encrypted PDF that goes on when somebody enters its password?"""
        return is_locked(self.file)

    @property
    def is_returnable(self) -> bool:
        """Was it set aside, and can that be taken back because its bytes are still here?"""
        is_aside = self.file.status == FileStatus.CANCELLED and self.file.has_all_bytes
        return is_aside and not self.file.batch.is_closed

    @property
    def is_removable(self) -> bool:
        """Can it still be taken out of the batch?"""
        return self.file.status in {FileStatus.PENDING, FileStatus.UPLOADING, FileStatus.RECEIVED}


@dataclass(frozen=True)
class Group:
    """The files of a batch that stand at the same place, or the slice of them that is shown.

    `key` is their status, or `JOINED_PAGES`.
    """

    key: str
    total: int
    slice: Slice[BatchFile]
    is_whole: bool
    hint: str

    @property
    def badge(self) -> Badge:
        """Status in icon, word and colour."""
        return words.GROUP_BADGES[self.key]

    @cached_property
    def rows(self) -> list[FileRow]:
        """The lines that are shown."""
        return [FileRow(file) for file in self.slice]


def batch_row(batch: Batch) -> BatchRow:
    """One batch with its numbers."""
    return BatchRow(batch, progress_of(batch.pk))


def batch_rows(batches: Iterable[Batch]) -> list[BatchRow]:
    """Several batches with their numbers by one more query."""
    batches = list(batches)
    found = progress_of_many([batch.pk for batch in batches])
    nothing = Progress(dict.fromkeys(FileStatus, 0), 0, 0)
    return [BatchRow(batch, found.get(batch.pk, nothing)) for batch in batches]


def groups_of(
    batch: Batch, *, shown: str = "", page: str | int | None = 1, type_code: str = ""
) -> list[Group]:
    """The groups of a batch; the one named by `shown` in pages of [100], of the others the first few.

    With `type_code` only documents of this type, and only groups that have any.
    """
    groups = []
    for key, all_files in files_by_attention(batch):
        files = all_files.filter(document__type_code=type_code) if type_code else all_files
        if type_code and not files.exists():
            continue
        is_whole = key == shown
        paginator = Paginator(files.select_related(*_WITH), _MANY if is_whole else _few(key))
        shown_files = paginator.get_page(page if is_whole else 1)
        hint = words.hint_of(key, batch)
        groups.append(Group(key, paginator.count, shown_files, is_whole, hint))
    return groups


def percent(confidence: float | None) -> str:
    """A confidence for people, rounded down, because 100 % would promise more than anybody can."""
    return "" if confidence is None else f"{min(99, math.floor(confidence * 100))} %"


def _few(key: str) -> int:
    return _FEW.get(key, _FEW_OTHERS)
