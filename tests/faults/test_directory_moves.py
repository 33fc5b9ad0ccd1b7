"""The road, while people change the directory under it: no file ends on a dead or wrong patient."""

from functools import partial

import pytest
from django.db import transaction

from batches.actions.merge import merge_patients
from batches.actions.review import reassign_file
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import User
from patients import matcher
from patients.models import Patient
from tests import factories
from tests.faults.decisions import (
    WHY,
    assert_in_order,
    at_once,
    fresh,
    meanwhile,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- the road, while people change the directory


def on_the_road(batch: Batch, patient: Patient, *, seed: int = 0) -> BatchFile:
    name = f"{seed}/{patient.mrn}_{patient.family_name}_{patient.given_names}.jpg"
    return factories.send_file(batch, name, factories.tiny_jpeg(seed))


def test_a_patient_merged_between_match_and_filing_gets_nothing(
    *,
    batch: Batch,
    garza: Patient,
    unknown: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = on_the_road(batch, unknown)
    access = factories.access_of(clinician)
    merge = partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY)
    meanwhile(monkeypatch, matcher, "match", merge)
    run.process(file.pk)
    assert fresh([file])[0].patient in {None, garza}
    assert_in_order([file])


def test_a_patient_deleted_between_match_and_filing_leaves_the_file_in_review(
    batch: Batch, okafor: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = on_the_road(batch, okafor)
    meanwhile(monkeypatch, matcher, "match", okafor.delete)
    run.process(file.pk)
    assert (fresh([file])[0].status, fresh([file])[0].patient) == (FileStatus.REVIEW, None)
    assert_in_order([file])


def test_a_file_moved_while_its_batch_runs_stays_where_it_was_moved(
    *,
    batch: Batch,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (on_the_road(batch, garza, seed=seed) for seed in range(2))
    run.process(first.pk)
    before = fresh([first])[0]
    move = partial(reassign_file, file=before, patient=okafor, actor=clinician, reason=WHY)
    meanwhile(monkeypatch, matcher, "match", move)
    run.process(second.pk)
    assert fresh([first])[0].patient == okafor
    assert fresh([second])[0].patient in {None, garza}
    assert_in_order([first, second])


def test_a_list_of_patients_applied_while_files_are_matched_misleads_none(
    batch: Batch, garza: Patient, okafor: Patient
) -> None:
    files = [on_the_road(batch, (garza, okafor)[seed % 2], seed=seed) for seed in range(6)]

    def apply() -> None:
        for chunk in range(5):
            with transaction.atomic():
                rows = [_neighbour(garza, chunk * 40 + number) for number in range(40)]
                matcher.refresh_keys_in_bulk(Patient.objects.bulk_create(rows))

    def match() -> None:
        for file in files:
            run.process(file.pk)

    at_once(apply, match)
    for number, file in enumerate(fresh(files)):
        assert file.patient in {None, (garza, okafor)[number % 2]}
        assert file.status in {FileStatus.COMPLETED, FileStatus.REVIEW}
    assert_in_order(files)


def _neighbour(garza: Patient, number: int) -> Patient:
    """Somebody with the same surnames and a number nearby."""
    patient = Patient(
        clinic=garza.clinic, mrn=f"{3000003800 + number}", family_name="Garza Tijerina", given_names="Ana"
    )
    patient.mrn_key = patient.mrn
    return patient
