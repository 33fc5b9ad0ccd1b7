"""Lists as programs and people write them: encodings, separators, headers, dates, damaged numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from files.errors import FileRejected
from patients.listing import ROWS_FILE, read

LIMITS = {"max_bytes": 10_000, "max_rows": 50, "max_columns": 8, "max_unpacked_bytes": 1 << 20}
PLAIN = "MRN,Apellidos,Nombre,Fecha de nacimiento,Sexo\n0012345,Garza Tijerina,María Esther,23/04/1957,F\n"


def told(folder: Path, content: bytes | str, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = folder / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    arguments: dict[str, Any] = {"kind": "csv", **LIMITS, **options}
    summary = read(path=str(path), scratch=str(folder), **arguments)
    return summary, [json.loads(line) for line in (folder / ROWS_FILE).read_text().splitlines()]


def rows_of(folder: Path, content: bytes | str) -> list[dict[str, Any]]:
    return told(folder, content)[1]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN.encode(), id="utf-8"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN.encode(), id="utf-8 with its mark"),
        pytest.param(PLAIN.encode("cp1252"), id="windows"),
        pytest.param(PLAIN.encode("utf-16"), id="utf-16 with its mark"),
        pytest.param(PLAIN.encode("utf-16-le"), id="utf-16 without"),
        pytest.param(PLAIN.encode("utf-16-be"), id="utf-16 the other way"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), id="windows lines"),
        pytest.param(PLAIN.replace("\n", "\r").encode(), id="old mac lines"),
        pytest.param(PLAIN.replace(",", ";").encode(), id="semicolons"),
        pytest.param(PLAIN.replace(",", "\t").encode(), id="tabs"),
        pytest.param(PLAIN.replace(",", "|").encode(), id="bars"),
        pytest.param(b"sep=;\n" + PLAIN.replace(",", ";").encode(), id="excel's first line"),
        pytest.param(b"Lista del dia 4 de mayo\n\n" + PLAIN.encode(), id="a title above"),
        pytest.param(PLAIN.replace("0012345", '="0012345"').encode(), id="excel's text"),
    ],
)
def test_one_list_however_it_was_saved(tmp_path: Path, content: bytes) -> None:
    summary, (row,) = told(tmp_path, content)
    assert (row["mrn"], row["family_name"], row["given_names"]) == (
        "0012345",
        "Garza Tijerina",
        "María Esther",
    )
    assert (row["birth_date"], row["sex"], row["problem"]) == ("1957-04-23", "F", "")
    numbers = ("is_mapping", "is_guessed", "rows", "refused", "told")
    assert [summary[name] for name in numbers] == [False, False, 1, 0, []]
    assert [column["field"] for column in summary["columns"]] == [
        "mrn",
        "family_name",
        "given_names",
        "birth_date",
        "sex",
    ]


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("NHC", "7", {"mrn": "7"}),
        ("N.º de expediente", "7", {"mrn": "7"}),
        ("Patient ID", "7", {"mrn": "7"}),
        ("EXPEDIENTE;Apellido paterno;Apellido materno;Nombres", "7;Garza;Tijerina;Eva",
         {"family_name": "Garza Tijerina", "given_names": "Eva"}),
        ("mrn;last_name;first name;middle name", "7;Smith;Ann;B",
         {"family_name": "Smith", "given_names": "Ann B"}),
        ("mrn;Nombre", "7;GARZA TIJERINA, MARÍA", {"family_name": "GARZA TIJERINA", "given_names": "MARÍA"}),
        ("mrn;Paciente", "7;María Garza", {"family_name": "", "whole_name": "María Garza"}),
        ("mrn;DOB", "7;1957-04-23", {"birth_date": "1957-04-23"}),
        ("mrn;DOB", "7;19570423", {"birth_date": "1957-04-23"}),
        ("mrn;DOB", "7;04/23/1957", {"birth_date": "1957-04-23"}),
        ("mrn;F. Nac.", "7;23-abr-1957", {"birth_date": "1957-04-23"}),
        ("mrn;Fecha nacimiento", "7;03/04/1957", {"birth_date": "1957-04-03"}),
        ("mrn;DOB", "7;03/04/1957", {"birth_date": ""}),
        ("mrn;DOB", "7;04/04/1957", {"birth_date": "1957-04-04", "lost_date": ""}),
        ("mrn;DOB", "7;31/02/1957", {"birth_date": ""}),
        ("Archivo;MRN", "C:\\Fotos\\IMG_1.JPG;007", {"path": "C:\\Fotos\\IMG_1.JPG", "mrn": "007"}),
    ],
)  # fmt: skip
def test_headers_and_cells(tmp_path: Path, header: str, cells: str, expected: dict[str, Any]) -> None:
    (row,) = rows_of(tmp_path, f"{header}\n{cells}\n")
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["M", "F"], ["M", "F"]),
        (["M", "H"], ["F", "M"]),
        (["M", "M"], ["", ""]),
        (["H", "F", "M"], ["M", "F", ""]),
        (["Masculino", "Femenino"], ["M", "F"]),
    ],
    ids=["man beside F", "mujer beside H", "M alone says nothing", "nor M among both", "in words"],
)
def test_an_m_means_what_its_column_means(tmp_path: Path, column: list[str], expected: list[str]) -> None:
    lines = "\n".join(f"{number},{sex}" for number, sex in enumerate(column, start=1))
    assert [row["sex"] for row in rows_of(tmp_path, f"MRN,Sexo\n{lines}\n")] == expected


def test_the_days_of_one_column_are_read_in_one_order(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "mrn,dob\n1,12/25/1990\n2,03/04/1957\n")
    assert [row["birth_date"] for row in rows] == ["1990-12-25", "1957-03-04"]
    rows = rows_of(tmp_path, "mrn,dob\n1,12/25/1990\n2,25/12/1957\n3,03/04/1957\n")
    assert [row["birth_date"] for row in rows] == ["1990-12-25", "1957-12-25", ""]


def test_an_impossible_date_turns_no_other(tmp_path: Path) -> None:
    lines = "NHC;Apellidos;Nombre;FN\n709;Ambig;B;03/04/1957\n708;Typo;B;32/13/1990\n"
    rows = rows_of(tmp_path, lines)
    assert [row["birth_date"] for row in rows] == ["1957-04-03", ""]
    assert rows[1]["lost_date"] == "Its birth date “32/13/1990” is no date. Write it as 1957-04-23."


def test_lines_that_are_not_understood_are_counted_with_their_numbers(tmp_path: Path) -> None:
    content = 'MRN,Nombre\n1,"Garza\n María"\n\n,\n3.00E+09,Okafor\n,\n4,Okafor,5\n'
    summary, rows = told(tmp_path, content)
    assert (summary["rows"], summary["refused"]) == (1, 2)
    assert [line for line, _ in summary["told"]] == [6, 8]
    assert "spreadsheet" in summary["told"][0][1]
    assert rows[0]["whole_name"] == "Garza María"


def test_a_mapping_needs_both(tmp_path: Path) -> None:
    summary, rows = told(tmp_path, "file,mrn\na.jpg,1\nb.jpg,\n,2\n")
    assert summary["is_mapping"]
    assert [bool(row["problem"]) for row in rows] == [False, True, True]


@pytest.mark.parametrize(
    ("content", "limits", "code"),
    [
        (b"Buy milk.\nCall Ann.\n", {}, "list-not-understood"),
        (b"\x00\xff" * 500, {}, "list-not-understood"),
        (b"", {}, "list-empty"),
        (b"\n", {}, "list-empty"),
        (b"DOB\n1957-04-23\n", {}, "list-not-understood"),
        (b"MRN\n", {}, "list-empty"),
        (b"MRN\n" + b"1\n" * 51, {}, "list-too-long"),
        (b"MRN" + b",x" * 8 + b"\n1\n", {}, "list-too-wide"),
        (b"MRN\n1\n", {"max_bytes": 5}, "list-too-large"),
        (b"MRN\n" + b"x" * 200_000, {"max_bytes": 1_000_000}, "list-cell-too-long"),
        (b"MRN\n" + b'"' + b"x" * 200_000, {"max_bytes": 1_000_000}, "list-quote-open"),
        (b'NHC;Apellidos;Nombre\n1;"Perez;Juan\n2;Lopez;Ana\n', {}, "list-quote-open"),
        (b'NHC;Apellidos;Nombre\n1;Perez;"Juan\n', {}, "list-quote-open"),
        (b'MRN,Name\n1,"Garza\n2,Lee\n3,Ray\n4,Fox\n5,Cruz\n6,Pena\n', {}, "list-quote-open"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes, limits: dict[str, int], code: str
) -> None:
    with pytest.raises(FileRejected) as refused:
        told(tmp_path, content, **limits)
    assert refused.value.code == code


def test_the_refusal_names_headers_that_help(tmp_path: Path) -> None:
    with pytest.raises(FileRejected, match="expediente"):
        told(tmp_path, "Dear all,\n")


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (
            '1;Ruiz;Eva\n2;"Lopez;Ana\n3;Ruiz"x;Eva\n4;Lee;Ann\n',
            {3: "In lines 3 to 4 something stands after"},
        ),
        ('1;Ruiz;Eva\n2;"Lopez;Ana\n3;Ruiz";Eva\n4;Lee;Ann\n', {3: "From line 3 to line 4 one cell holds"}),
        ('1;Ruiz;Eva\n2;"Lopez" x;Ana\n4;Lee;Ann\n', {3: "after a closing quotation mark"}),
        ('1;Ruiz;"Eva\nMaría"\n"2" ;"O\'Hara ""Liz""" ;Ana\n4;Ruiz "x;Ann\n', {}),
    ],
    ids=["after the mark", "well closed", "in one line", "harmless marks"],
)
def test_a_row_that_may_have_swallowed_another_is_refused_and_no_other(
    tmp_path: Path, content: str, lines: dict[int, str]
) -> None:
    rows = rows_of(tmp_path, f"NHC;Apellidos;Nombre\n{content}")
    assert {row["line"]: row["problem"] for row in rows if row["problem"]}.keys() == lines.keys()
    for row in rows:
        assert lines.get(row["line"], "") in row["problem"]
    assert {row["mrn"] for row in rows} >= {"1", "4"}


