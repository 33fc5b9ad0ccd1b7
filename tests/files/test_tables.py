"""Every table that leaves the product: no cell runs as a formula, numbers stay numbers, zeros stay."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from files.tables import Cell, write_csv, write_xlsx

COLUMNS = ("record_number", "what")
HARMFUL = {
    "=1+1": "'=1+1",
    "=HYPERLINK(\"http://x\")": "'=HYPERLINK(\"http://x\")",
    "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0": "'-1+cmd|' /C calc'!A0",
    "-2+3": "'-2+3",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "\n=1": "'\n'=1",
    " =1": "' =1",
    "＝1+1": "'＝1+1",
    "＋1": "'＋1",
    "－1": "'－1",
    "＠a": "'＠a",
    "|x": "'|x",
    "%0a=1": "'%0a=1",
    "\0=1": "'=1",
    "\ufeff=1": "'=1",
}  # fmt: skip
HARMLESS = ("-12.5", "-12,5", "-2", "+52", "0012345", "1-2", "GARZA-2=1.jpg", "a@b.org", "")


def cells_of(
    rows: Sequence[Sequence[Cell]], columns: Sequence[str] = COLUMNS, delimiter: str = ","
) -> list[Any]:
    text = "".join(write_csv(columns, rows))
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


def sheet_of(path: Path) -> list[list[Any]]:
    return python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize(("cell", "shown"), HARMFUL.items(), ids=repr)
def test_what_a_spreadsheet_would_run_gets_a_quote_before_it(cell: str, shown: str) -> None:
    assert cells_of([("7", cell)])[1] == ["7", shown]
    assert cells_of([], columns=(cell,)) == [[shown]], "a title can be somebody's too"


@pytest.mark.parametrize("cell", HARMLESS)
def test_numbers_and_names_stay_as_they_are(cell: str) -> None:
    assert cells_of([("7", cell)])[1] == ["7", cell]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (-12.5, "-12.5"),
        (7, "7"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (date(1957, 4, 23), "1957-04-23"),
        (datetime(2026, 5, 4, 9, 30, 1, tzinfo=UTC), "2026-05-04T09:30:01Z"),
    ],
)
def test_every_kind_of_value_in_csv(cell: Cell, shown: str) -> None:
    assert cells_of([("7", cell)])[1] == ["7", shown]


@pytest.mark.parametrize("cell", ["a;=1+1.jpg", "a\n=1", "a;\r\n-1+1", 'a";@x', "a|+1", "a\t=1"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_a_table_that_is_cut_elsewhere_has_no_formula_either(cell: str, delimiter: str) -> None:
    found = cells_of([("7", cell), (cell, "7")], delimiter=delimiter)
    assert not any(each.lstrip().startswith(tuple("=+-@")) for row in found for each in row)


def test_a_csv_says_that_it_is_utf_8_and_comes_in_pieces() -> None:
    pieces = list(write_csv(COLUMNS, ((f"{number:07d}", "é") for number in range(1200))))
    assert pieces[0].encode().startswith(b"\xef\xbb\xbf")
    assert len(pieces) == 4
    assert "".join(pieces).count("\r\n") == 1201


@pytest.mark.parametrize("cell", [*HARMFUL, *HARMLESS, "3.0E+09", "01/02/03", "TRUE", "https://x.org"])
def test_text_in_a_workbook_is_text_whatever_it_looks_like(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "table.xlsx"
    write_xlsx(path, COLUMNS, [("0012345", cell)])
    title, row = sheet_of(path)
    assert title == list(COLUMNS)
    assert row[0] == "0012345"
    assert row[1].replace("_x0000_", "\0") == cell


def test_a_workbook_has_no_formula_and_no_link(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    write_xlsx(path, COLUMNS, [(cell, cell) for cell in (*HARMFUL, "https://x.org")])
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
        assert not [name for name in parts.namelist() if "externalLink" in name or "sheet1.xml.rels" in name]
    assert b"<f" not in sheet
    assert b"hyperlink" not in sheet


def test_numbers_days_and_times_are_such_to_the_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    moment = datetime(2026, 5, 4, 9, 30, 1, tzinfo=UTC)
    row: tuple[Cell, ...] = (-12.5, 7, True, date(1957, 4, 23), moment, None, 10**17)
    write_xlsx(path, list("abcdefg"), [row], title="Recibo [1]: x/y")
    assert sheet_of(path)[1] == [
        -12.5,
        7,
        True,
        date(1957, 4, 23),
        moment.replace(tzinfo=None),
        "",
        str(10**17),
    ]


def test_rows_beyond_a_sheet_go_on_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("files.tables._MOST_ROWS", 3)
    path = tmp_path / "table.xlsx"
    write_xlsx(path, COLUMNS, [(str(number), "x") for number in range(5)])
    book = python_calamine.load_workbook(path)
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [len(sheet) for sheet in sheets] == [3, 3, 2]
    assert {tuple(sheet[0]) for sheet in sheets} == {COLUMNS}
