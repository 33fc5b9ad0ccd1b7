"""The demonstration clinic has the same 200 people everywhere, and among them some hard to tell apart."""

from collections import Counter

from patients.demo_directory import demo_patients
from patients.matching.check_digits import verify


def test_the_same_two_hundred_people_every_time() -> None:
    assert demo_patients() == demo_patients()
    assert len(demo_patients()) == 200
    assert demo_patients(20) == demo_patients()[:20]


def test_every_record_number_is_its_own_and_carries_a_luhn_digit() -> None:
    numbers = [person["mrn"] for person in demo_patients()]

    assert len(set(numbers)) == 200
    assert {len(number) for number in numbers} == {10}
    assert verify(numbers) == "luhn"


def test_namesakes_twins_and_a_father_and_son_are_among_them() -> None:
    people = demo_patients()
    names = Counter((person["family_name"], person["given_names"]) for person in people)
    days = Counter((person["family_name"], person["birth_date"]) for person in people)

    assert sorted(names.values())[-3:] == [2, 2, 2]
    assert max(days.values()) == 2
    assert {person["suffix"] for person in people} == {"", "Jr", "Sr"}
