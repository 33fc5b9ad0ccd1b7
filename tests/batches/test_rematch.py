"""What waits is tried again when the directory changes; what a person decided is not touched."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from batches import rematch, tasks
from batches.actions.batch import pause_batch
from batches.actions.review import assign_file, undo_file
from batches.demo import pictures
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from batches.views.rows import FileRow
from clinics.models import AuditEntry, Clinic, User
from files import staging
from files.errors import Refused
from imaging.models import Image
from patients.matcher import refresh_keys
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send
from tests.batches.shoot import Taken, Walk

pytestmark = pytest.mark.django_db

NAMED = "3000009997_Pereda Ríos, Luz.jpg"
PICTURE, OTHER = pictures.photograph(1, None), pictures.photograph(2, None)
R, F = FileStatus.REVIEW, FileStatus.COMPLETED


def come(clinic: Clinic) -> Patient:
    """The patient whom `NAMED` names comes into the directory."""
    return factories.make_patient(clinic, "3000009997", "Pereda Ríos", "Luz")


def again(clinic: Clinic) -> None:
    assert not rematch.match_clinic_again(clinic.pk, seconds=60)


def test_a_file_that_waited_for_its_patient_is_filed(
    send: Send, clinic: Clinic, garza: Patient, django_capture_on_commit_callbacks: Any
) -> None:
    file = send(NAMED, PICTURE, walk=True)
    luz = come(clinic)
    with django_capture_on_commit_callbacks(execute=True):
        again(clinic)
    file.refresh_from_db()
    event = file.events.latest("id")
    assert (file.status, file.patient, event.code, event.actor) == (F, luz, "matched-again", None)
    image = Image.objects.get(patient=luz)
    assert default_storage.open(image.original_key).read() == PICTURE
    assert not list(staging.keys())
    assert AuditEntry.objects.filter(action="file-matched-again", object_id=str(file.pk)).exists()
    assert FileRow(file).confirmed_by is None


def test_evidence_is_renewed_where_it_still_waits(send: Send, batch: Batch, garza: Patient) -> None:
    file = send("Pereda Ríos_Luz.jpg", PICTURE, walk=True)
    assert file.evidence["candidates"] == []
    luz = come(batch.clinic)
    batch.refresh_from_db()
    version, events = batch.version, file.events.count()
    again(batch.clinic)
    file.refresh_from_db()
    batch.refresh_from_db()
    assert (file.status, file.evidence["patient_id"]) == (R, str(luz.pk))
    assert file.confidence == file.evidence["confidence"]
    assert file.events.count() == events
    assert batch.version > version, "so that an open page shows it"


def test_what_was_matched_with_the_directory_as_it_is_is_left_alone(
    send: Send, batch: Batch, garza: Patient
) -> None:
    send("IMG_1.jpg", PICTURE, walk=True)
    assert rematch.due_clinics() == []
    refresh_keys(garza)
    assert rematch.due_clinics() == [], "nothing has changed"
    come(batch.clinic)
    assert rematch.due_clinics() == [batch.clinic_id]
    again(batch.clinic)
    batch.refresh_from_db()
    version = batch.version
    assert rematch.due_clinics() == []
    again(batch.clinic)
    batch.refresh_from_db()
    assert batch.version == version


def test_a_change_between_match_and_settle_is_not_missed(send: Send, clinic: Clinic, garza: Patient) -> None:
    """The moment that is kept is the directory's before the match, not the file's after it."""
    file = send(NAMED, PICTURE, walk=True)
    moment = Clinic.objects.get(pk=clinic.pk).directory_changed_at
    assert moment is not None
    assert file.matched_at is not None
    assert timedelta() <= file.matched_at - moment < timedelta(milliseconds=1)


@pytest.mark.parametrize("whole_second", [True, False], ids=["a whole second", "a part of one"])
def test_moments_are_compared_as_moments(
    send: Send, clinic: Clinic, garza: Patient, whole_second: bool
) -> None:
    now = timezone.now().replace(microsecond=0 if whole_second else 120_000)
    Clinic.objects.filter(pk=clinic.pk).update(directory_changed_at=now)
    send(NAMED, PICTURE, walk=True)
    assert rematch.due_clinics() == []


def test_what_a_person_has_taken_out_stays_out(
    send: Send, clinic: Clinic, garza: Patient, clinician: User
) -> None:
    file = send("IMG_1.jpg", PICTURE, walk=True)
    assign_file(file=file, patient=garza, actor=clinician)
    file.refresh_from_db()
    undo_file(file=file, actor=clinician, reason="Not hers.")
    evidence = BatchFile.objects.get(pk=file.pk).evidence
    BatchFile.objects.filter(pk=file.pk).update(path=NAMED)
    come(clinic)
    again(clinic)
    file.refresh_from_db()
    assert (file.status, file.evidence, file.decided_by) == (R, evidence, clinician)


def test_what_a_reviewer_looks_at_does_not_change_under_the_eyes(
    send: Send, clinic: Clinic, garza: Patient, clinician: User
) -> None:
    file = send(NAMED, PICTURE, walk=True)
    looked_at = BatchFile.objects.filter(pk=file.pk)
    looked_at.update(reviewer=clinician, review_until=timezone.now() + timedelta(minutes=5))
    come(clinic)
    again(clinic)
    assert looked_at.get().status == R
    looked_at.update(review_until=timezone.now() - timedelta(seconds=1))
    again(clinic)
    assert looked_at.get().status == F


def test_a_paused_batch_waits(send: Send, batch: Batch, garza: Patient, clinician: User) -> None:
    file = send(NAMED, PICTURE, walk=True)
    pause_batch(batch=batch, actor=clinician)
    come(batch.clinic)
    again(batch.clinic)
    file.refresh_from_db()
    assert file.status == R
    Batch.objects.filter(pk=batch.pk).update(paused_at=None)
    again(batch.clinic)
    file.refresh_from_db()
    assert file.status == F


def test_two_pictures_of_the_same_bytes_are_left_to_a_person(
    send: Send, clinic: Clinic, garza: Patient
) -> None:
    send("3000003792_Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
    twin = send("3000004592_Okafor_Chidi.jpg", PICTURE, walk=True)
    assert twin.status == FileStatus.DUPLICATE
    luz = come(clinic)
    second = send(NAMED, PICTURE, walk=True)
    assert second.events.latest("id").code == "same-bytes-other-patient"
    refresh_keys(luz)
    Clinic.objects.filter(pk=clinic.pk).update(directory_changed_at=timezone.now())
    again(clinic)
    second.refresh_from_db()
    assert (second.status, second.patient) == (R, None)


def test_somebody_faster_wins(send: Send, clinic: Clinic, garza: Patient, clinician: User) -> None:
    """The file as the matcher read it is no longer the file as it stands."""
    file = send(NAMED, PICTURE, walk=True)
    come(clinic)
    read = rematch.due().select_related("batch__clinic", "batch__patient", "image").get(pk=file.pk)
    assign_file(file=file, patient=garza, actor=clinician)
    with pytest.raises(Refused):
        rematch._match(read)
    file.refresh_from_db()
    assert (file.status, file.patient) == (F, garza)
    assert Image.objects.get(pk=file.pk).patient == garza


def test_two_workers_file_once(send: Send, clinic: Clinic, garza: Patient) -> None:
    file = send(NAMED, PICTURE, walk=True)
    luz = come(clinic)
    both = [
        rematch.due().select_related("batch__clinic", "batch__patient", "image").get(pk=file.pk)
        for _ in range(2)
    ]
    rematch._match(both[0])
    with pytest.raises(Refused):
        rematch._match(both[1])
    assert file.events.filter(to_status=F).count() == 1
    image = Image.objects.get(patient=luz)
    assert default_storage.exists(image.original_key)


def test_the_work_is_handed_on_when_time_is_up(send: Send, clinic: Clinic, garza: Patient) -> None:
    files = [send(f"{n}/{NAMED}", pictures.photograph(n, None), walk=True) for n in range(3)]
    come(clinic)
    assert rematch.match_clinic_again(clinic.pk, seconds=-1)
    assert sorted(BatchFile.objects.values_list("status", flat=True)) == [F, R, R], "one step at least"
    again(clinic)
    for file in files:
        file.refresh_from_db()
        assert file.status == F


def test_one_that_cannot_be_matched_stops_nobody(send: Send, clinic: Clinic, garza: Patient) -> None:
    """Its staged bytes are gone: the storage's trouble is reported, and the others go on."""
    broken, sound = send(f"a/{NAMED}", PICTURE, walk=True), send(f"b/{NAMED}", OTHER, walk=True)
    staging.discard(broken.storage_key)
    come(clinic)
    again(clinic)
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, sound.status) == (R, F)
    assert rematch.due_clinics() == [clinic.pk], "it is tried again"


