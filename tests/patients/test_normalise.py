"""Names and numbers of records and files are brought to one form before they are compared."""

from datetime import date

import pytest

from patients.matching.keys import keys_of, near_number_keys, near_numbers, number_key
from patients.matching.normalise import Number, folded, number_of, person_of, words_of
from patients.matching.numbers import NumberShape, shape_of
from patients.matching.spelling import spelt_words
from patients.matching.vocabulary import Vocabulary
from tests.patients.people import people

WORDS = Vocabulary.of(people())


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Núñez", "nunez"),
        ("NUÑEZ", "nunez"),
        ("Đức", "duc"),
        ("Łukasz", "lukasz"),
        ("Groß", "gross"),
        ("Иван", "ivan"),
    ],
)
def test_words_lose_accents_case_and_script(word: str, plain: str) -> None:
    assert folded(word) == plain


def test_registered_names_come_apart_at_spaces_and_hyphens_only() -> None:
    assert words_of("St. John-O'Neil") == ("st", "john", "oneil")


def test_particles_carry_no_name_unless_nothing_else_does() -> None:
    assert person_of("1", "1", family="de la Garza", given="María del Carmen").names == (
        "garza",
        "maria",
        "carmen",
    )
    assert person_of("1", "1", family="De", given="Van").names == ("de", "van")


def test_a_suffix_is_found_wherever_it_was_typed() -> None:
    assert person_of("1", "1", family="Walker Jr.", given="Tom").suffix == "jr"
    assert person_of("1", "1", family="Walker", given="Tom", suffix="Junior").suffix == "jr"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("MX-0012345", Number("MX", "12345", 7)),
        ("300-000-3799", Number("", "3000003799", 10)),
        ("x", Number("X", "", 0)),
    ],
)
def test_numbers_are_taken_apart(text: str, number: Number) -> None:
    assert number_of(text) == number


def test_the_shape_of_numbers_tells_ours_from_counters_and_episodes() -> None:
    shape = shape_of(number_of(person.written_number) for person in people())

    assert shape.looks_ours(number_of("3000004000"))
    assert shape.looks_ours(number_of("003000004000"))
    assert not shape.looks_ours(number_of("6001467010"))
    assert not shape.looks_ours(number_of("0012"))


def test_near_numbers_are_exactly_one_slip_away() -> None:
    near = near_numbers("120")
    assert {"121", "20", "12", "10", "210", "102", "1200", "1120"} <= near
    assert not {"120", "012", "333", ""} & near


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("GarzaTijerinaMaria", ["garza", "tijerina", "maria"]),
        ("garzatijerinamaria", ["garza", "tijerina", "maria"]),
        ("P_rez", ["perez"]),
        ("P\ufffdrez", ["perez"]),
        ("QuintaniIla", ["quintaniila"]),
        ("Mart1nez", ["martinez"]),
        ("MaRiA", ["maria"]),
        ("Perez_Eduardo", ["perez", "eduardo"]),
        ("O'Brien", ["obrien"]),
        ("de la Garza", ["de", "la", "garza"]),
    ],
)
def test_the_words_of_a_file_name_are_spelt_as_the_directory_knows_them(text: str, words: list[str]) -> None:
    assert [word.text for word in spelt_words(text, WORDS)] == words


def test_one_slip_is_found_and_two_are_not() -> None:
    assert WORDS.near("tijerna") == ("tijerina",)
    assert "quintanilla" in WORDS.near("quintaniya")
    assert WORDS.near("txjxrina") == ()
    assert WORDS.near("ana") == ()


def test_keys_are_stable_and_fit_a_plain_integer() -> None:
    person = person_of("1", "0012345", family="Garza Ruiz", given="Ana", birth_date=date(1980, 1, 2))
    again = person_of("2", "12345", family="GARZA RUIZ", given="ana", birth_date=date(1980, 1, 2))

    assert keys_of(person) == keys_of(again)
    assert all(-(2**31) <= key < 2**31 for key in keys_of(person))
    assert 10 <= len(keys_of(person)) <= 40


def test_near_numbers_far_beyond_a_directorys_range_are_not_asked_for() -> None:
    shape = shape_of(number_of(text) for text in ("3000", "3999"))
    near = near_number_keys("3500", shape)
    assert near_number_keys("3500", NumberShape(frozenset(), frozenset(), lowest=0, highest=10**6)) > near
    assert {number_key(number_of(text)) for text in ("3501", "3050", "3510", "3400")} <= near
    assert not {number_key(number_of(text)) for text in ("350", "35001", "9500")} & near


def test_where_the_database_cannot_tell_the_range_exactly_every_near_number_is_asked_for() -> None:
    shape = shape_of(map(number_of, ("30000000000000000", "30000000000000001")))
    assert number_key(number_of("90000000000000000")) in near_number_keys("30000000000000000", shape)
