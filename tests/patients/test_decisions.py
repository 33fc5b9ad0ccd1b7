"""What the matcher does with a file's name, as a table that reads like the rules."""

import json
from datetime import date
from itertools import pairwise

import pytest

from patients.matching.check_digits import luhn_digit
from patients.matching.directory import MemoryDirectory
from patients.matching.normalise import person_of
from patients.matching.policy import Policy
from patients.matching.results import Decision, Verdict
from tests.patients.people import directory, matched, people

GARZA = "3000003792"
ASSIGNED = {
    "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf": (GARZA, "number-and-name"),
    "Garza_Maria_3000003792.jpg": (GARZA, "number-and-name"),
    "003000003792 garza tijerina.jpg": (GARZA, "number-and-name"),
    "CONS_MRN-3000003792_GarzaTijerinaMaria.jpg": (GARZA, "number-and-name"),
    "300-000-3792_Garza_Maria.jpg": (GARZA, "number-and-name"),
    "3000003792_GarzaTijerinaMariÌ\x81a.jpg": (GARZA, "number-and-name"),
    "3000003792_garzatijerinamaria.jpg": (GARZA, "number-and-name"),
    "3000003792_M_Garza_Tijerina_copy.jpg": (GARZA, "number-and-name"),
    "3000003966_HERNANDEZ LOPEZ, MARIA GUADALUPE_6001467010_CONS.pdf": ("3000003966", "number-and-name"),
    "3000006175_Perez_Lalo.jpg": ("3000006175", "number-and-name"),
    "3000006175_FN04031958_01.jpg": ("3000006175", "number-and-birth-date"),
    "Norma Sepúlveda Ramos 15-01-1999.pdf": ("3000005839", "name-and-birth-date"),
    "3000003792_01.jpg": (GARZA, "number-with-check-digit"),
    "RX_3000003792.jpg": (GARZA, "number-with-check-digit"),
    "Garza Tijerina_Maria Esther_01.jpg": (GARZA, "clear-name"),
    "Nguyen_Minh Anh.jpg": ("3000005664", "clear-name"),
    "OBrien_Margaret Anne.jpg": ("3000005490", "clear-name"),
    "3000003792/DSC_0012.JPG": (GARZA, "number-with-check-digit"),
    "Fotos Garza/3000003792_01.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_Dr Mora_US.jpg": (GARZA, "number-with-check-digit"),
    "3000003792 Garza Tijerina/DSC_0012.JPG": (GARZA, "number-and-name"),
    "Garza Tijerina/3000003792_01.jpg": (GARZA, "number-and-name"),
    "3000003792_heel_left.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_heel_L.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_ulcer.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_nojs.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_ward201.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_left arm.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_Pie_Diabetico.jpg": (GARZA, "number-with-check-digit"),
    "3000003792_IMG_2044.jpg": (GARZA, "number-with-check-digit"),
    "3000003966_Hernandez_ulcer.jpg": ("3000003966", "number-with-check-digit"),
    "3000003792_M_E_G_T_01.jpg": (GARZA, "number-and-initials"),
    "g-m_3000003792.jpg": (GARZA, "number-and-initials"),
    "3000003792_GTM_RX.jpg": (GARZA, "number-and-initials"),
    "HC3000003792_GARZA TIJERINA, MARIA_6001467010_CONS.pdf": (GARZA, "number-and-name"),
    "Norma Sepúlveda 15-01-1999.pdf": ("3000005839", "name-and-birth-date"),
    "3000003792_Garza_Maria_3000006999.jpg": (GARZA, "number-and-name"),
    "3000003792_garza_ulcer.jpg": (GARZA, "number-with-check-digit"),
}
HELD = {
    "3000003792_SMITH SANCHEZ, NORMA_6001467012_LAB.pdf": "number-and-name-disagree",
    "3000003792/Sepulveda_Norma_01.jpg": "number-and-name-disagree",
    "3000003792/3000005839_01.jpg": "two-numbers",
    "3000004642_TREVINO CANTU, SOFIA ISABEL_6001467011_RX.pdf": "number-and-name-disagree",
    "3000003791_Garza_Maria.jpg": "number-near",
    "3000003792_Garza_Maria_DOB01021980.jpg": "birth-date-disagrees",
    "3000003792_Garza_Maria_DOB18031975.jpg": "birth-date-close",
    "3000005151_Walker_Thomas_Sr.jpg": "suffix-disagrees",
    "Hernandez Lopez_Maria Guadalupe_02.jpg": "namesakes",
    "Walker_Thomas_01.jpg": "namesakes",
    "Trevino Cantu_Sofia_01.jpg": "namesakes",
    "Trevino Cantu_Sofia_20120909.jpg": "twin-or-duplicate",
    "Garza_M_01.jpg": "name-alone",
    "Garsa Tijerina_Maria_01.jpg": "name-alone",
    "Sepulveda Ramos_N_19990115.jpg": "weak-name",
    "3000003792_G_T.jpg": "weak-name",
    "3000003792_M_G_X.jpg": "words-unexplained",
    "Garza_Maria_3000003792_3000005839.jpg": "two-numbers",
    "3000003792_M.jpg": "weak-name",
    "Clinica Norma Sepulveda 3000003792.pdf": "name-unclear",
    "Doctor_C_3000003792.pdf": "name-unclear",
    "Wu_3000003792.pdf": "name-unclear",
    "Fotos Norma/3000003792_01.jpg": "name-unclear",
    "3000003792_Smith_John.jpg": "number-and-name-disagree",
    "3000003792_smith_john.jpg": "number-and-name-disagree",
    "3000003792_smith.jpg": "number-and-name-disagree",
    "3000003792_Okonkwo.jpg": "words-unexplained",
    "3000003792_okonkwo, adaeze.jpg": "words-unexplained",
    "3000003792_okonkwo adaeze_6001467010_CONS.pdf": "words-unexplained",
    "3000003792_rwalker.jpg": "number-and-name-disagree",
    "3000003792_sepulvedanorm.jpg": "words-unexplained",
    "3000003792_walkr.jpg": "number-and-name-disagree",
    "3000003792_walker_heel.jpg": "number-and-name-disagree",
    "nojs_3000003792.jpg": "words-unexplained",
}
LEFT = {
    "DSC_0012.JPG": "no-identity",
    "radiografia panoramica.jpg": "no-identity",
    "WhatsApp Image 2025-04-20 at 09.55.00.jpg": "no-identity",
    "9f4a94c1-97c9-4be1.jpg": "no-identity",
    "3000999999_01.jpg": "nobody-fits",
    "Okonkwo_Adaeze_01.jpg": "nobody-fits",
    "Dr Garza.pdf": "no-identity",
    "": "no-identity",
}


