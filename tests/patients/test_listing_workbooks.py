"""Workbooks as rosters: zeros, dates and errors as they are meant, no formula run, no bomb unpacked."""

import json
import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from files.errors import FileRejected
from patients.listing import ROWS_FILE, read
from patients.listing.tables import Limits
from patients.listing.xls import XlsList
from patients.listing.xlsx import XlsxList
from tests import corpora
from tests import sample_workbooks as made

LIMITS = {"max_bytes": 1 << 20, "max_rows": 100, "max_columns": 12, "max_unpacked_bytes": 4 << 20}
HEADER = ("Expediente", "Apellidos", "Nombre", "Fecha de nacimiento")
GARZA = ("0012345", "Garza Tijerina", "María Esther", "1957-04-23")
FACTS = ("mrn", "family_name", "given_names", "birth_date")


def told(
    folder: Path, content: bytes, kind: str, **options: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    arguments: dict[str, Any] = {"kind": kind, **LIMITS, **options}
    summary = read(path=str(made.written(folder, content)), scratch=str(folder), **arguments)
    return summary, [json.loads(line) for line in (folder / ROWS_FILE).read_text().splitlines()]


def refusal(folder: Path, content: bytes, kind: str, **options: Any) -> str:
    with pytest.raises(FileRejected) as refused:
        told(folder, content, kind, **options)
    return refused.value.code


def xls_of_garza(*more: bytes) -> bytes:
    header = [made.label(0, at, title) for at, title in enumerate(HEADER)]
    cells = [
        made.number(1, 0, 12345.0, 1),
        made.label(1, 1, GARZA[1]),
        made.label(1, 2, GARZA[2]),
        made.number(1, 3, 20933.0, 2),
    ]
    return made.xls(*header, *cells, *more, formats=("0000000", "dd/mm/yyyy"))


def prefixed_cell(text: str) -> str:
    return f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>'


ODS_GARZA = made.ods(
    made.ods_rows([HEADER]) + "<table:table-row>"
    '<table:table-cell office:value-type="float" office:value="12345"><text:p>0012345</text:p>'
    "</table:table-cell>"
    + made.ods_text(GARZA[1])
    + made.ods_text("María<text:s/>Esther")
    + '<table:table-cell office:value-type="date" office:date-value="1957-04-23"><text:p>23/04/57</text:p>'
    "</table:table-cell></table:table-row>"
)
BOOKS = {
    "xlsx with its zeros in a format": (
        made.xlsx([HEADER, ((12345, "zeros"), *GARZA[1:3], (date(1957, 4, 23), "day"))]),
        "xlsx",
    ),
    "xlsx with its zeros in text": (made.xlsx([HEADER, GARZA]), "xlsx"),
    "xlsx with the prefix of a namespace": (
        made.bare_xlsx(
            b'<x:worksheet xmlns:x="urn:x"><x:sheetData>'
            + "".join(
                "<x:row>"
                + "".join(f'<x:c t="inlineStr"><x:is><x:t>{c}</x:t></x:is></x:c>' for c in row)
                + "</x:row>"
                for row in (HEADER, GARZA)
            ).encode()
            + b"</x:sheetData></x:worksheet>"
        ),
        "xlsx",
    ),
    "xls with its zeros in a format": (xls_of_garza(), "xls"),
    "ods as it shows the number": (ODS_GARZA, "ods"),
}


@pytest.mark.parametrize(("content", "kind"), BOOKS.values(), ids=BOOKS)
def test_one_patient_in_whatever_workbook(tmp_path: Path, content: bytes, kind: str) -> None:
    summary, (row,) = told(tmp_path, content, kind)
    assert tuple(row[name] for name in FACTS) == GARZA
    assert (summary["format"], summary["rows"], summary["refused"]) == (kind, 1, 0)
    assert [column["header"] for column in summary["columns"]] == list(HEADER)


@pytest.mark.parametrize(
    ("value", "form", "number"),
    [
        (3000003799, "", "3000003799"),
        (3000003799.0, "", "3000003799"),
        (12345, "zeros", "0012345"),
        (12345678, "zeros", "12345678"),
        (12345, "dashes", "0012-345"),
        ("007", "", "007"),
        ("=1+1", "", "=1+1"),
        (True, "", "TRUE"),
        (12.5, "", "12.5"),
    ],
)
def test_a_record_number_is_what_the_sheet_shows(tmp_path: Path, value: Any, form: str, number: str) -> None:
    _, (row,) = told(tmp_path, made.xlsx([("MRN", "Apellidos"), ((value, form), "Garza")]), "xlsx")
    assert (row["mrn"], row["problem"]) == (number, "")


def test_a_number_that_has_lost_digits_is_refused(tmp_path: Path) -> None:
    _, (row,) = told(tmp_path, made.xlsx([("MRN", "Apellidos"), (12345678901234567890, "Garza")]), "xlsx")
    assert "shortened" in row["problem"]


def cell(reference: str, inside: str, kind: str = "") -> str:
    return f'<c r="{reference}"{f" t={chr(34)}{kind}{chr(34)}" if kind else ""}>{inside}</c>'


def text_cell(reference: str, text: str) -> str:
    return cell(reference, f"<is><t>{text}</t></is>", "inlineStr")


HEAD = f'<row r="1">{text_cell("A1", "MRN")}{text_cell("B1", "Apellidos")}</row>'


@pytest.mark.parametrize(
    ("inside", "kind", "family", "remark"),
    [
        ("<f>A1</f><v>Garza</v>", "str", "Garza", ""),
        ("<f>1+1</f><v>2</v>", "", "2", ""),
        ("<f>1+1</f>", "", "", "without a value"),
        ("<f>1+1</f><v></v>", "", "", "without a value"),
        ("<f>A9</f><v></v>", "str", "", ""),
        ("<v>#N/A</v>", "e", "", "error (#N/A)"),
        ("<v>99</v>", "s", "", ""),
        ("<is><r><t>Gar</t></r><r><t>za</t></r><rPh><t>x</t></rPh></is>", "inlineStr", "Garza", ""),
        ("<is><t>Gar_x000D_za</t></is>", "inlineStr", "Gar za", ""),
    ],
)
def test_no_formula_is_run_and_what_has_no_value_is_said(
    tmp_path: Path, inside: str, kind: str, family: str, remark: str
) -> None:
    sheet = f'{HEAD}<row r="2">{text_cell("A2", "7")}{cell("B2", inside, kind)}</row>'
    summary, (row,) = told(tmp_path, made.bare_xlsx(sheet), "xlsx")
    assert (row["mrn"], row["family_name"]) == ("7", family)
    assert [remark in what for _, what in summary["told"]] == ([True] if remark else [])
    assert summary["refused"] == 0


def test_a_birth_date_that_is_an_error_is_lost_and_not_just_empty(tmp_path: Path) -> None:
    content = made.xls(
        *(made.label(0, at, title) for at, title in enumerate(("MRN", "DOB"))),
        made.label(1, 0, "7"),
        made.error(1, 1, 0x2A),
    )
    summary, (row,) = told(tmp_path, content, "xls")
    assert "holds an error" in row["lost_date"]
    assert summary["told"] == [(2, "Its 2. cell holds an error (#N/A) and was read as empty.")]


def test_the_sheet_with_a_header_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    notes = [("Notas de la semana",), ("nada",)]
    content = made.xlsx([], Notas=notes, Lista=[("Hospital San José",), (), HEADER, GARZA], Otra=[HEADER])
    summary, (row,) = told(tmp_path, content, "xlsx")
    assert (summary["sheet"], summary["sheets"]) == ("Lista", ["Pacientes", "Notas", "Lista", "Otra"])
    assert (row["line"], row["mrn"]) == (4, "0012345")


def test_without_a_known_header_the_first_sheet_that_holds_anything_is_read(tmp_path: Path) -> None:
    summary, rows = told(tmp_path, made.xlsx([], Uno=[("foo", "bar"), (1, 2)], Dos=[("x",)]), "xlsx")
    assert (summary["sheet"], summary["rows"], summary["refused"]) == ("Uno", 0, 1)
    assert "None of its columns" in summary["told"][0][1]
    assert rows[0]["extra"] == {"foo": "1", "bar": "2"}


@pytest.mark.parametrize(
    ("day", "born"),
    [
        (date(1957, 4, 23), "1957-04-23"),
        (datetime(1957, 4, 23, 14, 30), "1957-04-23"),  # noqa: DTZ001 - a spreadsheet knows no zone
        (20933, "1957-04-23"),
        ("23/04/1957", "1957-04-23"),
        (1957, ""),
    ],
)
def test_dates_by_their_format_or_as_numbers_of_a_birth_column(tmp_path: Path, day: Any, born: str) -> None:
    form = "day" if isinstance(day, date) else ""
    _, (row,) = told(tmp_path, made.xlsx([("MRN", "DOB"), ("7", (day, form))]), "xlsx")
    assert (row["birth_date"], bool(row["lost_date"])) == (born, not born)


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    book = made.bare_xlsx(
        f'<row r="1">{text_cell("A1", "MRN")}{text_cell("B1", "DOB")}</row>'
        f'<row r="2">{text_cell("A2", "7")}<c r="B2" s="0"><v>19471</v></c></row>',
        xl__styles_xml=styles,
        xl__workbook_xml='<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets>'
        '<sheet name="Uno" r:id="rId1"/></sheets></workbook>',
    )
    _, (row,) = told(tmp_path, book, "xlsx")
    assert row["birth_date"] == "1957-04-23"


TWO_STREAMS = {"EncryptedPackage": b"x", "EncryptionInfo": b"x"}
ENDLESS = made.ods_rows([GARZA]).replace("row>", 'row table:number-rows-repeated="1048576">', 1)
REFUSED = {
    "xlsx with a password": (made.compound(TWO_STREAMS), "xls", "workbook-encrypted"),
    "xls with a password": (made.xls(before=made.record(0x2F, bytes(6))), "xls", "workbook-encrypted"),
    "ods with a password": (
        made.ods("", manifest="<m:manifest xmlns:m='m'><m:encryption-data/></m:manifest>"),
        "ods",
        "workbook-encrypted",
    ),
    "a letter named XLS": (made.compound({"WordDocument": b"x"}), "xls", "workbook-not-understood"),
    "a letter named XLSX": (made.package({"word/document.xml": "<w/>"}), "xlsx", "workbook-not-understood"),
    "a binary workbook": (made.package({"xl/workbook.bin": b"x"}), "xlsx", "workbook-not-understood"),
    "no archive at all": (b"PK\x03\x04 and nothing more", "xlsx", "workbook-damaged"),
    "an archive that was cut": (made.xlsx([HEADER])[:-40], "xlsx", "workbook-damaged"),
    "XML that does not end": (made.bare_xlsx(b"<worksheet><sheetData><row>"), "xlsx", "workbook-damaged"),
    "a document type": (
        made.bare_xlsx(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'),
        "xlsx",
        "workbook-damaged",
    ),
    "a document type in the workbook": (
        made.bare_xlsx(HEAD, xl__workbook_xml='<!DOCTYPE x><workbook/>'),
        "xlsx",
        "workbook-damaged",
    ),
    "a bomb": (made.bare_xlsx(HEAD + "<row/>" * 1_000_000), "xlsx", "workbook-too-large"),
    "a bomb of shared texts": (
        made.bare_xlsx(HEAD, xl__sharedStrings_xml=b"<sst>" + b"<si><t>a</t></si>" * 400_000),
        "xlsx",
        "workbook-too-large",
    ),
    "a chain of sectors that loops": (
        made.compound({"Workbook": bytes(5000)}, chains={4: 3}),
        "xls",
        "workbook-damaged",
    ),
    "a chain of sectors that leaves the file": (
        made.compound({"Workbook": bytes(5000)}, chains={4: 90_000}),
        "xls",
        "workbook-damaged",
    ),
    "an old workbook with nothing in it": (made.compound({"Workbook": bytes(5000)}), "xls", "list-empty"),
    "rows beyond the limit": (made.xlsx([("MRN",), *[(n,) for n in range(101)]]), "xlsx", "list-too-long"),
    "columns beyond the limit": (made.xlsx([("MRN", *["x"] * 12)]), "xlsx", "list-too-wide"),
    "rows that are repeated without end": (
        made.ods(made.ods_rows([HEADER]) + ENDLESS),
        "ods",
        "list-too-long",
    ),
    "an empty workbook": (made.xlsx([]), "xlsx", "list-empty"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "code"), REFUSED.values(), ids=REFUSED)
def test_a_workbook_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes, kind: str, code: str
) -> None:
    assert refusal(tmp_path, content, kind) == code


def test_two_cells_in_opposite_corners_are_two_cells(tmp_path: Path) -> None:
    far = f'<row r="1048576">{text_cell("A1048576", "7")}{text_cell("XFD1048576", "x")}</row>'
    summary, (row,) = told(tmp_path, made.bare_xlsx(HEAD + far), "xlsx")
    assert (row["line"], row["mrn"], summary["refused"]) == (1_048_576, "7", 1)
    assert "more cells" in row["problem"]


def test_lines_only_grow_whatever_the_sheet_says(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}">{text_cell(f"A{n}", str(at))}</row>' for at, n in enumerate((5, 5, 2, 10**12))
    )
    _, found = told(tmp_path, made.bare_xlsx(HEAD + rows), "xlsx")
    assert [row["line"] for row in found] == [5, 6, 7, 8]


