"""What other sources than the file's name say: each is judged by itself; one that points away is a veto."""

import json
from datetime import date

import pytest

from patients.clues import CARD, DICOM, EXIF, LIST, Clue, Field
from patients.matching.directory import MemoryDirectory
from patients.matching.policy import Policy
from patients.matching.results import Decision, MatchResult, Stranger, Verdict
from tests.patients.people import matched, people

GARZA, SEPULVEDA, HERNANDEZ = "3000003792", "3000005839", "3000003966"
PLAIN = "IMG_0001.jpg"
TWO_IDENTIFIERS = Policy()


def header(**fields: str) -> list[Clue]:
    """A DICOM header's patient module."""
    return [Clue(Field(name), value, DICOM) for name, value in fields.items()]


def card(number: str) -> Clue:
    return Clue(Field.RECORD_NUMBER, number, CARD)


def mapped(number: str) -> Clue:
    return Clue(Field.RECORD_NUMBER, number, LIST, "mapped")


def taken(day: str) -> Clue:
    return Clue(Field.TAKEN_ON, day, EXIF)


GARZAS_HEADER = header(
    record_number=GARZA, family_name="GARZA TIJERINA", given_names="MARIA ESTHER", birth_date="1974-03-18"
)
# What the file is called, what the other sources say, and the reason for filing it in Garza's chart.
ASSIGNED = {
    "a whole header": ("IM000001.dcm", GARZAS_HEADER, "number-and-name"),
    "a header's number alone": (PLAIN, header(record_number=GARZA), "number-by-machine"),
    "a header without number": (
        PLAIN,
        header(family_name="Garza Tijerina", given_names="María Esther", birth_date="1974-03-18"),
        "name-and-birth-date",
    ),
    "a second surname among the given names": (
        PLAIN,
        header(record_number=GARZA, family_name="Garza", given_names="Tijerina Maria"),
        "number-and-name",
    ),
    "a card": (PLAIN, [card(GARZA)], "number-by-machine"),
    "a card and the name": ("Garza_Maria.jpg", [card(GARZA)], "number-and-name"),
    "a card and the same number": (f"{GARZA}_01.jpg", [card(GARZA)], "number-by-machine"),
    "a list of paths and numbers": ("frente/perfil 2.jpg", [mapped(GARZA)], "mapped-number"),
    "a list and a stray word": ("xyzzy.jpg", [mapped(GARZA)], "mapped-number"),
    "the day of the picture": (f"{GARZA}_Garza_Maria.jpg", [taken("2024-05-01")], "number-and-name"),
    "a camera whose clock was never set": (
        f"{GARZA}_Garza_Maria.jpg",
        [taken("1970-01-01")],
        "number-and-name",
    ),
}
# What the file is called, what the other sources say, and why nobody's chart gets it without a look.
HELD = {
    "card against the number": (f"{SEPULVEDA}_01.jpg", [card(GARZA)], "card-disagrees"),
    "card against the name": ("Sepulveda_Norma.jpg", [card(GARZA)], "card-disagrees"),
    "card against one surname": ("Sepulveda.jpg", [card(GARZA)], "card-disagrees"),
    "card against number and name": (f"{SEPULVEDA}_Sepulveda_Norma.jpg", [card(GARZA)], "card-disagrees"),
    "card against the header": (PLAIN, [card(SEPULVEDA), *GARZAS_HEADER], "card-disagrees"),
    "a card of nobody here": ("Garza Tijerina_Maria Esther.jpg", [card("3000999999")], "card-disagrees"),
    "header against the name": (
        "Sepulveda_Norma.dcm",
        GARZAS_HEADER,
        "dicom-disagrees",
    ),
    "header against the number": (f"{SEPULVEDA}.dcm", GARZAS_HEADER, "dicom-disagrees"),
    "another's name in the header": (
        f"{GARZA}_Garza_Maria.dcm",
        header(family_name="Sepúlveda", given_names="Norma"),
        "dicom-disagrees",
    ),
    "another's birth date in the header": (
        f"{GARZA}_Garza_Maria.dcm",
        header(birth_date="1999-01-15"),
        "dicom-disagrees",
    ),
    "another's birth date in a lone header": (
        PLAIN,
        header(record_number=GARZA, family_name="Garza", given_names="Maria Esther", birth_date="1999-01-15"),
        "birth-date-disagrees",
    ),
    "the other sex in the header": (
        PLAIN,
        [*GARZAS_HEADER, Clue(Field.SEX, "M", DICOM)],
        "sex-disagrees",
    ),
    "taken before the birth": (
        f"{SEPULVEDA}_Sepulveda_Norma.jpg",
        [taken("1998-12-31")],
        "taken-before-birth",
    ),
    "list against the name": ("Sepulveda_Norma.jpg", [mapped(GARZA)], "list-disagrees"),
    "list against the number": (f"{SEPULVEDA}_01.jpg", [mapped(GARZA)], "list-disagrees"),
    "picture's data against the number": (
        f"{GARZA}_Garza_Maria.jpg",
        [Clue(Field.RECORD_NUMBER, SEPULVEDA, EXIF, "labelled")],
        "exif-disagrees",
    ),
}


