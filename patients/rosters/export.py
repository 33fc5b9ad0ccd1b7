"""A roster's rows as CSV, for a spreadsheet or a program: each line of the file, and what became of it."""

import csv
import io
from collections.abc import Iterator, Sequence

from files.formulas import neutralised
from patients.models import Patient, Roster, RosterRow
from patients.roster_states import Outcome
from patients.rosters import lines
from patients.rosters.judging import FIELDS

COLUMNS = (
    *("line", "outcome", "code", "reason", "record_number", *FIELDS),
    *("old_family_name", "old_given_names", "old_suffix", "old_birth_date", "old_sex"),
    *("looks_like_record_number", "looks_like", "kept"),
)
# Without it Excel takes the table for one in an old code page, and shows every accent wrong.
_BYTE_ORDER_MARK = "\ufeff"
_ROWS_AT_ONCE = 2_000


def csv_of(roster: Roster, *, outcome: str = "", text: str = "") -> Iterator[str]:
    """The chosen rows, the names of the columns first; no cell can become a formula."""
    yield _BYTE_ORDER_MARK + _written([COLUMNS])
    rows = lines.chosen(roster, outcome=outcome, text=text)
    last = -1
    while some := list(rows.filter(line__gt=last)[:_ROWS_AT_ONCE]):
        last = some[-1].line
        yield _written([_cells(row) for row in some])


def _cells(row: RosterRow) -> list[str]:
    before = row.before or {}
    values = (
        *(row.line, _outcome(row), row.code, row.why, row.mrn),
        *(getattr(row, name) for name in FIELDS),
        *(before.get(name) for name in FIELDS),
        *(*_whom(row.look_alike), row.kept),
    )
    return [neutralised("" if value is None else str(value)) for value in values]


def _outcome(row: RosterRow) -> str:
    return Outcome(row.outcome).value


def _whom(patient: Patient | None) -> tuple[str, str]:
    return (patient.mrn, patient.display_name) if patient else ("", "")


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    # Every cell in quotes: a spreadsheet that splits at ";" would find formulas inside a bare one.
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
