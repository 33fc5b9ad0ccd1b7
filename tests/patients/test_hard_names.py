"""The specification in `hard_names.tsv`, case by case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from patients.demo_directory import demo_patients
from patients.filename_patterns import read_path
from patients.matching.directory import MemoryDirectory
from patients.matching.identify import identify
from patients.matching.normalise import Person, person_of
from patients.matching.policy import Policy
from patients.matching.results import Decision

TODAY = date(2026, 6, 30)
SPECIFICATION = Path(__file__).with_name("hard_names.tsv")
LOOK_ALIKES = 12  # the first of the demonstration's people, who are those of the specification
POLICIES: dict[str, dict[str, Any]] = {
    "always": {"bare_number": "always"},
    "never": {"bare_number": "never"},
    "name": {"name_alone": True},
}


@dataclass(frozen=True)
class Case:
    """One line of the specification."""

    line: int
    file: str
    people: tuple[Person, ...]
    expected: str
    why: str
    rules: frozenset[str]


def cases() -> Iterator[Case]:
    people: dict[str, Person] = {}
    for number, line in enumerate(SPECIFICATION.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if cells[0] == "person":
            people[cells[1]] = _person(*cells[2:])
        elif not line.startswith("#"):
            file, who, wanted, why = cells
            expected, *rules = wanted.split(" @")
            known = tuple(people[key] for key in who.split(","))
            yield Case(number, file, known, expected, why, frozenset(rules))


def _person(*cells: str) -> Person:
    mrn, family, given, suffix, born, _ = cells
    birth_date = date.fromisoformat(born) if born else None
    return person_of(mrn, mrn, family=family, given=given, suffix=suffix, birth_date=birth_date)


def townspeople(*, with_check_digit: bool) -> list[Person]:
    """188 ordinary patients; without a check digit their numbers are those with the last digit gone."""
    rows = demo_patients()[LOOK_ALIKES:]
    numbers = [row["mrn"] if with_check_digit else row["mrn"][:-1] + "0" for row in rows]
    return [
        person_of(
            f"town {number}",
            number,
            family=row["family_name"],
            given=row["given_names"],
            suffix=row["suffix"],
            birth_date=row["birth_date"],
        )
        for number, row in zip(numbers, rows, strict=True)
    ]


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"line {case.line}")
def test_a_hard_name_ends_as_the_specification_says(case: Case) -> None:
    town = townspeople(with_check_digit="luhn" in case.rules)
    names = {person.names for person in case.people}
    directory = MemoryDirectory([*case.people, *(other for other in town if other.names not in names)])
    changes = [POLICIES[rule] for rule in case.rules if rule in POLICIES]
    policy = Policy(**{name: value for change in changes for name, value in change.items()})
    result = identify(directory, read_path(case.file, today=TODAY), policy=policy, today=TODAY)
    decision, _, patient = case.expected.partition(" ")
    said = f"{result.decision} {result.patient_id} ({result.reason}, {result.confidence:.3f})"
    assert result.decision == Decision(decision), f"{case.why}: {said}"
    if patient:
        assert result.patient_id == patient, f"{case.why}: {said}"
    elif decision == "review":
        assert result.patient_id in {person.id for person in case.people}, f"{case.why}: {said}"


def test_the_specification_has_three_hundred_cases() -> None:
    assert len({(case.file, case.people, case.rules) for case in cases()}) >= 300
