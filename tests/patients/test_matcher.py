"""The matcher on a clinic's own rows: keys follow the row, merges lead on, and no clinic sees another's
patients.
"""

from datetime import date

import pytest
from django.db import transaction

from clinics.access import PERMISSIONS, Access
from clinics.models import Clinic, Role, User
from patients.actions import PatientFacts, register_patient
from patients.clues import DICOM, EXIF, Clue, Field
from patients.matcher import match, refresh_keys, refresh_keys_in_bulk, verify_check_digit
from patients.matching.check_digits import luhn_digit
from patients.matching.results import Decision, MatchResult
from patients.models import Patient, PatientKey

pytestmark = pytest.mark.django_db
LABEL = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic.objects.create(slug="norte", name="Norte", name_alone=True)


def patient_of(clinic: Clinic, mrn: str, family: str, given: str, **facts: object) -> Patient:
    with transaction.atomic():
        patient = Patient.objects.create(
            clinic=clinic, mrn=mrn, family_name=family, given_names=given, **facts
        )
        refresh_keys(patient)
    return patient


def decided(result: MatchResult) -> tuple[str, str | None]:
    return str(result.decision), result.patient_id


def test_number_and_name_assign_in_the_patients_own_clinic_only(clinic: Clinic) -> None:
    garza = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    other = Clinic.objects.create(slug="sur", name="Sur")

    assert decided(match(clinic, LABEL)) == ("assign", str(garza.pk))
    assert match(other, LABEL).candidates == ()


def test_keys_follow_the_row_and_writing_them_again_changes_nothing(clinic: Clinic) -> None:
    garza = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    before = set(PatientKey.objects.values_list("entry", "key"))
    refresh_keys_in_bulk(Patient.objects.all())
    assert set(PatientKey.objects.values_list("entry", "key")) == before

    garza.family_name = "Lozano"
    garza.save()
    refresh_keys(garza)

    assert match(clinic, "Lozano_Maria Esther_01.jpg").patient_id == str(garza.pk)
    assert match(clinic, "Garza_Tijerina_01.jpg").patient_id is None


def test_a_change_that_is_rolled_back_leaves_no_keys(clinic: Clinic) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
        raise RuntimeError

    assert not PatientKey.objects.exists()


def test_a_merged_record_leads_to_the_one_that_survived(clinic: Clinic) -> None:
    survivor = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    middle = patient_of(clinic, "3000005839", "Garza", "Esther", merged_into=survivor)
    patient_of(clinic, "3000006001", "Garza T", "María E", merged_into=middle)

    for path in ("3000005839_Garza_Esther.jpg", "3000006001_Garza_Maria.jpg", LABEL):
        result = match(clinic, path)
        assert decided(result) == ("assign", str(survivor.pk)), path
        assert [candidate.patient_id for candidate in result.candidates] == [str(survivor.pk)]


def test_a_batch_for_a_merged_patient_is_the_survivors(clinic: Clinic) -> None:
    survivor = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    merged = patient_of(clinic, "3000005839", "Garza", "Esther", merged_into=survivor)

    assert decided(match(clinic, "DSC_0012.JPG", batch_patient=merged)) == ("assign", str(survivor.pk))


def test_a_patient_who_is_gone_is_nobodys_candidate(clinic: Clinic) -> None:
    patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther").delete()

    assert decided(match(clinic, LABEL)) == ("none", None)


def test_extra_clues_are_weighed_like_the_names_own(clinic: Clinic) -> None:
    garza = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther", birth_date=date(1974, 3, 18))
    patient_of(clinic, "3000005839", "Sepúlveda Ramos", "Norma")
    agreeing = Clue(Field.RECORD_NUMBER, "3000003792", EXIF, "labelled")
    contradicting = Clue(Field.RECORD_NUMBER, "3000005839", EXIF, "labelled")

    assert decided(match(clinic, "Garza_Maria.jpg", extra_clues=[agreeing])) == ("assign", str(garza.pk))
    assert match(clinic, LABEL, extra_clues=[contradicting]).decision is Decision.REVIEW


