"""A roster's rows as a table for spreadsheets and programs: each line of the file, and what became of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from files.tables import Cell, write_csv, write_xlsx
from patients.models import Patient, Roster, RosterRow
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import lines
from patients.rosters.judging import FIELDS

COLUMNS = (
    *("line", "outcome", "code", "reason", "record_number", *FIELDS),
    *("old_family_name", "old_given_names", "old_suffix", "old_birth_date", "old_sex"),
    *("looks_like_record_number", "looks_like", "kept", "taken_back", "list", "batch"),
)
_ROWS_AT_ONCE = 2_000
_WRITTEN: Mapping[str, str] = {Outcome.ADDED: "removed", Outcome.CHANGED: "restored"}


def csv_of(roster: Roster, *, outcome: str = "", text: str = "") -> Iterator[str]:
    """The chosen rows as CSV, the names of the columns first; no cell can become a formula."""
    return write_csv(COLUMNS, rows_of(roster, outcome=outcome, text=text))


def write_workbook(path: Path, roster: Roster, *, outcome: str = "", text: str = "") -> None:
    """The same rows as a workbook at `path`; record numbers are text and keep their zeros."""
    write_xlsx(path, COLUMNS, rows_of(roster, outcome=outcome, text=text), title="Roster")


def rows_of(roster: Roster, *, outcome: str = "", text: str = "") -> Iterator[list[Cell]]:
    """The cells of the chosen rows, however many, a few thousand at a time."""
    rows = lines.chosen(roster, outcome=outcome, text=text)
    last = -1
    while some := list(rows.filter(line__gt=last)[:_ROWS_AT_ONCE]):
        last = some[-1].line
        for row in some:
            yield [*_cells(row), _taken_back(roster, row), roster.name, roster.origin]


def _cells(row: RosterRow) -> list[Cell]:
    before = row.before or {}
    return [
        *(row.line, Outcome(row.outcome).value, row.code, row.why, row.mrn),
        *(getattr(row, name) for name in FIELDS),
        *(before.get(name) for name in FIELDS),
        *(*_whom(row.look_alike), row.kept),
    ]


def _taken_back(roster: Roster, row: RosterRow) -> str:
    """What an undo did with the row: `removed`, `restored`, `kept`, or nothing."""
    if roster.status != RosterStatus.UNDONE or row.outcome not in _WRITTEN:
        return ""
    return "kept" if row.kept else _WRITTEN[row.outcome]


def _whom(patient: Patient | None) -> tuple[str, str]:
    return (patient.mrn, patient.display_name) if patient else ("", "")
