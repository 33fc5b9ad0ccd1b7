"""A roster brings the directory up to date, mixes nobody up, and is found by the matcher at once."""

from datetime import date
from typing import Any

import pytest

from clinics.models import AuditEntry, Clinic
from patients.matcher import match
from patients.models import Patient, Roster, RosterRow
from patients.roster_actions import apply_roster
from tests import factories
from tests.patients.sheets import applied, previewed, received, row, worked_on

pytestmark = pytest.mark.django_db

BORN = date(1957, 4, 23)


def numbers(roster: Roster) -> tuple[int, int, int, int]:
    counts = roster.counts
    return counts["added"], counts["changed"], counts["unchanged"], counts["refused"]


def refused(roster: Roster) -> list[tuple[int, str, str]]:
    return list(RosterRow.objects.filter(roster=roster, outcome="refused").values_list("line", "code", "why"))


def test_a_new_patient_is_found_by_the_matcher(clinic: Clinic, patient: Patient) -> None:
    roster = applied(clinic, [row()])
    luz = Patient.objects.get(mrn="0012345")
    assert (roster.status, numbers(roster)) == ("APPLIED", (1, 0, 0, 0))
    assert match(clinic, "0012345_Pereda_Luz.jpg").patient_id == str(luz.pk)
    assert roster.rows.get().patient == luz
    assert AuditEntry.objects.get(action="roster-applied").detail["added"] == 1


def test_the_directory_has_changed(clinic: Clinic, patient: Patient) -> None:
    before = Clinic.objects.get(pk=clinic.pk).directory_changed_at
    applied(clinic, [row()])
    after = Clinic.objects.get(pk=clinic.pk).directory_changed_at
    assert before is not None
    assert after is not None
    assert after > before


def test_what_the_roster_knows_better_is_changed_and_what_it_lacks_stays(
    clinic: Clinic, patient: Patient
) -> None:
    news = row(mrn=patient.mrn, family_name="GARZA TIJERINA", given_names="María Ester")
    roster = applied(clinic, [news])
    patient.refresh_from_db()
    assert roster.counts["changed"] == 1
    assert (patient.family_name, patient.given_names) == ("GARZA TIJERINA", "María Ester")
    assert (patient.birth_date, patient.sex) == (BORN, "F")
    assert roster.rows.get().before == {"family_name": "Garza Tijerina", "given_names": "María Esther"}
    assert match(clinic, f"{patient.mrn}_Garza Tijerina_María Ester.jpg").decision == "assign"


def test_a_second_time_there_is_nothing_new(clinic: Clinic) -> None:
    applied(clinic, [row()])
    assert numbers(previewed(clinic, [row()])) == (0, 0, 1, 0)


def test_a_provisional_patient_is_confirmed(clinic: Clinic) -> None:
    factories.make_patient(clinic, "0012345", "Pereda", "Luz", provisional=True)
    applied(clinic, [row(given_names="")])
    luz = Patient.objects.get(mrn="0012345")
    assert (luz.provisional, luz.given_names) == (False, "Luz")


@pytest.mark.parametrize(
    ("facts", "code", "why"),
    [
        ({"mrn": ""}, "no-number", "no record number"),
        ({"mrn": "--"}, "no-number", "no record number"),
        ({"mrn": "3.0E+09"}, "not-understood", "spreadsheet"),
        ({"family_name": ""}, "no-surname", "no surname"),
        ({"birth_date": "soon"}, "birth-date-lost", "“soon” is no date"),
        ({"birth_date": "2999-01-01"}, "birth-date-impossible", "2999-01-01 is not between"),
        ({"mrn": "3000003792", "birth_date": "1990-01-01"}, "another-person", "Another person"),
        ({"mrn": "03000003792"}, "number-alike", "03000003792 differs from 3000003792 of a patient"),
        ({"mrn": "300000-3792"}, "number-alike", "Write 3000003792 if it is the same person"),
    ],
)
def test_a_row_that_is_incomplete_or_could_mix_people_up_is_refused(
    clinic: Clinic, patient: Patient, facts: dict[str, Any], code: str, why: str
) -> None:
    roster = applied(clinic, [row(**facts), row(mrn="555", family_name="Lee")])
    ((line, said_code, said),) = refused(roster)
    assert (line, said_code) == (2, code)
    assert why in said
    assert roster.counts["added"] == 1, "the others are applied"
    assert Patient.objects.count() == 2


@pytest.mark.parametrize(
    ("names", "born", "is_same"),
    [
        (("Garza Tijerina", "María Esther"), "1957-04-23", True),
        (("Pérez", "María Esther"), "1957-04-23", True),  # she married
        (("Garza Tijerina", "María Ester"), "1957-04-24", True),  # a digit
        (("Garza Tijerina", "María"), "1975-09-01", True),  # surname and given name
        (("Garza Tijerina", "Luis"), "1960-09-01", False),  # her brother
        (("de la Cruz", "María"), "1980-01-01", False),
        (("de la Cruz", "María"), "", False),  # one name, which everybody bears
        (("de la Cruz", "Ana"), "", False),
        (("Tijerina", "Ana"), "", True),  # one word that hardly anybody bears
        (("Garza", ""), "", True),  # nothing else is said
        (("Garza Tijerina", "Luis"), "", True),
    ],
)
def test_a_number_is_kept_by_its_person(
    clinic: Clinic, patient: Patient, names: tuple[str, str], born: str, is_same: bool
) -> None:
    family, given = names
    facts = {"family_name": family, "given_names": given, "birth_date": born, "sex": "other"}
    roster = previewed(clinic, [row(mrn=patient.mrn, **facts)])
    assert numbers(roster) == ((0, 1, 0, 0) if is_same else (0, 0, 0, 1))


