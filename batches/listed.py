"""The lists that came with a batch: their lines as rows, whose a path is, and who is expected today."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, QuerySet

from batches.models import Batch, BatchFile, ListedPatient
from batches.states import FileStatus
from clinics.models import Clinic
from patients.list_file import ListFile, ListRow
from patients.owners import owners_of

_Item = TypeVar("_Item")

# What a database compares as we do: SQLite knows no small letters but those of ASCII.
_SAME_IN_ANY_CASE = re.compile(r"[0-9_.()-]*\.[a-z0-9]+$")

_ROWS_AT_ONCE = 1000
_MOST_LISTED = 5000
"""A list of more patients than that is no day's list: it narrows nothing down."""


@dataclass(frozen=True, slots=True)
class ListSums:
    """A list in numbers: its patients (or paths), how many are in the directory, what was not understood."""

    is_mapping: bool
    rows: int
    known: int
    refused: int
    told: tuple[tuple[int, str], ...]

    @property
    def brief(self) -> str:
        """`24 patients, 22 known, 2 not in the directory, 1 line not understood`"""
        what = ("file", "files") if self.is_mapping else ("patient", "patients")
        parts = [_counted(self.rows, *what), f"{self.known} known"]
        if unknown := self.rows - self.known:
            parts.append(f"{unknown} not in the directory")
        if self.refused:
            parts.append(f"{_counted(self.refused, 'line', 'lines')} not understood")
        return ", ".join(parts)

    @property
    def words(self) -> str:
        """The same as a sentence that says which lines, and why: `List: 24 patients, … (line 7: …).`"""
        return f"List: {self.brief}{f' ({self._lines})' if self.told else ''}."

    @property
    def _lines(self) -> str:
        told = [f"line {line}: {why.rstrip('.')}" for line, why in self.told]
        more = self.refused - len(told)
        return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def write(file: BatchFile, listing: ListFile) -> None:
    """The rows of a list, in place of those of an attempt before; they count once its file is settled."""
    ListedPatient.objects.filter(file=file).delete()
    for rows in _in_parts(listing):
        owners = owners_of(file.batch.clinic, (row.mrn for row in rows))
        ListedPatient.objects.bulk_create(
            ListedPatient(
                batch_id=file.batch_id,
                file=file,
                line=row.line,
                path=path_key(row.path),
                patient=owners.get(row.mrn),
                **_facts(row),
            )
            for row in rows
        )


def look_up_again(clinic: Clinic, batch_ids: Iterable[UUID]) -> None:
    """Find those who were not in the directory when their list was read, and are now."""
    unknown = ListedPatient.objects.filter(batch__in=list(batch_ids), patient=None).exclude(mrn="")
    for some in _in_parts(unknown.values_list("mrn", flat=True).distinct().order_by()):
        for mrn, patient in owners_of(clinic, some).items():
            unknown.filter(mrn=mrn).update(patient=patient)


def sums_of(file: BatchFile) -> ListSums:
    """What the line of a list that was read says, as the directory is now."""
    rows = ListedPatient.objects.filter(file=file)
    counted = rows.aggregate(rows=Count("pk"), known=Count("patient"))
    read: dict[str, Any] = file.evidence.get("list", {})
    told = tuple((line, why) for line, why in read.get("told", ()))
    return ListSums(
        is_mapping=bool(read.get("is_mapping")), refused=read.get("refused", 0), told=told, **counted
    )


def expected_in(batch: Batch | UUID) -> "QuerySet[ListedPatient]":
    """The lines of the day's lists that were read."""
    return _read_lines(batch).filter(path="")


def listed_in(batch_id: UUID) -> frozenset[UUID]:
    """The ids of the patients who are expected today, or none where no list (or too long a one) says so."""
    rows = expected_in(batch_id).filter(patient__isnull=False).order_by()
    found = frozenset(rows.values_list("patient_id", flat=True).distinct()[: _MOST_LISTED + 1])
    return found if len(found) <= _MOST_LISTED else frozenset()


def numbers_for_path(file: BatchFile) -> tuple[str, ...]:
    """The record numbers that a list gives to the file's path, or to its name where no other file has it."""
    lines = _read_lines(file.batch_id).exclude(path="").select_related("file")
    fitting = [line for line in lines.filter(path__in=_endings(file.path)) if _is_meant(line, file)]
    longest = max((len(line.path) for line in fitting), default=0)
    return tuple(sorted({line.mrn for line in fitting if len(line.path) == longest}))


def rivals_of(batch_id: UUID, paths: Iterable[str]) -> list[UUID]:
    """The files that a line of a mapping names just as it names one of `paths`, those files themselves among
    them.
    """
    endings = {ending for path in paths for ending in _endings(path)}
    named: set[str] = set()
    for some in _in_parts(endings):
        lines = ListedPatient.objects.filter(batch=batch_id, path__in=some).order_by()
        named.update(lines.values_list("path", flat=True))
    if not named:
        return []
    files = BatchFile.objects.filter(batch=batch_id).values_list("pk", "path")
    return [pk for pk, path in files if not named.isdisjoint(_endings(path))]


def path_key(path: str) -> str:
    """A path as lists and files are compared: `C:\\Fotos\\IMG_1.JPG` ends like `fotos/img_1.jpg`."""
    plain = unicodedata.normalize("NFC", path).replace("\\", "/").casefold()
    return "/".join(part for part in plain.split("/") if part not in {"", "."})


def _read_lines(batch: Batch | UUID) -> "QuerySet[ListedPatient]":
    return ListedPatient.objects.filter(batch=batch, file__status=FileStatus.COMPLETED)


def _endings(path: str) -> list[str]:
    """`a/b/c.jpg`, `b/c.jpg`, `c.jpg`."""
    parts = path_key(path).split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _is_meant(line: ListedPatient, file: BatchFile) -> bool:
    """The whole path, from the top or from the list's own folder; else an ending that no other file has."""
    folder = path_key(line.file.path).rpartition("/")[0]
    whole = path_key(file.path)
    if line.path in {whole, whole.removeprefix(f"{folder}/")}:
        return True
    tail = _SAME_IN_ANY_CASE.search(line.path)
    alike = BatchFile.objects.filter(path__iendswith=tail.group() if tail else "", batch=file.batch_id)
    others = alike.exclude(pk=file.pk).values_list("path", flat=True)
    return not any(line.path in _endings(path) for path in others)


def _facts(row: ListRow) -> dict[str, Any]:
    return {
        "mrn": row.mrn,
        "family_name": row.family_name or row.whole_name,
        "given_names": row.given_names,
        "birth_date": row.birth_date,
    }


def _in_parts(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while part := list(islice(rest, _ROWS_AT_ONCE)):
        yield part


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