def test_a_list_counts_for_whoever_survived(clinic: Clinic) -> None:
    survivor = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    merged = patient_of(clinic, "3000005839", "Garza", "Esther", merged_into=survivor)
    clinic.name_alone = False

    result = match(clinic, "Garza Tijerina_Maria Esther.jpg", listed=frozenset({merged.pk}))

    assert decided(result) == ("assign", str(survivor.pk))
    assert result.reason == "name-on-the-list"


def test_the_sex_in_the_row_counts_against_a_header(clinic: Clinic) -> None:
    patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther", sex=Patient.Sex.FEMALE)

    result = match(clinic, LABEL, extra_clues=[Clue(Field.SEX, "M", DICOM)])

    assert (result.decision, result.reason) == (Decision.REVIEW, "sex-disagrees")


def test_a_number_alone_assigns_once_the_check_digit_is_verified_on_the_directory(clinic: Clinic) -> None:
    bodies = [str(300_000_379 + at * 17) for at in range(30)]
    patients = [
        Patient(clinic=clinic, mrn=body + luhn_digit(body), family_name=f"Familia{at}", given_names="Ana")
        for at, body in enumerate(bodies)
    ]
    Patient.objects.bulk_create(patients)
    refresh_keys_in_bulk(patients)
    path = f"{patients[3].mrn}_01.jpg"
    assert match(clinic, path).reason == "number-alone"

    assert verify_check_digit(clinic) == "luhn"

    clinic.refresh_from_db()
    assert clinic.check_digit == "luhn"
    assert decided(match(clinic, path)) == ("assign", str(patients[3].pk))
    clinic.bare_number_policy = Clinic.BareNumber.NEVER
    assert match(clinic, path).decision is Decision.REVIEW


def test_running_numbers_carry_no_check_digit(clinic: Clinic) -> None:
    Patient.objects.bulk_create(
        Patient(clinic=clinic, mrn=str(3_000_000_000 + at), family_name="Ruiz", given_names="Ana")
        for at in range(60)
    )
    assert verify_check_digit(clinic) == ""


def test_a_new_patient_counts_for_the_very_next_file(clinic: Clinic) -> None:
    patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    assert match(clinic, "Garza Tijerina_Maria Esther.jpg").decision is Decision.ASSIGN

    patient_of(clinic, "3000005839", "Garza Tijerina", "María Esther")

    assert match(clinic, "Garza Tijerina_Maria Esther.jpg").reason == "namesakes"


def test_the_result_is_stored_as_plain_json(clinic: Clinic) -> None:
    garza = patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")

    stored = match(clinic, LABEL).as_json()

    assert stored["patient_id"] == str(garza.pk)
    assert stored["decision"] == "assign"
    assert [clue["field"] for clue in stored["clues"]][:2] == ["pattern", "record_number"]


@pytest.mark.django_db(transaction=True)  # words are remembered from file to file when they are committed
def test_a_match_costs_few_queries(clinic: Clinic, django_assert_max_num_queries: object) -> None:
    patient_of(clinic, "3000003792", "Garza Tijerina", "María Esther")
    match(clinic, LABEL)

    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(5):
        match(clinic, LABEL)


def test_numbers_that_come_one_by_one_make_a_check_digit_believable_and_a_foreign_one_ends_it(
    clinic: Clinic, admin_user: User
) -> None:
    access = Access(admin_user, clinic, Role.ADMIN, PERMISSIONS[Role.ADMIN])
    for number in range(30):
        body = str(300_000 + number)
        facts = PatientFacts(mrn=body + luhn_digit(body), family_name=f"Family{number}")
        register_patient(access=access, facts=facts)
    clinic.refresh_from_db()
    assert clinic.check_digit == "luhn"
    wrong = str((int(luhn_digit("400000")) + 1) % 10)
    register_patient(access=access, facts=PatientFacts(mrn="400000" + wrong, family_name="Foreign"))
    clinic.refresh_from_db()
    assert clinic.check_digit == ""
