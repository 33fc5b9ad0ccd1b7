"""A list of patients in a file: read in the sandbox, and handed over row by row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from files import sandbox
from files.errors import FileRejected
from files.kinds import HEAD_BYTES, FileKind, sniff
from patients.listing import ROWS_FILE

JOB = "patients.listing:read"
_READING = ("format", "encoding", "delimiter", "sheet", "sheets", "columns", "is_guessed")
# Somebody says that it is a list, and nothing else does: then text is a table, and Office's a workbook.
_SAID_TO_BE_A_LIST = "list.xls"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line that was understood. `whole_name` is set where nothing says which part is the surname."""

    line: int
    mrn: str
    path: str = ""
    family_name: str = ""
    given_names: str = ""
    whole_name: str = ""
    suffix: str = ""
    birth_date: date | None = None
    # Why its birth date could not be read, with the value and the cure; shown to the clinic, never logged.
    lost_date: str = ""
    sex: str = ""
    # What stands in the columns that mean nothing here, by their headers.
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as it was read; `told` are the first lines that were not understood, each with its reason, and
    what else should be known of single lines.
    """

    is_mapping: bool
    rows: int
    refused: int
    told: tuple[tuple[int, str], ...]
    folder: Path
    kind: FileKind = FileKind.CSV
    # {format, encoding, delimiter, sheet, sheets, columns, is_guessed}: how it was read.
    reading: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[ListRow]:
        """The lines that were understood, in the order of the file."""
        return (row for row, problem in self.lines() if not problem)

    def lines(self) -> Iterator[tuple[ListRow, str]]:
        """Every line in the order of the file, with why it was not understood, or ""."""
        with Path(self.folder, ROWS_FILE).open(encoding="utf-8") as lines:
            for line in lines:
                plain = json.loads(line)
                problem = plain.pop("problem")
                yield _row(plain), problem


def read_list(
    path: Path, folder: Path, mapping: Mapping[str, str] | None = None, *, name: str = _SAID_TO_BE_A_LIST
) -> ListFile:
    """Read the list at `path`, with `folder` for its rows, which must outlive the result.

    `mapping` says what each column holds ({"0": "mrn"}); without it the headers do. `name` helps to tell what
    text and what Office's wrappings are.

    Raises FileRejected "not-a-list", those of `files.kinds.sniff` and of `patients.listing.read`, and what
    `sandbox.run` raises.
    """
    kind = _kind_of(path, name)
    told = sandbox.run(JOB, limits=limits(), arguments=job_arguments(path, folder, kind, mapping))
    return _list_file(told, folder, kind)


def job_arguments(
    path: Path, folder: Path, kind: FileKind, mapping: Mapping[str, str] | None
) -> dict[str, object]:
    """What the reader in the sandbox is told."""
    return {
        "path": str(path),
        "scratch": str(folder),
        "kind": kind,
        "mapping": dict(mapping) if mapping is not None else None,
        "max_bytes": settings.INTAKE_MAX_LIST_BYTES,
        "max_rows": settings.INTAKE_MAX_LIST_ROWS,
        "max_columns": settings.INTAKE_MAX_LIST_COLUMNS,
        "max_unpacked_bytes": settings.INTAKE_MAX_LIST_UNPACKED_BYTES,
    }


def limits() -> sandbox.Limits:
    """Less memory than a picture may take, and more time: a list is read row by row."""
    return sandbox.Limits(
        memory_bytes=settings.INTAKE_LIST_MEMORY_BYTES,
        cpu_seconds=settings.INTAKE_LIST_CPU_SECONDS,
        wall_seconds=settings.INTAKE_LIST_WALL_SECONDS,
        file_bytes=settings.INTAKE_SANDBOX_FILE_BYTES,
    )


def _kind_of(path: Path, name: str) -> FileKind:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES), name)
    if not kind.is_list:
        message = f"This file is no list of patients ({kind}). Send a CSV, vCard, XLS, XLSX or ODS."
        raise FileRejected("not-a-list", message, kind=str(kind))
    return kind


def _list_file(told: dict[str, Any], folder: Path, kind: FileKind) -> ListFile:
    """What the child said, judged as a stranger's word."""
    try:
        return ListFile(
            is_mapping=bool(told["is_mapping"]),
            rows=int(told["rows"]),
            refused=int(told["refused"]),
            told=tuple((int(line), str(why)) for line, why in told["told"]),
            folder=folder,
            kind=kind,
            reading={name: told[name] for name in _READING},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileRejected(
            "list-not-understood", "This list cannot be read. Save it again as CSV."
        ) from error


def _row(plain: dict[str, Any]) -> ListRow:
    born = plain.pop("birth_date")
    return ListRow(**plain, birth_date=date.fromisoformat(born) if born else None)
