"""Patients, pictures and documents through the REST interface: facts, bytes, and who looked at them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEntry, Clinic, User
from files import storage
from patients.models import Patient, PatientKey
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

PATIENT_FIELDS = {"id", "mrn", "family_name", "given_names", "birth_date", "sex", "provisional"}


# --- patients


def test_a_registered_patient_is_found_by_the_matcher_at_once(api: Client, clinic: Clinic) -> None:
    facts = {
        "mrn": "0042",
        "family_name": "Núñez",
        "given_names": "Ana",
        "birth_date": "1990-02-28",
        "sex": "F",
    }
    answer = api.post(f"{API}/patients", facts, content_type=JSON)
    patient = Patient.objects.get(clinic=clinic)
    assert answer.status_code == 201
    assert answer.json() == facts | {"id": str(patient.pk), "provisional": False}
    assert PatientKey.objects.filter(entry__patient=patient).exists()
    assert AuditEntry.objects.filter(action="patient-registered", object_id=str(patient.pk)).count() == 1
    assert api.get(f"{API}/patients/{patient.pk}").json() == answer.json()


def test_a_record_number_is_given_once(api: Client, patient: Patient, other_clinic: Clinic) -> None:
    again = api.post(f"{API}/patients", {"mrn": patient.mrn, "family_name": "X"}, content_type=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "mrn-taken")
    assert Patient.objects.count() == 1
    factories.make_patient(other_clinic, patient.mrn, "Somebody else")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"family_name": "X"}, "mrn"),
        ({"mrn": "--", "family_name": "X"}, "mrn"),
        ({"mrn": "1" * 65, "family_name": "X"}, "mrn"),
        ({"mrn": "1"}, "family_name"),
        ({"mrn": "1", "family_name": ""}, "family_name"),
        ({"mrn": "1", "family_name": "X", "birth_date": "28.2.1990"}, "birth_date"),
        ({"mrn": "1", "family_name": "X", "sex": "?"}, "sex"),
    ],
)
def test_a_patient_that_makes_no_sense_is_named(body: dict[str, str], field: str, api: Client) -> None:
    answer = api.post(f"{API}/patients", body, content_type=JSON)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Garza Tijerina", "Okafor"]),
        ("gar", ["Garza Tijerina"]),
        ("esther garza", ["Garza Tijerina"]),
        ("3000-0037", ["Garza Tijerina"]),
        ("0077", ["Okafor"]),
        ("esther okafor", []),
    ],
)
def test_patients_are_found_by_words_and_numbers(
    words: str, found: list[str], api: Client, patient: Patient, clinic: Clinic
) -> None:
    factories.make_patient(clinic, "00770", "Okafor", "Chidi")
    factories.make_patient(clinic, "00771", "Old Garza", merged_into=patient)
    answer = api.get(f"{API}/patients", {"q": words}).json()
    assert set(answer) == {"patients", "total", "page", "limit"}
    assert [row["family_name"] for row in answer["patients"]] == found
    assert all(set(row) == PATIENT_FIELDS for row in answer["patients"])


# --- pictures and documents

MAKERS: dict[str, Callable[..., Any]] = {"images": factories.make_image, "documents": factories.make_document}


@pytest.mark.parametrize("plural", MAKERS)
def test_facts_of_a_record(plural: str, api: Client, patient: Patient) -> None:
    record = MAKERS[plural](patient.clinic, patient)
    facts = api.get(f"{API}/{plural}/{record.pk}").json()
    assert (facts["patient_id"], facts["sha256"], facts["size"]) == (
        str(patient.pk),
        record.sha256,
        record.size_bytes,
    )
    for name in ("thumbnail", "preview", "original"):
        assert api.get(facts[f"{name}_url"]).status_code == 200


@pytest.mark.parametrize("plural", MAKERS)
def test_an_original_can_do_no_harm_in_a_browser(plural: str, api: Client, patient: Patient) -> None:
    content = b"<script>alert(1)</script>"
    record = MAKERS[plural](patient.clinic, patient, content=content, source_name='Ñandú "1".jpg')
    answer = api.get(f"{API}/{plural}/{record.pk}/original")
    assert answer.getvalue() == content
    assert (
        answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%91and%C3%BA%20%221%22.jpg"
    )
    assert answer.headers["Content-Type"] in {"image/jpeg", "application/pdf"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("plural", MAKERS)
@pytest.mark.parametrize("size", ["thumbnail", "preview"])
def test_a_drawing_is_shown_inline_and_kept_by_one_browser(
    plural: str, size: str, clinician: User, patient: Patient
) -> None:
    record = MAKERS[plural](patient.clinic, patient)
    browser = factories.browser_of(clinician)
    url = f"{API}/{plural}/{record.pk}/{size}"
    answer = browser.get(url, headers={"accept": "image/avif,image/webp,image/*;q=0.8"})
    assert answer.getvalue() == factories.tiny_jpeg(7)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))
    again = browser.get(url, headers={"If-None-Match": f'"other", W/{answer.headers["ETag"]}'})
    assert (again.status_code, again.getvalue()) == (304, b"")


@pytest.mark.parametrize("plural", MAKERS)
@pytest.mark.parametrize(
    ("part", "action"),
    [
        ("", "record-read"),
        ("/thumbnail", "variant-read"),
        ("/preview", "variant-read"),
        ("/original", "original-read"),
    ],
)
def test_every_look_leaves_an_audit_row(
    plural: str, part: str, action: str, clinician: User, patient: Patient
) -> None:
    record = MAKERS[plural](patient.clinic, patient)
    factories.client_of(clinician).get(f"{API}/{plural}/{record.pk}{part}")
    entry = AuditEntry.objects.get(action=action)
    assert (entry.object_id, entry.actor) == (str(record.pk), clinician)
    assert record.source_name not in str(entry.detail)


@pytest.mark.parametrize("plural", MAKERS)
def test_what_waits_for_review_is_seen_but_not_had(plural: str, api: Client, clinic: Clinic) -> None:
    record = MAKERS[plural](clinic)
    facts = api.get(f"{API}/{plural}/{record.pk}").json()
    assert (facts["patient_id"], facts["original_url"]) == (None, None)
    assert api.get(facts["thumbnail_url"]).status_code == 200
    early = api.get(f"{API}/{plural}/{record.pk}/original")
    assert (early.status_code, early.json()["code"]) == (409, "not-filed")


@pytest.mark.parametrize("plural", MAKERS)
def test_a_lost_object_is_our_trouble_and_is_said(plural: str, api: Client, patient: Patient) -> None:
    record = MAKERS[plural](patient.clinic, patient)
    storage.delete(record.original_key)
    answer = api.get(f"{API}/{plural}/{record.pk}/original")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage-unavailable")


@pytest.mark.parametrize("plural", MAKERS)
def test_a_refusal_is_json_whatever_a_browser_accepts(plural: str, api: Client) -> None:
    url = reverse(f"{'imaging' if plural == 'images' else 'documents'}_api:thumbnail", args=[UUID(int=1)])
    answer = api.get(url, headers={"accept": "image/*"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