@pytest.mark.parametrize(("path", "expected"), ASSIGNED.items())
def test_two_identifiers_or_a_trusted_one_assign(path: str, expected: tuple[str, str]) -> None:
    result = matched(path)

    assert (result.decision, result.patient_id, result.reason) == (Decision.ASSIGN, *expected)
    assert result.confidence >= 0.95


@pytest.mark.parametrize(("path", "reason"), HELD.items())
def test_whatever_is_open_or_contradicts_goes_to_review(path: str, reason: str) -> None:
    result = matched(path)

    assert (result.decision, result.reason) == (Decision.REVIEW, reason)
    assert result.candidates


@pytest.mark.parametrize(("path", "reason"), LEFT.items())
def test_a_name_without_identity_or_of_a_stranger_finds_nobody(path: str, reason: str) -> None:
    result = matched(path)

    assert (result.decision, result.patient_id, result.reason) == (Decision.NONE, None, reason)


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("3000003792_Sepúlveda Ramos_Norma.jpg", {GARZA}),
        ("3000003792_SEPULVEDA RAMOS, NORMA 15-01-1999_6001467012_LAB.pdf", {GARZA}),
        ("3000003792_3000005839.jpg", {GARZA, "3000005839"}),
    ],
)
def test_the_owner_of_a_number_is_among_the_first_two_candidates(path: str, owners: set[str]) -> None:
    result = matched(path)

    assert result.decision is Decision.REVIEW
    assert owners <= {candidate.patient_id for candidate in result.candidates[:2]}