@pytest.fixture(scope="module")
def clinic() -> MemoryDirectory:
    """The small directory, with sexes and without check digits."""
    rows = people()
    return MemoryDirectory(
        person._replace(written_number=f"{person.id}-{at % 9}", sex="F") for at, person in enumerate(rows)
    )


@pytest.mark.parametrize(("path", "beside", "reason"), ASSIGNED.values(), ids=ASSIGNED)
def test_sources_that_agree_assign(
    clinic: MemoryDirectory, path: str, beside: list[Clue], reason: str
) -> None:
    result = matched(path, where=clinic, policy=TWO_IDENTIFIERS, beside=beside)

    assert (result.decision, result.patient_id, result.reason) == (Decision.ASSIGN, GARZA, reason)


@pytest.mark.parametrize(("path", "beside", "reason"), HELD.values(), ids=HELD)
def test_a_source_that_points_away_is_a_veto_and_gives_the_reason_its_name(
    clinic: MemoryDirectory, path: str, beside: list[Clue], reason: str
) -> None:
    result = matched(path, where=clinic, policy=TWO_IDENTIFIERS, beside=beside)

    assert (result.decision, result.reason) == (Decision.REVIEW, reason)
    assert Verdict.DISAGREES in {piece.verdict for each in result.candidates for piece in each.evidence}


def test_a_clinic_may_want_more_than_a_machines_number(clinic: MemoryDirectory) -> None:
    result = matched(PLAIN, where=clinic, policy=Policy(bare_number="never"), beside=[card(GARZA)])

    assert (result.decision, result.reason) == (Decision.REVIEW, "number-alone")


def test_a_number_that_a_machine_wrote_of_another_hospital_says_nothing_here(clinic: MemoryDirectory) -> None:
    other = Clue(Field.RECORD_NUMBER, "88231", DICOM)

    assert matched(f"{GARZA}_Garza_Maria.jpg", where=clinic, beside=[other]).reason == "number-and-name"


def test_the_sex_is_a_small_word_for_the_patient(clinic: MemoryDirectory) -> None:
    fits, alone, not_known = (
        matched("Garza_Maria.jpg", where=clinic, beside=beside)
        for beside in ([Clue(Field.SEX, "female", EXIF)], [], [Clue(Field.SEX, "O", EXIF)])
    )

    assert fits.score > alone.score == not_known.score
    assert "The sex in the picture's own data is this patient's." in str(fits.evidence)


@pytest.mark.parametrize("value", ["", "19740231", "no date", "1974-02-31|", "|"])
def test_a_header_can_hold_anything(clinic: MemoryDirectory, value: str) -> None:
    beside = [Clue(field, value, DICOM) for field in Field]

    assert matched("Garza_Maria.jpg", where=clinic, beside=beside).decision is not Decision.ASSIGN


def test_a_card_against_the_batchs_patient_goes_to_review(clinic: MemoryDirectory) -> None:
    result = matched(PLAIN, where=clinic, batch_patient=GARZA, beside=[card(SEPULVEDA)])

    assert (result.decision, result.reason) == (Decision.REVIEW, "not-the-batch-patient")


def on_list(path: str, where: MemoryDirectory, *listed: str, beside: tuple[Clue, ...] = ()) -> MatchResult:
    return matched(path, where=where, policy=TWO_IDENTIFIERS, beside=beside, listed=listed)


def test_a_clear_name_of_one_listed_patient_assigns(clinic: MemoryDirectory) -> None:
    result = on_list("Garza Tijerina_Maria Esther.jpg", clinic, GARZA, SEPULVEDA)

    assert (result.decision, result.patient_id, result.reason) == (
        Decision.ASSIGN,
        GARZA,
        "name-on-the-list",
    )
    assert result.evidence[-1].words == "This patient is on the list in this batch."


