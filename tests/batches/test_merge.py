"""Two records of one person: what moves with a merge, what comes back, and who may decide it."""

from dataclasses import replace
from datetime import timedelta
from time import sleep

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from batches import parting, rematch, tasks
from batches.actions.merge import merge_patients, unmerge_patient, unmerge_preview
from batches.actions.merge_preview import merge_preview
from batches.actions.review import assign_file, reassign_file, undo_file
from batches.context import moment_of_directory
from batches.demo import pictures
from batches.filing import enter_chart
from batches.models import Batch, BatchFile, ChartMove, FileEvent, ListedPatient
from batches.states import FileStatus
from clinics.access import Access
from clinics.models import AuditEntry, Clinic, User
from documents.models import Document
from files.errors import Refused
from patients import matcher
from patients.actions import PatientFacts, register_patient
from patients.matching.results import Decision
from patients.models import Patient, PatientMerge
from tests import factories
from tests.batches.conftest import Send
from tests.batches.shoot import Taken, Walk

pytestmark = pytest.mark.django_db

WHY = "The wristband has both numbers."


@pytest.fixture
def unknown(access: Access) -> Patient:
    """A provisional record, with the name half read."""
    facts = PatientFacts(mrn="", family_name="Garza Tijerina", given_names="Maria", provisional=True)
    return register_patient(access=access, facts=facts)


@pytest.fixture
def manager(admin_user: User) -> Access:
    return factories.access_of(admin_user)


def _filed(batch: Batch, patient: Patient, actor: User, *, seed: int = 0) -> BatchFile:
    file = factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed)
    assign_file(file=file, patient=patient, actor=actor)
    return _fresh(file)


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def _patient_of(file: BatchFile) -> tuple[Patient | None, Patient | None]:
    """Of the file, and of the picture that it became: they must never differ."""
    fresh = _fresh(file)
    assert fresh.image is not None
    return fresh.patient, fresh.image.patient


