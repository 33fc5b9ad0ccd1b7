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
from patients.listing import ROWS_FILE

JOB = "patients.listing:read"
_READING = ("format", "encoding", "delimiter", "sheet", "sheets", "columns")


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
    has_lost_date: bool = False
    sex: str = ""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as it was read; `told` are the first lines that were not understood, each with its reason."""

    is_mapping: bool
    rows: int
    refused: int
    told: tuple[tuple[int, str], ...]
    folder: Path
    # {format, encoding, delimiter, columns, …}: how it was read.
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


def read_list(path: Path, folder: Path, mapping: Mapping[str, str] | None = None) -> ListFile:
    """Read the list at `path`, with `folder` for its rows, which must outlive the result.

    `mapping` says what each column holds ({"0": "mrn"}); without it the headers do.

    Raises FileRejected "list-not-understood", "list-empty", "list-too-large", "list-too-long",
    "list-too-wide", and what `sandbox.run` raises.
    """
    told = sandbox.run(
        JOB,
        limits=sandbox.usual_limits(),
        arguments={
            "path": str(path),
            "scratch": str(folder),
            "max_bytes": settings.INTAKE_MAX_LIST_BYTES,
            "max_rows": settings.INTAKE_MAX_LIST_ROWS,
            "max_columns": settings.INTAKE_MAX_LIST_COLUMNS,
            "mapping": dict(mapping) if mapping is not None else None,
        },
    )
    return _list_file(told, folder)


def _list_file(told: dict[str, Any], folder: Path) -> ListFile:
    """What the child said, judged as a stranger's word."""
    try:
        return ListFile(
            is_mapping=bool(told["is_mapping"]),
            rows=int(told["rows"]),
            refused=int(told["refused"]),
            told=tuple((int(line), str(why)) for line, why in told["told"]),
            folder=folder,
            reading={name: told[name] for name in _READING if name in told},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileRejected(
            "list-not-understood", "This list cannot be read. Save it again as CSV."
        ) from error


def _row(plain: dict[str, Any]) -> ListRow:
    born = plain.pop("birth_date")
    return ListRow(**plain, birth_date=date.fromisoformat(born) if born else None)