@pytest.mark.parametrize(
    ("path", "listed", "reason"),
    [
        ("Garza Tijerina_Maria Esther.jpg", [SEPULVEDA], "name-alone"),
        ("Garza_Maria.jpg", [GARZA], "name-alone"),
        ("Hernandez Lopez_Maria Guadalupe.jpg", [HERNANDEZ], "namesakes"),
        ("Trevino Cantu_Sofia Elena.jpg", ["3000004642"], "name-alone"),
        ("Norma Sepulveda Ramos 15-01-1999.pdf", [GARZA], "not-on-the-list"),
    ],
    ids=["not on it", "half a name", "a namesake not on it", "a twin not on it", "a birth date, not on it"],
)
def test_a_list_files_nobody_who_is_not_on_it_or_not_clear(
    clinic: MemoryDirectory, path: str, listed: list[str], reason: str
) -> None:
    result = on_list(path, clinic, *listed)

    assert (result.decision, result.reason) == (Decision.REVIEW, reason)


def test_number_and_name_file_a_patient_whom_nobody_listed_and_say_so(clinic: MemoryDirectory) -> None:
    result = on_list(f"{GARZA}_Garza_Maria.jpg", clinic, SEPULVEDA)

    assert (result.decision, result.reason) == (Decision.ASSIGN, "number-and-name")
    assert result.evidence[-1].words == "This patient is not on the list in this batch."


def test_a_list_makes_its_patients_likelier_and_the_others_less_likely(clinic: MemoryDirectory) -> None:
    path = "Hernandez Lopez_Maria Guadalupe.jpg"
    listed, other, none = (
        on_list(path, clinic, HERNANDEZ),
        on_list(path, clinic, GARZA),
        on_list(path, clinic),
    )

    assert listed.patient_id == HERNANDEZ
    assert listed.confidence > none.confidence > other.confidence


STRANGERS = {
    "3000009011_OKONKWO, ADAEZE CHIDI_6001467010_CONS.pdf": Stranger("3000009011", "OKONKWO", "ADAEZE CHIDI"),
    "3000009011_Ruiz Peña, Inés_FN15-01-1999.pdf": Stranger(
        "3000009011", "Ruiz Peña", "Inés", date(1999, 1, 15)
    ),
}
NO_STRANGERS = [
    "Okonkwo, Adaeze.pdf",
    "3000009011_Okonkwo_Adaeze.jpg",
    "3000009011.jpg",
    f"{GARZA}_OKONKWO, ADAEZE_6001467010_CONS.pdf",
    "3000009011_GARZA TIJERINA, MARIA_6001467010_CONS.pdf",
    "3000003791_GARZA TIJERINA, SOFIA_6001467010_CONS.pdf",
    "3000009011_3000009029_OKONKWO, ADAEZE.pdf",
    "12_OKONKWO, ADAEZE.pdf",
]


@pytest.mark.parametrize(("path", "stranger"), STRANGERS.items())
def test_a_stranger_is_named_when_number_and_full_name_were_read(
    clinic: MemoryDirectory, path: str, stranger: Stranger
) -> None:
    result = matched(path, where=clinic)

    assert result.stranger == stranger
    assert result.decision is not Decision.ASSIGN
    born = stranger.birth_date.isoformat() if stranger.birth_date else None
    assert json.loads(json.dumps(result.as_json()))["stranger"]["birth_date"] == born


@pytest.mark.parametrize("path", NO_STRANGERS)
def test_nobody_is_a_stranger_while_anything_is_open(clinic: MemoryDirectory, path: str) -> None:
    result = matched(path, where=clinic)

    assert result.stranger is None
    assert result.as_json()["stranger"] is None


def test_a_stranger_can_come_from_a_header(clinic: MemoryDirectory) -> None:
    beside = header(
        record_number="3000009011", family_name="Okonkwo", given_names="Adaeze", birth_date="1990-02-03"
    )

    assert matched("IM0001.dcm", where=clinic, beside=beside).stranger == Stranger(
        "3000009011", "Okonkwo", "Adaeze", date(1990, 2, 3)
    )


def test_the_result_tells_score_runner_up_and_gap(clinic: MemoryDirectory) -> None:
    stored = matched("Hernandez Lopez_Maria Guadalupe.jpg", where=clinic).as_json()

    first, second = stored["candidates"]
    assert stored["runner_up"] == second["patient_id"]
    assert stored["gap"] == pytest.approx(first["confidence"] - second["confidence"])
    assert stored["score"] == first["score"] >= second["score"]