def _code(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.code


def test_a_merge_moves_pictures_documents_files_batches_and_lists(
    access: Access, batch: Batch, unknown: Patient, garza: Patient, clinician: User
) -> None:
    file = _filed(batch, unknown, clinician)
    document = factories.make_document(access.clinic, unknown)
    named = factories.make_batch(clinician, patient=unknown)
    listed = ListedPatient.objects.create(batch=batch, file=file, line=1, patient=unknown)
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    assert _patient_of(file) == (garza, garza)
    assert Document.objects.get(pk=document.pk).patient == garza
    assert Batch.objects.get(pk=named.pk).patient == garza
    assert ListedPatient.objects.get(pk=listed.pk).patient == garza
    assert merge.moved == {
        "images": [str(file.pk)],
        "documents": [str(document.pk)],
        "files": [str(file.pk)],
        "batches": [str(named.pk)],
        "listed": [str(listed.pk)],
    }
    assert (merge.reason, merge.merged_by) == (WHY, clinician)


def test_the_dead_record_answers_as_the_survivor_and_takes_nothing_more(
    access: Access, batch: Batch, unknown: Patient, garza: Patient, clinician: User
) -> None:
    merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    found = matcher.match(access.clinic, f"{unknown.mrn}/Garza Tijerina_Maria.jpg")
    assert found.patient_id == str(garza.pk)
    assert str(unknown.pk) not in {each.patient_id for each in found.candidates}
    with pytest.raises(Refused) as refused:
        assign_file(file=factories.make_file_in_review(batch), patient=unknown, actor=clinician)
    assert _code(refused) == "patient-gone"


def test_what_waits_in_review_is_tried_again_after_a_merge(
    access: Access, unknown: Patient, garza: Patient
) -> None:
    before = Clinic.objects.get(pk=access.clinic.pk).directory_changed_at
    merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    after = Clinic.objects.get(pk=access.clinic.pk).directory_changed_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_merge_is_in_the_history_of_both_charts_and_of_each_file(
    access: Access, batch: Batch, unknown: Patient, garza: Patient, clinician: User
) -> None:
    file = _filed(batch, unknown, clinician)
    version = Batch.objects.get(pk=batch.pk).version
    merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    noted = AuditEntry.objects.filter(action__in=["patient-merged", "patient-absorbed"], actor=clinician)
    assert set(noted.values_list("action", "object_id")) == {
        ("patient-merged", str(unknown.pk)),
        ("patient-absorbed", str(garza.pk)),
    }
    event = FileEvent.objects.filter(file=file).latest("id")
    assert (event.code, event.actor, event.to_status) == ("merged", clinician, FileStatus.COMPLETED)
    assert Batch.objects.get(pk=batch.pk).version > version, "an open page of the batch shows it"


def test_the_preview_says_what_would_move_and_what_differs(
    access: Access, batch: Batch, unknown: Patient, garza: Patient, clinician: User
) -> None:
    _filed(batch, unknown, clinician, seed=1)
    factories.make_document(access.clinic, unknown)
    factories.make_batch(clinician, patient=unknown)
    factories.make_file_in_review(batch, seed=2, evidence={"patient_id": str(unknown.pk)})
    seen = merge_preview(loser=unknown, survivor=garza)
    assert (seen.pictures, seen.documents, seen.batches, seen.open_files) == (1, 1, 1, 1)
    assert [(each.label, each.loser, each.survivor) for each in seen.differences] == [
        ("Given names", "Maria", "María Esther")
    ]
    assert not PatientMerge.objects.exists()


@pytest.mark.parametrize(
    ("case", "code", "status"),
    [
        ("no reason", "reason-missing", 400),
        ("itself", "merge-self", 409),
        ("merged away", "merged-already", 409),
        ("into a merged one", "survivor-merged", 409),
        ("into its own loser", "survivor-merged", 409),
        ("another clinic", "patient-unknown", 404),
        ("a registered record", "merge-not-allowed", 403),
    ],
)
def test_what_cannot_be_merged_is_refused_with_its_code(
    *,
    case: str,
    code: str,
    status: int,
    access: Access,
    unknown: Patient,
    garza: Patient,
    okafor: Patient,
    other_clinic: Clinic,
) -> None:
    loser, survivor, reason = unknown, garza, WHY
    match case:
        case "no reason":
            reason = " "
        case "itself":
            survivor = unknown
        case "merged away":
            Patient.objects.filter(pk=unknown.pk).update(merged_into=okafor)
        case "into a merged one":
            Patient.objects.filter(pk=garza.pk).update(merged_into=okafor)
        case "into its own loser":
            Patient.objects.filter(pk=garza.pk).update(merged_into=unknown)
        case "another clinic":
            survivor = factories.make_patient(other_clinic, "1", "Foreign")
        case "a registered record":
            loser = okafor
    with pytest.raises(Refused) as refused:
        merge_patients(access=access, loser=loser, survivor=survivor, reason=reason)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert not PatientMerge.objects.exists()


def test_who_runs_the_clinic_merges_registered_records_too(
    manager: Access, garza: Patient, okafor: Patient
) -> None:
    merge_patients(access=manager, loser=okafor, survivor=garza, reason=WHY)
    assert Patient.objects.get(pk=okafor.pk).merged_into == garza


def test_taken_apart_everything_is_where_it_was(
    access: Access, batch: Batch, unknown: Patient, garza: Patient, clinician: User
) -> None:
    moved, own = _filed(batch, unknown, clinician, seed=1), _filed(batch, garza, clinician, seed=2)
    named = factories.make_batch(clinician, patient=unknown)
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    later = _filed(batch, garza, clinician, seed=3)
    done = unmerge_patient(access=access, merge=merge)
    assert (done.back, done.stayed) == (1, 0)
    assert _patient_of(moved) == (unknown, unknown)
    assert _patient_of(own) == _patient_of(later) == (garza, garza)
    assert Batch.objects.get(pk=named.pk).patient == unknown
    assert Patient.objects.get(pk=unknown.pk).merged_into is None
    merge.refresh_from_db()
    assert (merge.unmerged_by, merge.unmerged_at is not None) == (clinician, True)


@pytest.mark.parametrize("how", ["re-assigned", "taken out", "taken out and filed again"])
def test_what_somebody_has_decided_since_the_merge_stays(
    *,
    how: str,
    access: Access,
    batch: Batch,
    unknown: Patient,
    garza: Patient,
    okafor: Patient,
    clinician: User,
) -> None:
    decided, moved = _filed(batch, unknown, clinician, seed=1), _filed(batch, unknown, clinician, seed=2)
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    match how:
        case "re-assigned":
            reassign_file(file=_fresh(decided), patient=okafor, actor=clinician, reason="Not hers.")
        case "taken out":
            undo_file(file=_fresh(decided), actor=clinician)
        case "taken out and filed again":
            undo_file(file=_fresh(decided), actor=clinician)
            assign_file(file=_fresh(decided), patient=garza, actor=clinician)
    stands = _patient_of(decided)
    foreseen = unmerge_preview(merge)
    done = unmerge_patient(access=access, merge=merge)
    assert foreseen == done
    assert (done.back, done.stayed) == (1, 1)
    assert _patient_of(decided) == stands
    assert _patient_of(moved) == (unknown, unknown)


def test_a_merge_that_was_taken_apart_can_be_made_again(
    access: Access, unknown: Patient, garza: Patient, okafor: Patient
) -> None:
    first = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    unmerge_patient(access=access, merge=first)
    second = merge_patients(access=access, loser=unknown, survivor=okafor, reason=WHY)
    with pytest.raises(Refused) as refused:
        unmerge_patient(access=access, merge=first)
    assert _code(refused) == "unmerged-already"
    assert Patient.objects.get(pk=unknown.pk).merged_into == okafor
    unmerge_patient(access=access, merge=second)


def test_a_chain_of_merges_is_taken_apart_from_its_end(
    manager: Access, unknown: Patient, garza: Patient, okafor: Patient
) -> None:
    inner = merge_patients(access=manager, loser=unknown, survivor=garza, reason=WHY)
    outer = merge_patients(access=manager, loser=garza, survivor=okafor, reason=WHY)
    with pytest.raises(Refused) as refused:
        unmerge_patient(access=manager, merge=inner)
    assert _code(refused) == "survivor-merged"
    unmerge_patient(access=manager, merge=outer)
    unmerge_patient(access=manager, merge=inner)
    assert not Patient.objects.filter(merged_into__isnull=False).exists()


@pytest.mark.parametrize(("days", "is_refused"), [(29, False), (31, True)], ids=["in time", "too late"])
def test_a_merge_can_be_taken_apart_for_thirty_days(
    days: int, is_refused: bool, access: Access, unknown: Patient, garza: Patient
) -> None:
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    PatientMerge.objects.filter(pk=merge.pk).update(merged_at=timezone.now() - timedelta(days=days))
    merge.refresh_from_db()
    if not is_refused:
        unmerge_patient(access=access, merge=merge)
        return
    with pytest.raises(Refused) as refused:
        unmerge_patient(access=access, merge=merge)
    assert _code(refused) == "unmerge-too-late"


def test_a_patient_with_anything_in_the_chart_cannot_be_deleted(
    batch: Batch, unknown: Patient, clinician: User
) -> None:
    file = _filed(batch, unknown, clinician)
    undo_file(file=file, actor=clinician)
    with pytest.raises(ProtectedError):
        unknown.delete()


# --- provisional records


def test_a_provisional_record_gets_a_number_of_its_own_that_looks_like_no_other(access: Access) -> None:
    facts = PatientFacts(mrn="", family_name="Unknown", provisional=True)
    numbers = [register_patient(access=access, facts=facts).mrn for _ in range(20)]
    assert len(set(numbers)) == 20
    assert all(number.startswith("P-") and number[2:].isalpha() for number in numbers)


def test_a_registered_record_needs_the_clinics_number(access: Access) -> None:
    with pytest.raises(Refused) as refused:
        register_patient(access=access, facts=PatientFacts(mrn="", family_name="Unknown"))
    assert _code(refused) == "mrn-missing"


def test_provisional_numbers_do_not_end_the_belief_in_a_check_digit(access: Access, garza: Patient) -> None:
    register_patient(access=access, facts=PatientFacts(mrn="", family_name="Unknown", provisional=True))
    assert Clinic.objects.get(pk=access.clinic.pk).check_digit == Clinic.CheckDigit.LUHN


# --- what the machine has filed while two records were one

NAMED = "3000003792_Garza Tijerina_María Esther.jpg"


def _by_itself(send: Send, folder: str, seed: int) -> BatchFile:
    file = send(f"{folder}/{NAMED}", pictures.photograph(seed, None), walk=True)
    assert (file.status, file.decided_by) == (FileStatus.COMPLETED, None)
    return file


def test_what_was_filed_by_itself_since_the_merge_goes_to_review_and_stays_there(
    access: Access, send: Send, unknown: Patient, garza: Patient, clinician: User
) -> None:
    before = _by_itself(send, "before", 1)
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    since, by_person = _by_itself(send, "since", 2), _filed(before.batch, garza, clinician, seed=3)
    assert unmerge_preview(merge).to_review == 1
    done = unmerge_patient(access=access, merge=merge)
    assert (done.back, done.stayed, done.to_review) == (0, 0, 1)
    assert _patient_of(since) == (None, None)
    fresh = _fresh(since)
    event = fresh.events.latest("id")
    assert (fresh.status, event.code, event.actor) == (FileStatus.REVIEW, "records-apart", clinician)
    assert fresh.has_all_bytes
    assert _patient_of(before) == _patient_of(by_person) == (garza, garza)
    rematch.match_clinic_again(access.clinic.pk, seconds=60)
    assert _fresh(since).status == FileStatus.REVIEW
    (move,) = ChartMove.objects.filter(record_id=since.pk)
    assert (move.from_patient, move.actor, "were one" in move.reason) == (garza, clinician, True)


def test_through_a_chain_of_merges_it_is_still_known_as_filed_by_itself(
    manager: Access, send: Send, unknown: Patient, garza: Patient, okafor: Patient
) -> None:
    inner = merge_patients(access=manager, loser=unknown, survivor=garza, reason=WHY)
    since = _by_itself(send, "since", 2)
    outer = merge_patients(access=manager, loser=garza, survivor=okafor, reason=WHY)
    assert unmerge_patient(access=manager, merge=outer).to_review == 0
    assert unmerge_patient(access=manager, merge=inner).to_review == 1
    assert _fresh(since).status == FileStatus.REVIEW


def test_what_a_dead_process_has_left_in_the_chart_is_taken_out_by_the_sweep(
    access: Access, send: Send, unknown: Patient, garza: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    since = _by_itself(send, "since", 2)
    with monkeypatch.context() as dead:
        dead.setattr(parting, "take_out", lambda _: False)
        unmerge_patient(access=access, merge=merge)
    assert _fresh(since).patient == garza
    assert parting.forgotten() == [merge.pk]
    tasks.part_records(str(merge.pk))
    assert _fresh(since).status == FileStatus.REVIEW
    assert parting.forgotten() == []


def test_a_match_that_began_before_the_records_were_apart_is_made_again(
    access: Access, batch: Batch, unknown: Patient, garza: Patient
) -> None:
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    walk = Walk(batch, Taken(f"{unknown.mrn}_Garza Tijerina_Maria.jpg", None))
    walk.look()
    assert walk.found is not None
    assert walk.found.result.patient_id == str(garza.pk)
    decided_for_both = replace(walk.found.result, decision=Decision.ASSIGN)
    walk.found = replace(walk.found, result=decided_for_both)
    sleep(0.01)
    unmerge_patient(access=access, merge=merge)
    file = walk.end()
    assert file.patient != garza
    codes = list(file.events.values_list("code", flat=True))
    assert "records-apart" in codes
    assert file.evidence["patient_id"] == str(unknown.pk)


def test_so_is_a_match_of_what_waits(
    access: Access, send: Send, unknown: Patient, garza: Patient, clinician: User
) -> None:
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    file = _fresh(send("DSC_1.jpg", pictures.photograph(2, None), walk=True))
    seen = moment_of_directory(access.clinic.pk)
    sleep(0.01)
    unmerge_patient(access=access, merge=merge)
    with pytest.raises(Refused):
        enter_chart(file, garza, actor=None, matched_at=seen)
    enter_chart(_fresh(file), garza, actor=None, matched_at=moment_of_directory(access.clinic.pk))