def test_the_owner_of_a_number_is_shown_among_hundreds_of_namesakes() -> None:
    crowd = [person_of(str(at), f"40000{at:05d}", family="Leal", given="Ana") for at in range(70_000, 70_400)]

    result = matched("3000003792_Leal_Ana.jpg", where=directory(*crowd))

    assert GARZA in [candidate.patient_id for candidate in result.candidates[:2]]
    assert result.decision is Decision.REVIEW


@pytest.mark.parametrize("path", ["{}_Ward.jpg", "{}_ward_ana.jpg", "{}_Palma.jpg"])
def test_a_thing_of_the_ward_that_is_somebodys_name_here_points_away(path: str) -> None:
    named = [
        person_of(str(at), body + luhn_digit(body), family=family, given="Ana")
        for at, (body, family) in enumerate((("300000799", "Ward"), ("300000817", "Palma")))
    ]

    assert matched(path.format(GARZA), where=directory(*named)).decision is Decision.REVIEW
    assert matched(f"{GARZA}_ward201.jpg", where=directory(*named)).decision is Decision.ASSIGN


def test_the_reason_names_the_words_that_nobody_could_explain() -> None:
    assert matched("3000003792_Okonkwo.jpg").words == (
        "The record number is exact, but the word “okonkwo” could not be explained; a person looks."
    )


def test_a_number_alone_is_reviewed_where_no_check_digit_was_verified() -> None:
    unchecked = MemoryDirectory([person._replace(written_number=person.id + "7") for person in people()])

    assert unchecked.check_digit == ""
    assert matched("3000003792_01.jpg", where=unchecked).reason == "number-alone"


@pytest.mark.parametrize(
    ("bare_number", "decision"),
    [("check_digit", Decision.ASSIGN), ("always", Decision.ASSIGN), ("never", Decision.REVIEW)],
)
def test_the_clinic_rules_over_a_number_alone(bare_number: str, decision: Decision) -> None:
    assert matched("3000003792_01.jpg", policy=Policy(bare_number=bare_number)).decision is decision


def test_a_number_alone_is_reviewed_when_another_patient_is_one_slip_away() -> None:
    bodies = ("300009012", "300000912")  # exchanging 9 and 0 is the one slip that Luhn does not see
    numbers = [body + luhn_digit(body) for body in bodies]
    where = directory(*(person_of(number, number, family="Leal", given="Ana") for number in numbers))

    assert where.check_digit == "luhn"
    assert matched(f"{numbers[0]}_01.jpg", where=where).reason == "namesake-number-near"


def test_a_clear_name_alone_waits_where_the_policy_wants_two_identifiers() -> None:
    result = matched("Garza Tijerina_Maria Esther_01.jpg", policy=Policy())

    assert (result.decision, result.reason) == (Decision.REVIEW, "name-alone")


def test_the_bands_are_the_clinics() -> None:
    strict = matched("3000003792_Garza_Maria.jpg", policy=Policy(assign_from=1.0))

    assert (strict.decision, strict.reason) == (Decision.REVIEW, "not-sure-enough")


@pytest.mark.parametrize(
    "path",
    [
        "DSC_0012.JPG",
        "Garza_Maria_01.jpg",
        "frente.jpg",
        "rx/3000003792_01.jpg",
        "heel_left_ward2.jpg",
        "nojs plugh frobz.jpg",
        "Xyzzy.jpg",
    ],
)
def test_a_batch_for_one_patient_is_that_patients(path: str) -> None:
    result = matched(path, batch_patient=GARZA)

    assert (result.decision, result.patient_id, result.reason) == (Decision.ASSIGN, GARZA, "batch-patient")
    assert result.evidence[0].field == "batch"


@pytest.mark.parametrize(
    "path",
    [
        "3000005839_01.jpg",
        "Sepulveda_Norma_01.jpg",
        "3000003793_01.jpg",
        "Norma/IMG_Walker_Thomas.jpg",
        "Okonkwo_Adaeze.jpg",
    ],
)
def test_a_clue_against_the_batchs_patient_goes_to_review(path: str) -> None:
    result = matched(path, batch_patient=GARZA)

    assert (result.decision, result.reason) == (Decision.REVIEW, "not-the-batch-patient")


