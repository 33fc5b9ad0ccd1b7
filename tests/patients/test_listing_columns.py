"""What the columns hold: by their headers, by what a person says, else by what is plain."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from files.errors import FileRejected
from patients.listing.columns import Column, columns_of, meaning_of
from patients.listing.dates import DateColumn
from tests.patients.test_listing import told

TODAY = date(2026, 11, 28)
KNOWN = {
    Column.NUMBER: (
        "MRN; M.R.N.; Medical Record Number; Patient ID; Patient No.; Chart #; NHC; N.H.C.; Nº "
        "HC; No. Historia; Nº de historia clínica; Núm. de historia; Historia clínica; "
        "HISTORIA_CLINICA; Expediente; No. Expediente; No. de expediente; N.º de expediente; Núm. "
        "Expediente; Núm. de exp.; Exp.; # Expediente; Folio; Registro; ID paciente; Código de "
        "paciente; Expediente (10 dígitos)"
    ),
    Column.FAMILY: (
        "Apellidos; Apellido paterno; A. Paterno; Ap. Paterno; Primer apellido; 1er apellido; "
        "Surname; LAST NAME"
    ),
    Column.FAMILY_2: ("Apellido materno; Ap. Materno; Segundo apellido; 2º apellido; 2do. Apellido; Materno"),
    Column.GIVEN: (
        "Nombre; Nombre(s); Nombres; Nombre de pila; Given names; First name; FirstName; Forename"
    ),
    Column.GIVEN_2: ("Segundo nombre; Middle name; Middle Initial"),
    Column.NAME: (
        "Nombre completo; Nombre del paciente; Apellidos y nombre(s); Paciente; Full name; "
        "Patient; Patient name"
    ),
    Column.BIRTH: (
        "Fecha de nacimiento; Fecha Nac.; F. Nac.; F. de nacimiento; Fec. nac.; FN; F.N.; "
        "Nacimiento; DOB; D.O.B.; Date of Birth; Birth Date; Birthday; Fecha de nacimiento "
        "(dd/mm/aaaa); DOB [MM/DD/YYYY]"
    ),
    Column.SEX: ("Sexo; SEX; Género; Gender; Sexo (H/M)"),
    Column.PATH: ("Archivo; Nombre de archivo; Ruta; File; File name; Filename; Foto; Path"),
}


@pytest.mark.parametrize(
    ("header", "column"),
    [(header.strip(), column) for column, headers in KNOWN.items() for header in headers.split(";")],
)
def test_a_header_is_known_however_it_is_written(header: str, column: Column) -> None:
    assert meaning_of(header) is column


@pytest.mark.parametrize(
    "header", ["", "Teléfono", "Fecha", "Médico", "Fecha de ingreso", "Cama", "x" * 5000]
)
def test_another_header_means_nothing_here(header: str) -> None:
    assert columns_of([header]) == (None,)


# --- what a person says wins

TABLE = "foo;MRN;Nombre;bar\nA-1;5;GARZA, EVA;Cama 3\n"


def test_a_mapping_wins_over_the_headers_and_says_what_is_left_out(tmp_path: Path) -> None:
    summary, (row,) = told(tmp_path, TABLE, mapping={"0": "mrn", "1": "", "3": ""})
    assert [column["field"] for column in summary["columns"]] == ["mrn", "", "whole_name", ""]
    assert (row["mrn"], row["family_name"], row["extra"]) == ("A-1", "GARZA", {"MRN": "5", "bar": "Cama 3"})


def test_a_field_that_is_given_away_leaves_the_column_that_had_it(tmp_path: Path) -> None:
    summary, (row,) = told(tmp_path, TABLE, mapping={"0": "mrn"})
    assert [column["field"] for column in summary["columns"]] == ["mrn", "", "whole_name", ""]
    assert row["mrn"] == "A-1"


@pytest.mark.parametrize(
    "mapping", [{"9": "mrn"}, {"-1": "mrn"}, {"x": "mrn"}, {"0": "nhc"}, {"0": "mrn", "3": "mrn"}]
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path: Path, mapping: dict[str, str]) -> None:
    with pytest.raises(FileRejected) as refused:
        told(tmp_path, TABLE, mapping=mapping)
    assert refused.value.code == "mapping-not-understood"


def test_a_mapping_reads_a_list_whose_headers_say_nothing(tmp_path: Path) -> None:
    content = "foo,bar,baz\n1,Garza,x\n2,Lee,\n"
    before, _ = told(tmp_path, content)
    assert (before["rows"], before["refused"], before["is_guessed"]) == (0, 2, False)
    assert [column["samples"] for column in before["columns"]] == [["1", "2"], ["Garza", "Lee"], ["x"]]
    after, rows = told(tmp_path, content, mapping={"0": "mrn", "1": "family_name"})
    assert (after["rows"], after["refused"], after["told"]) == (2, 0, [])
    assert [row["family_name"] for row in rows] == ["Garza", "Lee"]


# --- lists without a header


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ("3000003792\n3000004592\n", ["mrn"]),
        (
            "3000003792;GARZA, EVA;23/04/1957;F\n3000004592;LEE, ANN;01/02/1990;M\n",
            ["mrn", "whole_name", "birth_date", "sex"],
        ),
        ("IMG_1.jpg,3000003792\nIMG_2.jpg,3000003792\n", ["", ""]),
        ("IMG_1.jpg,3000003792\nIMG_2.jpg,3000004592\n", ["path", "mrn"]),
        ("3000003792,8112345678\n3000004592,8112345679\n", ["", ""]),
        ("Garza,Eva\nLee,Ann\n", ["", ""]),
        ("1,2,3\n4,5,6\n", ["", "", ""]),
    ],
)
def test_without_a_header_only_what_is_plain_is_guessed(
    tmp_path: Path, content: str, fields: list[str]
) -> None:
    summary, rows = told(tmp_path, content)
    assert [column["field"] for column in summary["columns"]] == fields
    assert summary["is_guessed"] == any(fields)
    assert len(rows) == 2, "the first line is somebody too"
    assert (
        "guessed" in summary["told"][0][1] if any(fields) else "None of its columns" in summary["told"][0][1]
    )


# --- dates


def column(cells: list[str], header: str = "DOB", *, is_spanish: bool = False) -> DateColumn:
    made = DateColumn(header, is_spanish=is_spanish, today=TODAY)
    for line, cell in enumerate(cells, start=2):
        made.see(cell, line)
    return made


def days(cells: list[str], **options: Any) -> list[str]:
    made = column(cells, **options)
    return [str(day) if (day := made.day_of(cell)) else "" for cell in cells]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1957-04-23", "1957/4/3", "19570423"], ["1957-04-23", "1957-04-03", "1957-04-23"]),
        (["1957-04-23T10:00:00Z"], ["1957-04-23"]),
        (["23/04/1957", "03/04/1957"], ["1957-04-23", "1957-04-03"]),
        (["04/23/1957", "03/04/1957"], ["1957-04-23", "1957-03-04"]),
        (["03/04/1957", "05/05/1957"], ["", "1957-05-05"]),
        (["23/04/1957", "04/23/1957", "01/02/1990"], ["1957-04-23", "1957-04-23", ""]),
        (["23.04.1957 00:00:00"], ["1957-04-23"]),
        (["23/04/57", "01/02/98"], ["1957-04-23", "1998-02-01"]),
        (["23/04/20", "23/04/57"], ["", "1957-04-23"]),
        (["23/04/12", "23/04/57"], ["2012-04-23", "1957-04-23"]),
        (["23/04/27", "23/04/57"], ["1927-04-23", "1957-04-23"]),
        (["57-04-23", "60-12-01"], ["1957-04-23", "1960-12-01"]),
        (["10-04-12", "11-05-09"], ["", ""]),
        (["20933", "32874"], ["1957-04-23", "1990-01-01"]),
        (["1957", "99999"], ["", ""]),
        (["23 de abril de 1957", "23-abr-57", "April 23, 1957"], ["1957-04-23"] * 3),
        (["31/02/1957", "n/a", ""], ["", "", ""]),
    ],
)
def test_the_dates_of_a_column_are_read_in_one_order_or_not_at_all(
    cells: list[str], expected: list[str]
) -> None:
    assert days(cells) == expected


@pytest.mark.parametrize(
    ("header", "is_spanish", "expected"),
    [
        ("FN", True, "1957-04-03"),
        ("DOB (mm/dd/yyyy)", False, "1957-03-04"),
        ("Fecha de nacimiento (dd/mm/aaaa)", True, "1957-04-03"),
        ("DOB", False, ""),
    ],
)
def test_the_header_says_what_no_cell_says(header: str, is_spanish: bool, expected: str) -> None:
    made = column(["03/04/1957"], header, is_spanish=is_spanish)
    assert str(made.day_of("03/04/1957") or "") == expected
    assert ("because the header" in made.note) == bool(expected)


@pytest.mark.parametrize(
    ("header", "is_spanish", "cells", "expected"),
    [
        ("FN", True, ["03/04/1957", "32/13/1990"], ["1957-04-03", ""]),
        ("DOB", False, ["23/04/1957", "03/04/1957", "32/13/1990"], ["1957-04-23", "1957-04-03", ""]),
        ("DOB", False, ["03/04/1957", "31/02/1990", "30/02/1990"], ["", "", ""]),
        ("FN", True, ["03/04/1957", "12/31/1990", "05/05/1957"], ["", "1990-12-31", "1957-05-05"]),
        (
            "DOB",
            False,
            ["21/04/1957", "22/04/1957", "12/31/1990", "03/04/1957"],
            ["1957-04-21", "1957-04-22", "1990-12-31", ""],
        ),
        ("DOB (mm/dd/yyyy)", False, ["23/04/1957", "03/04/1957"], ["1957-04-23", ""]),
        ("Nacimiento (mm/dd/aaaa)", True, ["12/31/1990", "03/04/1957"], ["1990-12-31", "1957-03-04"]),
        ("FN", True, ["29/02/57", "29/02/56", "10-04-12"], ["", "1956-02-29", "2012-04-10"]),
    ],
)
def test_only_real_dates_say_in_which_order_dates_are(
    header: str, is_spanish: bool, cells: list[str], expected: list[str]
) -> None:
    assert days(cells, header=header, is_spanish=is_spanish) == expected


@pytest.mark.parametrize(
    ("header", "cells", "text", "why"),
    [
        (
            "FN",
            ["32/13/1990"],
            "32/13/1990",
            "Its birth date “32/13/1990” is no date. Write it as 1957-04-23.",
        ),
        (
            "DOB",
            ["23/04/1957", "12/31/1990"],
            "03/04/1957",
            "Its birth date “03/04/1957” could be 1957-03-04 or 1957-04-03: line 2 (23/04/1957) has the day "
            "first, and line 3 (12/31/1990) has the month first. Correct the line that is wrong, or write "
            "the date as year-month-day.",
        ),
        (
            "DOB dd/mm/yyyy",
            ["12/31/1990"],
            "03/04/1957",
            "the header says that the day comes first, and line 2",
        ),
        ("DOB", [], "03/04/1957", "nothing in the column says which"),
        ("DOB", ["23/04/57"], "23/04/20", "could be 1920-04-23 or 2020-04-23. Write its year with four"),
        ("DOB", [], "3-abr-20", "could be 1920-04-03 or 2020-04-03. Write its year with four"),
    ],
)
def test_a_date_that_is_not_taken_says_its_value_what_contradicts_and_the_cure(
    header: str, cells: list[str], text: str, why: str
) -> None:
    assert why in column([*cells, text], header).why_not(text)


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["1957-04-23"], ""),
        (["23/04/1957"], ""),
        (["23/04/1957", "01/02/1990"], "day/month/year, as line 2 (23/04/1957) shows"),
        (["03/04/1957"], "Nothing says whether"),
        (["23/04/1957", "04/23/1957", "01/02/1990"], "line 3 (04/23/1957) has the month first"),
        (["20933"], "Excel's days"),
    ],
)
def test_how_a_column_was_read_is_said(cells: list[str], note: str) -> None:
    made = column(cells)
    assert (note in made.note) if note else not made.note


def test_a_lone_m_in_a_column_of_sexes_is_said(tmp_path: Path) -> None:
    summary, _ = told(tmp_path, "MRN,Sexo\n1,M\n2,M\n")
    assert "mujer" in summary["columns"][1]["note"]


def test_encoding_and_delimiter_are_told(tmp_path: Path) -> None:
    content = "MRN|Apellidos\n1|Peña\n"
    for encoding, name in (
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-8"),
    ):
        summary, (row,) = told(tmp_path, content.encode(encoding))
        assert (summary["encoding"], summary["delimiter"], row["family_name"]) == (name, "|", "Peña")


def test_one_broken_letter_does_not_spoil_the_others(tmp_path: Path) -> None:
    lines = [b"MRN,Apellidos", *["1,Peña Núñez".encode()] * 10, b"2,Pe\xf1a"]
    _, rows = told(tmp_path, b"\n".join(lines))
    assert {row["family_name"] for row in rows[:10]} == {"Peña Núñez"}
    assert "cannot be read" in rows[10]["problem"]
