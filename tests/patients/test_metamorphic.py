"""What must hold of any match, whoever the patient is and however the file is named."""

from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patients.clues import CARD, DICOM, Clue, Field
from patients.demo_directory import demo_patients
from patients.filename_patterns import read_path
from patients.matching.directory import MemoryDirectory
from patients.matching.identify import identify
from patients.matching.normalise import Person, person_of
from patients.matching.policy import Policy
from patients.matching.results import Decision, MatchResult

TODAY = date(2026, 6, 30)
ROWS = demo_patients()
PERMISSIVE = Policy(bare_number="always", name_alone=True)

someone = st.integers(min_value=0, max_value=len(ROWS) - 1)
# How clinics write a patient into a file's name.
FORMS = (
    "{mrn}_{family}, {given}_6001467010_CONS.pdf",
    "{mrn}_{family}_{given}_0001.jpg",
    "{mrn}.jpg",
    "{family}_{given}.jpg",
    "{family} {given} {born}.jpg",
    "{mrn}_{born}.jpg",
    "{mrn} {family}/IMG_0001.jpg",
    "{family} {given}/{mrn}_01.jpg",
)
form = st.sampled_from(FORMS)


def person(row: dict[str, object], **changes: object) -> Person:
    facts = {**row, **changes}
    return person_of(
        str(facts["mrn"]),
        str(facts["mrn"]),
        family=str(facts["family_name"]),
        given=str(facts["given_names"]),
        suffix=str(facts["suffix"]),
        birth_date=facts["birth_date"],  # type: ignore[arg-type]
    )


PEOPLE = [person(dict(row)) for row in ROWS]
DIRECTORY = MemoryDirectory(PEOPLE)


def written(name_form: str, at: int) -> str:
    row = ROWS[at]
    return name_form.format(
        mrn=row["mrn"], family=row["family_name"], given=row["given_names"], born=row["birth_date"]
    )


def matched(path: str, *extra: Clue, where: MemoryDirectory = DIRECTORY) -> MatchResult:
    return identify(where, (*read_path(path, today=TODAY), *extra), policy=PERMISSIVE, today=TODAY)


def confidence_in(result: MatchResult, patient_id: str) -> float:
    return next((each.confidence for each in result.candidates if each.patient_id == patient_id), 0.0)


@given(at=someone, name_form=form)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_adding_a_namesake_never_raises_confidence(at: int, name_form: str) -> None:
    namesake = person(dict(ROWS[at]), mrn="4000009999", birth_date=date(1931, 1, 1))
    path = written(name_form, at)
    before = confidence_in(matched(path), ROWS[at]["mrn"])

    after = confidence_in(matched(path, where=MemoryDirectory([*PEOPLE, namesake])), ROWS[at]["mrn"])

    assert after <= before + 0.001, f"{before} → {after}"


@given(at=someone, other=someone, name_form=form)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_number_of_somebody_else_never_raises_confidence_nor_assigns(
    at: int, other: int, name_form: str
) -> None:
    if at == other:
        return
    path = written(name_form, at)
    before = matched(path)
    card = Clue(Field.RECORD_NUMBER, ROWS[other]["mrn"], CARD, "labelled")

    after = matched(path, card)

    assert confidence_in(after, ROWS[at]["mrn"]) <= confidence_in(before, ROWS[at]["mrn"]) + 0.001
    assert after.decision is not Decision.ASSIGN or _could_be_both(path, other), after.reason


def _could_be_both(path: str, other: int) -> bool:
    """The file's name says nothing that the other patient's record does not say as well."""
    return matched(path).patient_id == ROWS[other]["mrn"]


@given(at=someone, name_form=form, years=st.integers(min_value=2, max_value=40))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_another_birth_date_from_a_machine_never_raises_confidence_nor_assigns(
    at: int, name_form: str, years: int
) -> None:
    path = written(name_form, at)
    born = ROWS[at]["birth_date"]
    wrong = Clue(Field.BIRTH_DATE, date(born.year - years, 1 + born.month % 12, 15).isoformat(), DICOM)
    before = matched(path)

    after = matched(path, wrong)

    assert confidence_in(after, ROWS[at]["mrn"]) <= confidence_in(before, ROWS[at]["mrn"]) + 0.001
    assert not (after.decision is Decision.ASSIGN and after.patient_id == ROWS[at]["mrn"]), after.reason


@given(at=someone, name_form=form, seed=st.integers(min_value=0, max_value=99))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_same_question_always_has_the_same_answer(at: int, name_form: str, seed: int) -> None:
    shuffled = list(PEOPLE)
    Random(seed).shuffle(shuffled)
    path = written(name_form, at)
    assert matched(path, where=MemoryDirectory(shuffled)).as_json() == matched(path).as_json()


@pytest.mark.parametrize("name_form", FORMS)
def test_whoever_is_assigned_is_the_one_who_was_written(name_form: str) -> None:
    for at, row in enumerate(ROWS):
        result = matched(written(name_form, at))
        assert result.decision is not Decision.ASSIGN or result.patient_id == row["mrn"], result.reason
