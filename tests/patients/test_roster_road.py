"""The road of a roster: claims, retries, the mapping of its columns, and what an undo takes back."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from batches.models import Batch, ListedPatient
from clinics.models import AuditEntry, Clinic, User
from files.errors import Refused
from patients import index_keys
from patients import roster_actions as actions
from patients.matcher import match
from patients.models import Patient, PatientKey, Roster, RosterMapping, RosterRow
from patients.roster_states import RosterStatus
from patients.rosters import claims, lines, road
from patients.rosters.claims import ClaimLost
from tests import factories
from tests.patients.sheets import applied, previewed, received, row, sheet, worked_on

pytestmark = pytest.mark.django_db

UNKNOWN = b"A,B,C\n0012345,Pereda,Luz\n"
KNOWN = b"NHC,Nombre,Apellido\n0012345,Pereda,Luz\n"
SWAPPED = {"0": "mrn", "1": "family_name", "2": "given_names"}


def lapse(roster: Roster) -> None:
    """The worker has died: its lease runs out."""
    Roster.objects.filter(pk=roster.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


# --- claims


def test_a_roster_is_taken_once(clinic: Clinic) -> None:
    roster = received(clinic, sheet([row()]))
    assert claims.take(roster.pk) is not None
    assert claims.take(roster.pk) is None


def test_what_a_worker_that_died_has_left_is_written_anew(clinic: Clinic) -> None:
    roster = received(clinic, sheet([row(), row(mrn="8")]))
    dead = claims.take(roster.pk)
    assert dead is not None
    lines.insert(roster, [lines.Line(2, "7", "Half", "Done", "", None, "")])
    lapse(roster)
    worked_on(roster)
    assert (roster.status, roster.counts["added"]) == (RosterStatus.READY, 2)
    with pytest.raises(ClaimLost):
        claims.hold(dead)
    with pytest.raises(ClaimLost):
        claims.settle(dead, RosterStatus.FAILED)


@pytest.mark.parametrize("is_applied", [False, True], ids=["reading", "applying"])
def test_one_that_kills_its_workers_is_left_alone(
    clinic: Clinic, settings: LazySettings, is_applied: bool
) -> None:
    roster = previewed(clinic, [row()]) if is_applied else received(clinic, sheet([row()]))
    if is_applied:
        actions.apply_roster(roster=roster, actor=None)
    for _ in range(settings.INTAKE_MAX_LOST_CLAIMS):
        assert claims.take(roster.pk) is not None
        lapse(roster)
    worked_on(roster)
    assert (roster.status, roster.error_code) == (RosterStatus.FAILED, "poison")
    assert not Patient.objects.exists()


def test_what_waits_is_found_by_the_sweep(clinic: Clinic) -> None:
    waiting, taken = (received(clinic, sheet([row()])) for _ in range(2))
    claims.take(taken.pk)
    assert road.lost() == [waiting.pk]
    assert road.lost() == [], "it was just rung for"


def test_a_failed_one_is_tried_again_without_being_sent_again(clinic: Clinic, admin_user: User) -> None:
    roster = worked_on(received(clinic, b"Dear all,\n"))
    assert (roster.status, roster.error_code) == (RosterStatus.FAILED, "list-not-understood")
    actions.retry_roster(roster=roster, actor=admin_user)
    assert worked_on(roster).error_code == "list-not-understood"


def test_a_trouble_of_ours_is_tried_again_and_in_the_end_told(
    clinic: Clinic, settings: LazySettings, admin_user: User
) -> None:
    roster = received(clinic, sheet([row()]))
    settings.INTAKE_TROUBLE_DELAY_SECONDS = 0
    before, settings.INTAKE_STAGING_DIR = settings.INTAKE_STAGING_DIR, "/nowhere/at/all"
    worked_on(roster)
    assert (roster.status, roster.troubles) == (RosterStatus.FAILED, 0)
    assert roster.error_code
    settings.INTAKE_STAGING_DIR = before
    actions.retry_roster(roster=roster, actor=admin_user)
    assert worked_on(roster).status == RosterStatus.READY


def test_a_mapping_of_files_is_no_roster(clinic: Clinic) -> None:
    roster = worked_on(received(clinic, b"file,mrn\na.jpg,1\n"))
    assert (roster.status, roster.error_code) == (RosterStatus.FAILED, "list-not-a-roster")


def test_one_that_is_wanted_is_applied_when_it_is_read(clinic: Clinic, admin_user: User) -> None:
    roster = worked_on(received(clinic, sheet([row()]), actor=admin_user, is_wanted=True))
    assert roster.status == RosterStatus.APPLIED
    assert Patient.objects.get().mrn == "0012345"


def test_two_who_apply_at_once_apply_once(clinic: Clinic, admin_user: User) -> None:
    roster = previewed(clinic, [row()])
    actions.apply_roster(roster=roster, actor=admin_user)
    with pytest.raises(Refused, match="at this list just now"):
        actions.apply_roster(roster=roster, actor=admin_user)
    worked_on(roster)
    with pytest.raises(Refused, match="applied"):
        actions.apply_roster(roster=roster, actor=admin_user)
    assert AuditEntry.objects.filter(action="roster-applied").count() == 1


def test_there_must_be_something_to_apply(clinic: Clinic, patient: Patient) -> None:
    roster = previewed(clinic, [row(mrn="")])
    with pytest.raises(Refused) as refusal:
        actions.apply_roster(roster=roster, actor=None)
    assert (refusal.value.code, refusal.value.status) == ("nothing-to-apply", 409)


@pytest.mark.parametrize(
    ("content", "code", "status"), [(b"", "empty-file", 400), (b"x" * 2000, "list-too-large", 413)]
)
def test_what_cannot_be_a_list_is_refused_at_the_door(
    clinic: Clinic, settings: LazySettings, content: bytes, code: str, status: int
) -> None:
    settings.INTAKE_MAX_LIST_BYTES = 1000
    with pytest.raises(Refused) as refusal:
        received(clinic, content)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert not Roster.objects.exists()


# --- columns


def test_columns_are_told_with_their_first_cells(clinic: Clinic) -> None:
    reading = worked_on(received(clinic, "NHC;Apellidos;Tel\n7;Lee;55\n".encode("cp1252"))).reading
    assert reading["delimiter"] == ";"
    columns = [(each["header"], each["field"], each["samples"]) for each in reading["columns"]]
    assert columns == [("NHC", "mrn", ["7"]), ("Apellidos", "family_name", ["Lee"]), ("Tel", "", ["55"])]


def test_a_mapping_is_used_and_remembered_for_the_same_headers(clinic: Clinic, admin_user: User) -> None:
    first = worked_on(received(clinic, KNOWN))
    assert first.rows.get().family_name == "Luz"
    actions.set_columns(roster=first, mapping=SWAPPED, actor=admin_user)
    assert worked_on(first).rows.get().family_name == "Pereda"
    again = worked_on(received(clinic, KNOWN.replace(b"NHC", b"nhc").replace(b"12345", b"67890")))
    assert (again.rows.get().family_name, again.mapping) == ("Pereda", None)
    assert RosterMapping.objects.get().mapping == SWAPPED


def test_another_clinic_has_its_own_mapping(clinic: Clinic, other_clinic: Clinic, admin_user: User) -> None:
    actions.set_columns(roster=worked_on(received(clinic, KNOWN)), mapping=SWAPPED, actor=admin_user)
    assert worked_on(received(other_clinic, KNOWN)).rows.get().family_name == "Luz"


@pytest.mark.parametrize(
    "mapping",
    [
        {"0": "shoe_size"},
        {"0": "path", "1": "mrn", "2": "family_name"},
        {"0": "mrn", "1": "mrn", "2": "family_name"},
        {"x": "mrn", "1": "family_name"},
        {"0": "family_name"},
        {"0": "mrn"},
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(clinic: Clinic, mapping: dict[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        received(clinic, KNOWN, mapping=mapping)
    assert refusal.value.code == "bad-mapping"


# --- undo


def taken_back(roster: Roster, user: User) -> Roster:
    actions.undo_roster(roster=roster, actor=user, reason="the wrong list")
    return worked_on(roster)


def told(roster: Roster) -> tuple[int, int, int]:
    return roster.counts["removed"], roster.counts["restored"], roster.counts["kept"]


def test_who_came_goes_and_what_changed_is_as_before(
    clinic: Clinic, patient: Patient, admin_user: User
) -> None:
    news = row(
        mrn=patient.mrn, family_name="Garza de Soto", given_names="María Esther", birth_date="1957-04-23"
    )
    roster = applied(clinic, [row(), news], actor=admin_user)
    assert taken_back(roster, admin_user).status == RosterStatus.UNDONE
    assert told(roster) == (1, 1, 0)
    patient.refresh_from_db()
    assert patient.family_name == "Garza Tijerina"
    assert not Patient.objects.filter(mrn="0012345").exists()
    assert match(clinic, "0012345_Pereda_Luz.jpg").decision == "none"
    assert match(clinic, f"{patient.mrn}_Garza Tijerina_María Esther.jpg").decision == "assign"
    assert AuditEntry.objects.get(action="roster-undone").detail == {"removed": 1, "restored": 1, "kept": 0}


@pytest.mark.parametrize("share", [0, 10], ids=["key by key", "all keys at once"])
def test_nobody_is_found_by_what_is_taken_back(
    clinic: Clinic, patient: Patient, admin_user: User, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    before = set(PatientKey.objects.values_list("key", "entry"))
    roster = applied(clinic, [row(), row(mrn="8", family_name="Lee")])
    assert len(before) < PatientKey.objects.count()
    monkeypatch.setattr(index_keys, "_LARGE_SHARE", share)
    assert told(taken_back(roster, admin_user)) == (2, 0, 0)
    assert set(PatientKey.objects.values_list("key", "entry")) == before


def test_who_has_something_in_the_chart_stays(clinic: Clinic, admin_user: User) -> None:
    roster = applied(clinic, [row(), row(mrn="8", family_name="Lee")])
    factories.make_image(clinic, Patient.objects.get(mrn="8"))
    assert told(taken_back(roster, admin_user)) == (1, 0, 1)
    kept = roster.rows.exclude(kept="").get()
    assert (kept.mrn, kept.kept) == ("8", "On this record hangs a picture in the chart.")


def test_what_hangs_on_a_record_is_named(clinic: Clinic, admin_user: User) -> None:
    roster = applied(clinic, [row()])
    luz = Patient.objects.get(mrn="0012345")
    batch = factories.make_batch(admin_user)
    Batch.objects.filter(pk=batch.pk).update(patient=luz)
    luz.user = admin_user
    luz.save()
    assert told(taken_back(roster, admin_user)) == (0, 0, 1)
    words = "On this record hangs a batch that was given to this patient and an account."
    assert roster.rows.get().kept == words


def test_who_is_on_the_list_of_a_batch_can_go(clinic: Clinic, admin_user: User) -> None:
    roster = applied(clinic, [row()])
    batch = factories.make_batch(admin_user)
    file = factories.send_file(batch, "list.csv", sheet([row()]))
    listed = ListedPatient.objects.create(batch=batch, file=file, line=2, patient=Patient.objects.get())
    assert told(taken_back(roster, admin_user)) == (1, 0, 0)
    listed.refresh_from_db()
    assert listed.patient_id is None


def test_what_a_later_list_says_too_stays(clinic: Clinic, admin_user: User) -> None:
    people = [row(), row(mrn="8", family_name="Lee")]
    first = previewed(clinic, people)
    second = previewed(clinic, [row(given_names="Lucía"), row(mrn="9")])
    for roster in (first, second):
        actions.apply_roster(roster=roster, actor=admin_user)
        worked_on(roster)
    assert told(taken_back(first, admin_user)) == (1, 0, 1), "the one who is on no other list goes"
    assert set(Patient.objects.values_list("mrn", flat=True)) == {"0012345", "9"}
    kept = first.rows.get(mrn="0012345").kept
    assert kept == "The list “list.csv”, which was applied later, has this patient as well."
    assert told(taken_back(second, admin_user)) == (1, 1, 0), "what the second changed is as before"
    assert Patient.objects.get().given_names == "Luz"


def test_a_later_list_that_is_being_taken_back_counts_until_it_is(clinic: Clinic, admin_user: User) -> None:
    first, second = previewed(clinic, [row()]), previewed(clinic, [row()])
    for roster in (first, second):
        actions.apply_roster(roster=roster, actor=admin_user)
        worked_on(roster)
    Roster.objects.filter(pk=second.pk).update(status=RosterStatus.UNDOING)  # and it may fail
    assert told(taken_back(first, admin_user)) == (0, 0, 1)


def test_a_value_that_a_later_list_says_too_stays(clinic: Clinic, patient: Patient, admin_user: User) -> None:
    news = row(mrn=patient.mrn, family_name="Garza", given_names="Esther", birth_date="1957-04-23")
    first = previewed(clinic, [news])
    second = previewed(clinic, [news | {"given_names": ""}, row()])
    for roster in (first, second):
        actions.apply_roster(roster=roster, actor=admin_user)
        worked_on(roster)
    assert told(taken_back(first, admin_user)) == (0, 1, 1)
    patient.refresh_from_db()
    assert (patient.family_name, patient.given_names) == ("Garza", "María Esther")
    said = "The list “list.csv”, which was applied later, says the surnames too; that stays."
    assert first.rows.get().kept == said


def test_a_list_that_was_taken_back_itself_keeps_nothing(clinic: Clinic, admin_user: User) -> None:
    first, second = (previewed(clinic, [row()]) for _ in range(2))
    for roster in (first, second):
        actions.apply_roster(roster=roster, actor=admin_user)
        worked_on(roster)
    taken_back(second, admin_user)
    assert told(taken_back(first, admin_user)) == (1, 0, 0)


def test_what_somebody_has_changed_since_stays(clinic: Clinic, patient: Patient, admin_user: User) -> None:
    news = row(mrn=patient.mrn, family_name="Garza", given_names="Esther", birth_date="1957-04-23")
    roster = applied(clinic, [row(), news])
    Patient.objects.filter(mrn="0012345").update(given_names="Lucía")
    Patient.objects.filter(pk=patient.pk).update(given_names="Ester")
    assert told(taken_back(roster, admin_user)) == (0, 1, 2)
    patient.refresh_from_db()
    assert (patient.family_name, patient.given_names) == ("Garza Tijerina", "Ester")
    reasons = dict(roster.rows.values_list("mrn", "kept"))
    assert reasons["0012345"] == "Somebody has changed the record since."
    assert reasons[patient.mrn] == "Somebody has changed the given names since; that stays."


def test_an_old_birth_date_and_a_provisional_record_come_back(clinic: Clinic, admin_user: User) -> None:
    old = factories.make_patient(
        clinic, "7", "Lee", "Ana", birth_date=date(1980, 2, 1), provisional=True, sex="F"
    )
    roster = applied(clinic, [row(mrn="7", family_name="Lee", given_names="Ana", birth_date="1980-02-11")])
    taken_back(roster, admin_user)
    old.refresh_from_db()
    assert (old.birth_date, old.provisional) == (date(1980, 2, 1), True)


def test_the_time_to_take_back_ends(clinic: Clinic, admin_user: User, settings: LazySettings) -> None:
    roster = applied(clinic, [row()])
    settings.INTAKE_ROSTER_UNDO_DAYS = 0
    with pytest.raises(Refused) as refusal:
        actions.undo_roster(roster=roster, actor=admin_user, reason="late")
    assert refusal.value.code == "undo-too-late"


def test_only_what_is_applied_is_taken_back(clinic: Clinic, admin_user: User) -> None:
    with pytest.raises(Refused) as refusal:
        actions.undo_roster(roster=previewed(clinic, [row()]), actor=admin_user, reason="no")
    assert refusal.value.code == "roster-settled"


def test_a_removed_roster_leaves_patients_and_no_bytes(
    clinic: Clinic, admin_user: User, settings: LazySettings, django_capture_on_commit_callbacks: Any
) -> None:
    roster = applied(clinic, [row()])
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_roster(roster=roster, actor=admin_user)
    assert Patient.objects.count() == 1
    assert not RosterRow.objects.exists()
    assert not [each for each in settings.INTAKE_STAGING_DIR.rglob("*") if each.is_file()]


def test_nothing_of_it_is_in_the_audit_but_numbers(clinic: Clinic, admin_user: User) -> None:
    roster = applied(clinic, [row()], actor=admin_user)
    taken_back(roster, admin_user)
    text = json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert "Pereda" not in text
    assert "list.csv" not in text