def test_an_address_of_two_lines_with_the_delimiter_in_it_refuses_nobody(tmp_path: Path) -> None:
    address = '"Calle 5, Col. Centro\nMonterrey, NL"'
    rows = rows_of(
        tmp_path, f"NHC,Apellidos,Domicilio,Nombre\n1,Ruiz,{address},Eva\n2,Gil,{address}\n3,Lee,x,Ann\n"
    )
    assert [row["problem"][:11] for row in rows] == ["", "From line 4", ""]
    assert (rows[0]["family_name"], rows[0]["given_names"]) == ("Ruiz", "Eva")


def test_a_mark_left_open_in_a_column_that_is_not_used_loses_nobody_in_silence(tmp_path: Path) -> None:
    content = '12,Perez,Juan,"la flaca\n13,Lopez,Ana,la nena"\n14,Diaz,Eva,x\n'
    rows = rows_of(tmp_path, f"NHC,Apellidos,Nombre,Notas\n{content}")
    assert [row["problem"][:11] for row in rows] == ["From line 2", ""]


def test_a_mark_that_swallows_many_lines_before_it_ends_refuses_the_list(tmp_path: Path) -> None:
    lines = "".join(f"{number},Lee,Ann,x\n" for number in range(40))
    with pytest.raises(FileRejected) as refused:
        told(
            tmp_path, f'NHC,Apellidos,Nombre,Notas\n77,"Perez,Juan,x\n{lines}78,"Diaz",Eva,x\n79,Gil,Ana,x\n'
        )
    assert refused.value.code == "list-quote-open"