def test_particles_are_no_name_in_common(clinic: Clinic) -> None:
    factories.make_patient(clinic, "7", "de la Rosa", "Ana", birth_date=date(1970, 1, 1))
    news = row(mrn="7", family_name="de la Torre", given_names="Eva", birth_date="1990-01-01")
    ((_, code, _),) = refused(previewed(clinic, [news, row(mrn="8")]))
    assert code == "another-person"


def test_a_number_that_stands_twice_is_applied_once(clinic: Clinic) -> None:
    roster = applied(clinic, [row(), row(given_names="Ana")])
    assert Patient.objects.get().given_names == "Luz"
    assert refused(roster) == [(3, "number-twice", "Line 2 has the same record number.")]


def test_a_record_that_was_merged_is_left_alone(clinic: Clinic, patient: Patient) -> None:
    factories.make_patient(clinic, "0012345", "Pereda", "Luz", merged_into=patient)
    ((_, code, _),) = refused(previewed(clinic, [row(given_names="Ana")]))
    assert code == "record-merged"


def test_a_preview_writes_nothing_into_the_directory(clinic: Clinic) -> None:
    assert numbers(previewed(clinic, [row()])) == (1, 0, 0, 0)
    assert not Patient.objects.exists()


def test_another_clinics_patients_are_not_seen(clinic: Clinic, other_clinic: Clinic) -> None:
    factories.make_patient(other_clinic, "0012345", "Okafor", "Chidi")
    assert applied(clinic, [row()]).counts["added"] == 1


def test_several_thousand_rows(clinic: Clinic) -> None:
    rows = [row(mrn=f"{n:07d}", family_name=f"Pereda{n}") for n in range(1, 5601)]
    assert applied(clinic, rows).counts["added"] == 5600
    assert previewed(clinic, rows).counts["unchanged"] == 5600


# --- the directory moves between the preview and the apply


def test_it_is_applied_to_the_directory_as_it_is_then(clinic: Clinic) -> None:
    roster = received(clinic, b"MRN,Apellidos,Nombre\n1,Lee,Ana\n2,Pereda,Luz\n3,Wong,Eva\n", is_wanted=False)
    assert numbers(worked_on(roster)) == (3, 0, 0, 0)
    factories.make_patient(clinic, "1", "Lee", "Ana")
    factories.make_patient(clinic, "2", "Okafor", "Chidi")
    after = applied_now(roster)
    assert numbers(after) == (1, 0, 1, 1)
    assert after.counts["differences"] == 2
    assert after.previewed["added"] == 3
    assert refused(after)[0][:2] == (3, "another-person")
    assert {each.patient for each in after.rows.exclude(outcome="refused")} == set(
        Patient.objects.exclude(mrn="2")
    )


def applied_now(roster: Roster) -> Roster:
    apply_roster(roster=roster, actor=None)
    return worked_on(roster)


# --- who may be here under another number


def look_alikes(roster: Roster) -> dict[int, Patient | None]:
    rows = RosterRow.objects.filter(roster=roster, look_alike__isnull=False).select_related("look_alike")
    return {each.line: each.look_alike for each in rows}


@pytest.mark.parametrize(
    ("facts", "is_alike"),
    [
        ({}, True),
        ({"given_names": "M. Esther"}, True),
        ({"family_name": "Garsa Tijerina"}, True),  # a slip
        ({"family_name": "Garza", "given_names": "María"}, True),  # a part
        ({"given_names": "Luis"}, False),  # her twin
        ({"family_name": "Okafor"}, False),
        ({"birth_date": "1957-04-24"}, False),
        ({"birth_date": ""}, False),
        ({"sex": "male"}, False),
        ({"given_names": ""}, False),  # surnames and a date are what twins share
    ],
)
def test_who_looks_like_a_patient_under_another_number_is_shown(
    clinic: Clinic, patient: Patient, facts: dict[str, Any], is_alike: bool
) -> None:
    same = {"family_name": "GARZA TIJERINA", "given_names": "MARIA ESTHER", "birth_date": "1957-04-23"}
    roster = previewed(clinic, [row(**same | {"sex": "female"} | facts)])
    assert look_alikes(roster) == ({2: patient} if is_alike else {})
    assert roster.counts["duplicates"] == int(is_alike)
    assert roster.counts["added"] == 1


def test_likely_duplicates_can_be_left_out(clinic: Clinic, patient: Patient) -> None:
    twice = row(family_name="Garza Tijerina", given_names="María Esther", birth_date="1957-04-23")
    roster = applied(clinic, [twice, row(mrn="8")], leave_out_duplicates=True)
    assert numbers(roster) == (1, 0, 0, 1)
    assert refused(roster)[0][1] == "looks-like-another"
    assert not Patient.objects.filter(mrn="0012345").exists()
