"""What is read from names of files and folders, before anybody is looked up."""

from datetime import date

import pytest

from patients.clues import Clue
from patients.filename_patterns import read_path
from patients.filename_patterns.dates import find_dates
from patients.filename_patterns.text import LOST, repaired

TODAY = date(2026, 6, 30)


def _values(path: str, field: str) -> list[str]:
    return [clue.value for clue in read_path(path, today=TODAY) if clue.field == field]


def test_the_form_with_number_names_episode_and_type_is_read_whole() -> None:
    clues = read_path("3000003799_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf", today=TODAY)

    assert clues == (
        Clue("pattern", "NUMBER_SURNAMES, NAMES_EPISODE_TYPE", "file_name"),
        Clue("record_number", "3000003799", "file_name", "first"),
        Clue("name", "GARZA TIJERINA, MARIA ESTHER", "file_name"),
        Clue("episode", "6001467010", "file_name"),
        Clue("document_type", "CONS", "file_name"),
    )


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("3000003799_01.jpg", ["3000003799"]),
        ("MX-0012345_frente.jpg", ["MX-0012345"]),
        ("#MX0012345.jpg", ["MX0012345"]),
        ("MRN3000003799.jpg", ["3000003799"]),
        ("Garza_exp-0012345.jpg", ["0012345"]),
        ("300-000-3799.jpg", ["300-000-3799"]),
        ("IMG_0012.JPG", []),
        ("IMG_20240501_120000.jpg", []),
        ("PXL_20240501_120000123.jpg", []),
        ("9f4a94c1-97c9-4be1.jpg", []),
        ("Garza_Maria_2of5.jpg", []),
        ("P3000003799_GARZA, MARIA_6001467010_CONS.pdf", ["3000003799"]),
        ("EXP-3000003799_GARZA, MARIA_6001467010_CONS.pdf", ["3000003799"]),
        ("MX-0012345_GARZA, MARIA_6001467010_CONS.pdf", ["MX-0012345"]),
    ],
)
def test_record_numbers_stand_first_or_behind_a_label(path: str, numbers: list[str]) -> None:
    assert _values(path, "record_number") == numbers


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("Garza_Maria_01.jpg", ["Garza_Maria"]),
        ("3000003799_Garza Tijerina, María.jpg", ["Garza Tijerina, María"]),
        ("Ana Ruiz - 0012345 - CONS.pdf", ["Ana Ruiz", "CONS"]),
        ("Ana Ruiz Dr. Pérez.pdf", ["Ana Ruiz"]),
        ("DrHernández_Ana Ruiz.pdf", ["Ana Ruiz"]),
        ("JWu-0012345.pdf", ["JWu"]),
        ("DSC_0012.JPG", []),
    ],
)
def test_what_is_left_between_numbers_and_dates_is_a_name(path: str, names: list[str]) -> None:
    assert _values(path, "name") == names


@pytest.mark.parametrize(
    "path",
    [
        "20240131_Garza, Maria_10123578_OPG.pdf",
        "12345678_Garza, Maria_20240131_OPG.pdf",
        "A1234567_Garza Maria_FN_19740318_OPG.pdf",
    ],
)
def test_a_day_in_a_number_or_episodes_place_is_read_as_a_day(path: str) -> None:
    assert _values(path, "pattern") != ["NUMBER_SURNAMES, NAMES_EPISODE_TYPE"]
    assert _values(path, "date") or _values(path, "birth_date")


def test_the_doctor_is_not_the_patient() -> None:
    assert _values("Ana Ruiz Dra. de la Cruz.pdf", "doctor") == ["de la Cruz"]


def test_folders_are_sources_of_their_own_the_nearest_first() -> None:
    clues = read_path("2026/3000003799/Garza Maria/DSC_0012.JPG", today=TODAY)

    assert [(clue.field, clue.value) for clue in clues if clue.field in {"name", "record_number"}] == [
        ("name", "Garza Maria"),
        ("record_number", "3000003799"),
    ]
    assert {clue.source for clue in clues} == {"folder"}


def test_windows_paths_and_strange_paths_are_read_too() -> None:
    assert [clue.source for clue in read_path("Fotos\\Garza Ana\\x.jpg", today=TODAY)][-1] == "folder"
    for path in ("", ".", "/", "..", "\x00", "a" * 5000, "🦷.jpg", "\udcff.jpg", "_.-,"):
        assert isinstance(read_path(path, today=TODAY), tuple)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("1974-03-18", "1974-03-18"),
        ("19740318", "1974-03-18"),
        ("18-03-1974", "1974-03-18"),
        ("18.03.74", "1974-03-18"),
        ("180374", "1974-03-18"),
        ("18MAR1974", "1974-03-18"),
        ("18-mar-74", "1974-03-18"),
        ("18ABR1974", "1974-04-18"),
        ("1974_03_18", "1974-03-18"),
        ("03181974", "1974-03-18"),
    ],
)
def test_dates_are_read_in_every_form(text: str, first: str) -> None:
    (found,) = find_dates(text, today=TODAY)

    assert date.fromisoformat(first) in found.days


def test_a_date_keeps_every_reading_and_none_in_the_future() -> None:
    (found,) = find_dates("01-02-30", today=TODAY)

    assert date(1930, 2, 1) in found.days
    assert date(1930, 1, 2) in found.days
    assert max(found.days) <= TODAY


@pytest.mark.parametrize("text", ["DOB19740318", "FN-18031974", "nac 18.03.1974", "born18MAR1974"])
def test_a_label_makes_it_a_birth_date(text: str) -> None:
    assert _values(f"Garza_{text}.jpg", "birth_date")


@pytest.mark.parametrize("text", ["99999999", "12345", "31-02-2020", "20290101"])
def test_what_cannot_be_a_day_is_no_date(text: str) -> None:
    assert list(find_dates(text, today=TODAY)) == []


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("Gonz\u00c3\u00a1lez", "González"),
        ("Garc\u00c3\u00ada", "García"),
        ("Nun\u0303ez", "Nuñez"),
        ("Jose\u0301", "José"),
        ("Jos%C3%A9", "José"),
        ("Gonzßlez", "González"),
        ("Garc\u200bía", "García"),
        ("Garсia", "Garcia"),
        ("МАRIA", "MARIA"),
        ("ＧＡＲＺＡ", "GARZA"),
        ("Groß", "Groß"),
        ("Иванов", "Иванов"),
        ("JOÃO", "JOÃO"),
        ("G?mez", f"G{LOST}mez"),
        ("50%_copy", "50%_copy"),
    ],
)
def test_text_is_brought_back_to_what_was_meant(broken: str, meant: str) -> None:
    assert repaired(broken) == meant