def test_a_clinic_is_told_apart_from_its_neighbour(
    send: Send, clinic: Clinic, garza: Patient, stranger: User
) -> None:
    other = factories.make_batch(stranger)
    theirs = factories.make_file_in_review(other, NAMED, seed=9)
    luz = come(clinic)
    rematch.match_clinic_again(clinic.pk, seconds=60)
    theirs.refresh_from_db()
    assert theirs.status == R
    rematch.match_clinic_again(other.clinic_id, seconds=60)
    theirs.refresh_from_db()
    assert theirs.patient != luz


def test_the_sweep_rings_for_every_clinic_that_has_some(
    send: Send, clinic: Clinic, garza: Patient, other_clinic: Clinic
) -> None:
    send(NAMED, PICTURE, walk=True)
    factories.make_patient(other_clinic, "1", "Nadie")
    come(clinic)
    assert tasks.match_waiting_again() == 1
    tasks.match_again(str(clinic.pk))
    assert tasks.match_waiting_again() == 0


# --- strangers, where a clinic files them under a provisional patient


@pytest.fixture
def provisional(clinic: Clinic) -> Clinic:
    Clinic.objects.filter(pk=clinic.pk).update(unknown_patients=Clinic.UnknownPatients.PROVISIONAL)
    clinic.refresh_from_db()
    return clinic


