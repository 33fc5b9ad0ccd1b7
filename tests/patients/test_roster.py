"""A roster brings the directory up to date, mixes nobody up, and is found by the matcher at once."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinics.models import AuditEntry, Clinic
from patients.list_file import ListRow
from patients.matcher import match
from patients.models import Patient
from patients.roster import apply_roster, plan_roster
from tests import factories

pytestmark = pytest.mark.django_db

BORN = date(1957, 4, 23)


def row(line: int = 2, **facts: Any) -> ListRow:
    return ListRow(**{"line": line, "mrn": "0012345", "family_name": "Pereda", "given_names": "Luz", **facts})


def test_a_new_patient_is_found_by_the_matcher(clinic: Clinic, patient: Patient) -> None:
    result = apply_roster(clinic, [row()], actor=None)
    luz = Patient.objects.get(mrn="0012345")
    assert (result.added, result.changed, result.unchanged, result.refused) == (1, 0, 0, [])
    assert match(clinic, "0012345_Pereda_Luz.jpg").patient_id == str(luz.pk)
    assert AuditEntry.objects.get(action="roster-applied").detail["added"] == 1


def test_the_directory_has_changed(clinic: Clinic, patient: Patient) -> None:
    before = Clinic.objects.get(pk=clinic.pk).directory_changed_at
    apply_roster(clinic, [row()], actor=None)
    after = Clinic.objects.get(pk=clinic.pk).directory_changed_at
    assert before is not None
    assert after is not None
    assert after > before
    apply_roster(clinic, [row()], actor=None)
    assert Clinic.objects.get(pk=clinic.pk).directory_changed_at == after, "nothing was new"


def test_what_the_roster_knows_better_is_changed_and_what_it_lacks_stays(
    clinic: Clinic, patient: Patient
) -> None:
    news = row(mrn=patient.mrn, family_name="GARZA TIJERINA", given_names="María Ester", birth_date=None)
    result = apply_roster(clinic, [news], actor=None)
    patient.refresh_from_db()
    assert result.changed == 1
    assert (patient.family_name, patient.given_names) == ("GARZA TIJERINA", "María Ester")
    assert (patient.birth_date, patient.sex) == (BORN, "F")
    assert match(clinic, f"{patient.mrn}_Garza Tijerina_María Ester.jpg").decision == "assign"


def test_applying_twice_changes_nothing(clinic: Clinic) -> None:
    apply_roster(clinic, [row()], actor=None)
    result = apply_roster(clinic, [row()], actor=None)
    assert (result.added, result.changed, result.unchanged) == (0, 0, 1)


def test_a_provisional_patient_is_confirmed(clinic: Clinic) -> None:
    factories.make_patient(clinic, "0012345", "Pereda", "Luz", provisional=True)
    apply_roster(clinic, [row(given_names="")], actor=None)
    luz = Patient.objects.get(mrn="0012345")
    assert (luz.provisional, luz.given_names) == (False, "Luz")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"mrn": ""}, "no record number"),
        ({"mrn": "--"}, "no record number"),
        ({"family_name": "", "whole_name": "Luz Pereda"}, "SURNAMES, Names"),
        ({"family_name": ""}, "no surname"),
        ({"has_lost_date": True}, "could not be read"),
        ({"birth_date": date(2999, 1, 1)}, "cannot be"),
        ({"mrn": "3000003792", "birth_date": date(1990, 1, 1)}, "Another person"),
        ({"mrn": "03000003792"}, "zeros"),
        ({"mrn": "300000-3792"}, "zeros"),
    ],
)
def test_a_row_that_is_incomplete_or_could_mix_people_up_is_refused(
    clinic: Clinic, patient: Patient, facts: dict[str, Any], why: str
) -> None:
    result = apply_roster(clinic, [row(7, **facts), row(8, mrn="555", family_name="Lee")], actor=None)
    ((line, said),) = result.refused
    assert line == 7
    assert why in said
    assert result.added == 1, "the others are applied"
    assert Patient.objects.count() == 2


def test_a_number_that_stands_twice_is_applied_once(clinic: Clinic) -> None:
    result = apply_roster(clinic, [row(2), row(3, given_names="Ana")], actor=None)
    assert Patient.objects.get().given_names == "Luz"
    assert result.refused == [(3, "Line 2 has the same record number.")]


def test_a_record_that_was_merged_is_left_alone(clinic: Clinic, patient: Patient) -> None:
    factories.make_patient(clinic, "0012345", "Pereda", "Luz", merged_into=patient)
    result = apply_roster(clinic, [row(given_names="Ana")], actor=None)
    assert result.refused == [(2, "This record was merged into another one.")]


def test_a_plan_writes_nothing(clinic: Clinic) -> None:
    assert plan_roster(clinic, [row()]).result.added == 1
    assert not Patient.objects.exists()


def test_another_clinics_patients_are_not_seen(clinic: Clinic, other_clinic: Clinic) -> None:
    factories.make_patient(other_clinic, "0012345", "Okafor", "Chidi")
    assert apply_roster(clinic, [row()], actor=None).added == 1


def test_several_thousand_rows(clinic: Clinic) -> None:
    rows = [row(n, mrn=f"{n:07d}", family_name=f"Pereda{n}") for n in range(2, 4502)]
    assert apply_roster(clinic, rows, actor=None).added == 4500
    assert apply_roster(clinic, rows, actor=None).unchanged == 4500


# --- the command


CSV = "NHC;Apellidos;Nombre;Fecha de nacimiento\n0012345;Pereda Ríos;Luz;03/04/1957\n;Nadie;;\n7;;Ana;\n"


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(CSV, encoding="cp1252")
    return path


def test_the_command_applies_and_tells(clinic: Clinic, roster: Path) -> None:
    out = StringIO()
    call_command("import_roster", str(roster), stdout=out)
    assert Patient.objects.get().birth_date == date(1957, 4, 3)
    assert out.getvalue().splitlines() == [
        "1 added, 0 changed, 0 unchanged, 2 refused",
        "line 3: It has no record number.",
        "line 4: It has no surname.",
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(clinic: Clinic, roster: Path) -> None:
    out = StringIO()
    call_command("import_roster", str(roster), "--dry-run", "--clinic", clinic.slug, stdout=out)
    assert out.getvalue().startswith("1 added, 0 changed, 0 unchanged, 2 refused (nothing was written)")
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [("Dear all,\n", "Headers that help"), ("file,mrn\na.jpg,1\n", "no roster")],
    ids=["no list", "a mapping"],
)
def test_what_is_no_roster_is_refused(clinic: Clinic, tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=why):
        call_command("import_roster", str(path))


def test_the_clinic_must_be_named_where_there_are_several(
    clinic: Clinic, other_clinic: Clinic, roster: Path
) -> None:
    with pytest.raises(CommandError, match="--clinic"):
        call_command("import_roster", str(roster))