def test_what_an_ods_repeats_empty_costs_nothing(tmp_path: Path) -> None:
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        made.ods_rows([HEADER]).replace("</table:table-row>", f"{blank}</table:table-row>")
        + f'<table:table-row table:number-rows-repeated="1000000">{blank}</table:table-row>'
        + made.ods_rows([GARZA])
    )
    _, (row,) = told(tmp_path, made.ods(rows), "ods")
    assert (row["line"], row["mrn"]) == (1_000_002, "0012345")


def test_a_text_that_is_cut_between_records_is_whole(tmp_path: Path) -> None:
    """SST and CONTINUE: the second piece says anew how wide its letters are."""
    first = struct.pack("<II", 1, 1) + struct.pack("<HB", 10, 0) + b"Garza"
    shared = made.record(0xFC, first) + made.record(0x3C, b"\1" + " Peña".encode("utf-16-le"))
    content = made.xls(
        made.label(0, 0, "MRN"), made.label(0, 1, "Apellidos"), made.label(1, 0, "7"),
        made.record(0xFD, struct.pack("<HHHI", 1, 1, 0, 0)),
        before=shared,
    )  # fmt: skip
    _, (row,) = told(tmp_path, content, "xls")
    assert row["family_name"] == "Garza Peña"


# --- the same cells as another reader finds, in real workbooks


@pytest.mark.parametrize("sample", [s for s in corpora.listed("xls", "xlsx") if s.expected == "ok"], ids=str)
def test_real_workbooks_hold_what_another_reader_finds(sample: corpora.Sample) -> None:
    path = corpora.fetch("xls", "xlsx")[sample]
    limits = Limits(max_bytes=1 << 20, max_rows=10_000, max_columns=60, max_unpacked_bytes=8 << 20)
    ours: XlsList | XlsxList = (XlsList if sample.kind == "xls" else XlsxList)(path, limits)
    sheet = python_calamine.load_workbook(path).get_sheet_by_name(ours.facts.sheet)
    theirs = {
        (line, column): value
        for line, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
        for column, value in enumerate(cells)
        if value != ""
    }
    found = {(row.line, at): text for row in ours.rows() for at, text in enumerate(row.cells) if text}
    assert found.keys() == theirs.keys()
    for place, value in theirs.items():
        assert found[place] == shown(value), place


def shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).upper()
        case float() | int():
            return str(int(value)) if value == int(value) else repr(value)
        case datetime():
            return value.isoformat()
        case date():
            return value.isoformat()
    return " ".join(str(value).split())