def test_a_birth_date_against_the_batchs_patient_goes_to_review() -> None:
    assert matched("FN01021980.jpg", batch_patient=GARZA).reason == "birth-date-disagrees"


def test_a_provisional_patient_gets_only_what_number_and_name_confirm() -> None:
    draft = person_of("9", "3000007991", family="Lozano", given="Irma", is_provisional=True)
    where = directory(draft)

    assert matched("3000007991_Lozano_Irma.jpg", where=where).decision is Decision.ASSIGN
    assert matched("3000007991_01.jpg", where=where).reason == "provisional-patient"
    assert matched("Lozano_Irma_01.jpg", where=where).reason == "provisional-patient"


def test_a_namesake_never_raises_confidence() -> None:
    path = "Garza Tijerina_Maria Esther_01.jpg"
    namesake = person_of("9", "3000007991", family="Garza Tijerina", given="María Esther")

    alone, both = matched(path), matched(path, where=directory(namesake))

    assert both.decision is Decision.REVIEW
    assert both.confidence < alone.confidence


@pytest.mark.parametrize(
    "contradiction", ["_DOB01021980", "_3000005839", "_Walker", "_DOB19740319", "_Norma_Sepulveda"]
)
def test_a_contradicting_clue_never_raises_confidence_and_never_assigns(contradiction: str) -> None:
    plain, contradicted = (
        matched("3000003792_Garza_Maria.jpg"),
        matched(f"3000003792_Garza_Maria{contradiction}.jpg"),
    )

    assert contradicted.decision is not Decision.ASSIGN
    assert contradicted.confidence <= plain.confidence


def test_the_same_input_gives_the_same_answer() -> None:
    for path in (*ASSIGNED, *HELD, *LEFT):
        assert matched(path) == matched(path)


def test_the_result_can_be_stored_and_explains_itself() -> None:
    result = matched("3000003792_GARZA TIJERINA, MARIA ESTER_6001467010_CONS.pdf")

    stored = json.loads(json.dumps(result.as_json()))

    assert stored["patient_id"] == GARZA
    assert stored["rule_version"] and stored["words"]
    assert {piece["verdict"] for piece in stored["evidence"]} <= {str(verdict) for verdict in Verdict}
    assert "“ester” is one slip away from “esther”" in str(stored["evidence"])


def test_candidates_are_at_most_five_best_first() -> None:
    crowd = [person_of(str(at), f"30000{at:05d}", family="Leal", given="Ana") for at in range(70_000, 70_009)]

    found = matched("Leal_Ana_01.jpg", where=directory(*crowd))

    assert len(found.candidates) == 5
    assert all(left.confidence >= right.confidence for left, right in pairwise(found.candidates))
    assert found.gap == pytest.approx(0.0)


def test_everybody_is_found_by_their_own_full_label() -> None:
    for person in people():
        family, given = "_".join(person.family), "_".join(person.given)
        result = matched(f"{person.written_number}_{family}, {given}_{person.suffix}.jpg")
        assert (result.decision, result.patient_id) == (Decision.ASSIGN, person.id)


@pytest.mark.parametrize(
    ("given", "decision"), [("José", Decision.REVIEW), ("Anselmo", Decision.ASSIGN)], ids=str
)
def test_a_birth_date_and_a_name_that_every_twentieth_bears_may_be_a_twins(
    given: str, decision: Decision
) -> None:
    """Of José Luis, who is not in the directory, and whom his file calls José."""
    numbers = (f"70000{n:05}" for n in range(20))
    others = (person_of(number, number, family="Álvarez Bustos", given="José") for number in numbers)
    born = date(1942, 10, 7)
    person = person_of("1", "8000000001", family="Ibarra Quiroga", given=given, birth_date=born)
    result = matched(f"1942-10-07_Ibarra Quiroga {given}.png", where=directory(person, *others))
    assert (result.patient_id, result.decision) == ("1", decision)
