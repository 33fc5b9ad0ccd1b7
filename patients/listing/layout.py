"""What stands above the rows of a list: its header, and what each column holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from files.errors import FileRejected
from files.kinds import FileKind
from patients.listing.columns import HELPFUL, HELPFUL_FOR_PATHS, Columns, mapped
from patients.listing.headers import find_header, guessed, is_table, unknown_header
from patients.listing.tables import Row, Source

_LONGEST_TITLE = 80
_UNNAMED = "Column {}"
_GUESSED = "It has no header; what its columns hold was guessed from what stands in them."
_UNKNOWN = "None of its columns has a name that is understood. Say what each holds under Rosters."


@dataclass(slots=True)
class Layout:
    """What stands above the rows: the header's line and titles, and what each column holds."""

    line: int
    titles: list[str]
    columns: Columns
    remarks: list[tuple[int, str]]
    is_guessed: bool = False

    @property
    def is_known(self) -> bool:
        """Does any column hold something that is understood?"""
        return any(column is not None for column in self.columns)


def layout_of(source: Source, head: list[Row], mapping: Mapping[str, str] | None, max_columns: int) -> Layout:
    """By its first rows, and by what a person said of the columns.

    Raises FileRejected "list-empty", "list-too-wide", "list-not-understood" and "mapping-not-understood".
    """
    if source.titles is not None:
        columns = mapped(source.fields, mapping or {}, len(source.titles))
        return Layout(0, source.titles, columns, [])
    if not head:
        raise FileRejected("list-empty", "This list is empty. Save it again and send that.")
    line, titles, found, remarks = _found(head, is_sure=source.facts.format != FileKind.CSV)
    if len(titles) > max_columns:
        raise _too_wide(len(titles), max_columns)
    if mapping is None:
        return Layout(line, titles, found, remarks, is_guessed=not line and any(found))
    return Layout(line, titles, mapped(found, mapping, len(titles)), [])


def _found(head: list[Row], *, is_sure: bool) -> tuple[int, list[str], Columns, list[tuple[int, str]]]:
    """The line of the header (0 for none), the titles, what each column holds, and what is to be said of it.

    `is_sure` where the format leaves no doubt that this is a table, and not a letter.
    """
    if header := find_header(head):
        row = head[header.at]
        return row.line, _named(row.cells), header.columns, []
    if not (is_sure or is_table(head)) and not any(guessed(head)):
        raise _not_understood()
    if (at := unknown_header(head)) >= 0:
        row = head[at]
        return row.line, _named(row.cells), (None,) * len(row.cells), [(row.line, _UNKNOWN)]
    columns = guessed(head)
    remark = _GUESSED if any(columns) else _UNKNOWN
    return 0, _named([""] * len(columns)), columns, [(head[0].line, remark)]


def _named(cells: list[str]) -> list[str]:
    """A title for each column, and no two alike."""
    titles: dict[str, None] = {}
    for at, cell in enumerate(cells, start=1):
        title = cell[:_LONGEST_TITLE] or _UNNAMED.format(at)
        titles[title if title not in titles else f"{title} ({at})"] = None
    return list(titles)


def _too_wide(columns: int, limit: int) -> FileRejected:
    # A line is cut one cell above the limit, so that nobody knows more than that.
    has = f"more than {limit}" if columns == limit + 1 else str(columns)
    message = f"This list has {has} columns; at most {limit} are read. Leave out those that are not needed."
    return FileRejected("list-too-wide", message, columns=columns, limit=limit)


def _not_understood() -> FileRejected:
    return FileRejected(
        "list-not-understood",
        f"None of its first lines names the columns of a patient list. Headers that help: {HELPFUL}; "
        f"or {HELPFUL_FOR_PATHS}.",
    )