def test_by_default_a_stranger_waits(send: Send, garza: Patient) -> None:
    assert send(NAMED, PICTURE, walk=True).status == R
    assert Patient.objects.count() == 1


def test_a_stranger_becomes_a_provisional_patient(
    send: Send, provisional: Clinic, garza: Patient, batch: Batch
) -> None:
    file = send(NAMED, PICTURE, walk=True, into=Batch.objects.get(pk=batch.pk))
    luz = Patient.objects.get(mrn="3000009997")
    assert luz.provisional
    assert (file.status, file.patient, file.events.latest("id").code) == (F, luz, "provisional-registered")
    assert luz.family_name == "Pereda Ríos"
    assert default_storage.exists(Image.objects.get(patient=luz).original_key)
    entry = AuditEntry.objects.get(action="provisional-registered")
    assert (entry.actor, entry.object_id) == (None, str(file.pk))


@pytest.mark.parametrize(
    "name",
    ["Pereda Ríos_Luz.jpg", "3000009997.jpg", "3000009997_Luz.jpg", "3000003792_Pereda Ríos_Luz.jpg"],
    ids=["no number", "no name", "no surname", "somebody else's number"],
)
def test_less_than_number_and_full_name_registers_nobody(
    send: Send, provisional: Clinic, garza: Patient, name: str
) -> None:
    assert send(name, PICTURE, walk=True).status == R
    assert Patient.objects.count() == 1


def test_the_second_picture_of_a_stranger_goes_to_the_same_record(
    send: Send, provisional: Clinic, garza: Patient
) -> None:
    first, second = send(f"a/{NAMED}", PICTURE, walk=True), send(f"b/{NAMED}", OTHER, walk=True)
    assert first.patient == second.patient
    assert Patient.objects.filter(provisional=True).count() == 1


def test_two_workers_meet_the_same_stranger_at_once(
    batch: Batch, provisional: Clinic, garza: Patient
) -> None:
    """Both have judged before either has written; the number is unique, so one record serves both."""
    batch = Batch.objects.get(pk=batch.pk)
    walks = [Walk(batch, Taken(f"{folder}/{NAMED}", None)) for folder in "ab"]
    for each in walks:
        each.look()
    files = [each.end() for each in walks]
    luz = Patient.objects.get(provisional=True)
    assert [(file.status, file.patient) for file in files] == [(F, luz), (F, luz)]
    assert list(files[1].events.values_list("code", flat=True))[-2:] == ["patient-new", "matched-again"]


def test_when_the_policy_is_switched_on_what_waits_follows(
    send: Send, clinic: Clinic, garza: Patient
) -> None:
    file = send(NAMED, PICTURE, walk=True)
    Clinic.objects.filter(pk=clinic.pk).update(
        unknown_patients=Clinic.UnknownPatients.PROVISIONAL, directory_changed_at=timezone.now()
    )
    again(clinic)
    file.refresh_from_db()
    assert file.status == F
    assert file.patient is not None
    assert file.patient.provisional


def test_a_file_processed_anew_is_matched_anew(send: Send, clinic: Clinic, garza: Patient) -> None:
    file = send("IMG_1.jpg", PICTURE)
    BatchFile.objects.filter(pk=file.pk).update(news=3)
    run.process(file.pk)
    file.refresh_from_db()
    assert file.news == 0