def test_a_row_that_is_refused_shows_no_order_of_dates(tmp_path: Path) -> None:
    content = "1,Diaz,Eva,2024-01-01,03/04/1957\n9,Perez,Ana, Maria,12/31/2024,05/06/1960\n"
    rows = rows_of(tmp_path, f"id,surname,name,admitted,birth date\n{content}")
    assert rows[0]["birth_date"] == ""
    assert "has more cells" in rows[1]["problem"]


def test_a_long_date_that_contradicts_is_shown_short_to_every_row(tmp_path: Path) -> None:
    content = f"1;Lee;31/12/1990 {'x' * 5000}\n2;Lee;12/31/1990\n3;Lee;01/02/1990\n"
    rows = rows_of(tmp_path, f"NHC;Apellidos;FN\n{content}")
    assert "31/12/1990" in rows[2]["lost_date"]
    assert len(rows[2]["lost_date"]) < 400


def test_an_open_mark_names_the_line_in_which_it_opens(tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as refused:
        told(tmp_path, 'NHC;Apellidos;Nombre\n1;Ruiz;Eva\n2;"Lopez\nGil";"Ana\n3;Ruiz;Eva\n')
    assert refused.value.facts["line"] == 4


@pytest.mark.parametrize(
    ("content", "limits", "said"),
    [
        (b"MRN" + b",x" * 8 + b"\n1\n", {}, "has more than 8 columns; at most 8 are read"),
        (b"MRN\n" + b"1\n" * 51, {}, "more than 50 lines below its header, which is the limit. Send it in"),
        (
            b"MRN\n" + b"x" * 200_000,
            {"max_bytes": 1_000_000},
            "line 2 has more than 131072 characters, which",
        ),
        (b"MRN\n1\n", {"max_bytes": 5}, "has 6 bytes; at most 5 are read. Send it in parts"),
    ],
)
def test_what_is_too_much_says_value_limit_and_cure(
    tmp_path: Path, content: bytes, limits: dict[str, int], said: str
) -> None:
    with pytest.raises(FileRejected, match=said):
        told(tmp_path, content, **limits)


def test_a_line_that_is_too_much_says_value_limit_and_cure(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, f"MRN;Apellidos\n{'7' * 65};Lee\n8;{'x' * 201}\n9;Lee;more\n")
    assert [row["problem"] for row in rows] == [
        "Its record number is too long: 65 characters, and at most 64 are kept. Shorten it.",
        "Its name is too long: 201 characters, and at most 200 are kept. Shorten it.",
        "It has more cells (3) than the header (2). Put a text that holds a delimiter in quotes.",
    ]
