"""Provisional records and merges through the REST interface."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from clinics.models import Clinic, User
from patients.models import Patient
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

WHY = "the wristband has both numbers"


@pytest.fixture
def api(reviewer: User) -> Client:
    return factories.client_of(reviewer)


@pytest.fixture
def unknown(api: Client, clinic: Clinic) -> Patient:
    body = {"family_name": "Garza", "provisional": True}
    made = api.post(f"{API}/patients", body, content_type=JSON)
    assert made.status_code == 201
    return Patient.objects.get(pk=made.json()["id"])


def call(api: Client, patient: Patient, verb: str, **body: Any) -> Any:
    return api.post(reverse(f"api:patient-{verb}", args=[patient.pk]), body, content_type=JSON)


def test_a_provisional_record_has_a_number_that_says_so(unknown: Patient) -> None:
    assert unknown.provisional
    assert unknown.mrn.startswith("P-")


def test_a_registered_record_without_a_number_is_refused(api: Client, clinic: Clinic) -> None:
    answer = api.post(f"{API}/patients", {"family_name": "Garza"}, content_type=JSON)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"mrn"})


def test_a_merge_and_its_undoing(
    api: Client, unknown: Patient, patient: Patient, clinician: User, batch: Batch
) -> None:
    file = factories.make_file_in_review(batch)
    api.post(reverse("api:file-assign", args=[file.pk]), {"patient_id": str(unknown.pk)}, content_type=JSON)
    merged = call(api, unknown, "merge", into=str(patient.pk), reason=WHY)
    assert merged.status_code == 200, merged.json()
    assert (merged.json()["into"]["id"], merged.json()["pictures"]) == (str(patient.pk), 1)
    assert BatchFile.objects.get(pk=file.pk).patient == patient
    assert str(unknown.pk) not in api.get(f"{API}/patients").content.decode()
    apart = call(api, unknown, "unmerge")
    assert (apart.json()["back"], apart.json()["stayed"]) == (1, 0)
    assert BatchFile.objects.get(pk=file.pk).patient == unknown


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


def test_a_registered_record_is_not_a_reviewers_to_merge(
    api: Client, patient: Patient, unknown: Patient, admin_user: User
) -> None:
    refused = call(api, patient, "merge", into=str(unknown.pk), reason=WHY)
    assert (refused.status_code, refused.json()["code"]) == (403, "merge-not-allowed")
    manager = factories.client_of(admin_user)
    assert call(manager, patient, "merge", into=str(unknown.pk), reason=WHY).status_code == 200


def test_what_is_not_merged_cannot_be_taken_apart(api: Client, unknown: Patient) -> None:
    answer = call(api, unknown, "unmerge")
    assert (answer.status_code, answer.json()["code"]) == (409, "not-merged")


def test_nobody_is_merged_into_another_clinic(api: Client, unknown: Patient, other_clinic: Clinic) -> None:
    foreign = factories.make_patient(other_clinic, "1", "Foreign")
    answer = call(api, unknown, "merge", into=str(foreign.pk), reason=WHY)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("missing", ["into", "reason"])
def test_a_merge_needs_the_other_record_and_a_reason(
    missing: str, api: Client, unknown: Patient, patient: Patient
) -> None:
    body = {"into": str(patient.pk), "reason": WHY}
    del body[missing]
    answer = call(api, unknown, "merge", **body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {missing})
