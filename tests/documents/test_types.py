"""A clinic's kinds of document: read from names, edited by its administrators, filtered by, and audited."""

from typing import Any

import pytest
from django.test import Client

from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, User
from documents import types, types_actions
from documents.models import Document, Page, TypeCode
from files.errors import Refused
from patients.models import Patient
from tests import factories
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

SETTINGS = "/settings/document-types"


@pytest.mark.parametrize(
    ("said", "name", "code"),
    [
        ("CONS", "3000003799_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf", "CONS"),
        ("cons", "x.pdf", "CONS"),
        ("XYZ", "3000003799_GARZA, MARIA_6001467010_LAB.pdf", ""),
        ("", "garza_LAB.pdf", "LAB"),
        ("", "garza-LAB.PDF", "LAB"),
        ("", "garza_lab.pdf", ""),
        ("", "LAB.pdf", ""),
        ("", "garza LAB 2024.pdf", ""),
        ("", "", ""),
    ],
)
def test_a_name_says_its_type_by_a_known_code(said: str, name: str, code: str, clinic: Clinic) -> None:
    assert types.code_for(clinic, said, name) == code


def test_the_first_change_makes_the_usual_table_the_clinics_own(admin_user: User, clinic: Clinic) -> None:
    access = factories.access_of(admin_user)
    types_actions.retire_type(access=access, code="RX", is_retired=True)
    types_actions.rename_type(access=access, code="LAB", name="Laboratorio")
    assert TypeCode.objects.filter(clinic=clinic).count() == len(types.USUAL)
    assert "RX" not in {each.code for each in types.offered(clinic)}
    assert types.name_of(clinic, "LAB") == "Laboratorio"
    assert types.code_for(clinic, "RX", "x.pdf") == ""
    types_actions.retire_type(access=access, code="RX", is_retired=False)
    assert "RX" in {each.code for each in types.offered(clinic)}
    actions = AuditEntry.objects.filter(actor=admin_user).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["document-type-retired", "document-type-renamed", "document-type-restored"]


def test_documents_that_came_before_their_code_get_it(
    admin_user: User, clinic: Clinic, other_clinic: Clinic, patient: Patient
) -> None:
    named = factories.make_document(clinic, patient, content=b"1", source_name="a_ECO.pdf")
    typed = factories.make_document(clinic, patient, content=b"2", source_name="b_ECO.pdf", type_code="LAB")
    other = factories.make_document(other_clinic, content=b"3", source_name="c_ECO.pdf")
    found = types_actions.add_type(access=factories.access_of(admin_user), code="eco", name="Ultrasound")
    assert found == 1
    codes = dict(Document.objects.values_list("pk", "type_code"))
    assert codes == {named.pk: "ECO", typed.pk: "LAB", other.pk: ""}


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("", "bad-type-code"),
        ("ÑU", "bad-type-code"),
        ("A" * 17, "bad-type-code"),
        ("lab", "type-there-already"),
    ],
)
def test_a_code_that_cannot_be_one_is_refused(code: str, refusal: str, admin_user: User) -> None:
    with pytest.raises(Refused) as caught:
        types_actions.add_type(access=factories.access_of(admin_user), code=code, name="x")
    assert caught.value.code == refusal


def test_the_settings_page_does_all_of_it(admin_user: User, clinic: Clinic) -> None:
    browser = factories.browser_of(admin_user)
    token = factories.csrf_of(browser)
    assert browser.post(SETTINGS, {"code": "eco", "name": "Ultrasound"}, headers=token).status_code == 302
    assert b"ECO" in browser.get(SETTINGS).content
    assert browser.post(SETTINGS, {"code": "eco", "name": "Again"}, headers=token).status_code == 409
    browser.post(f"{SETTINGS}/ECO/rename", {"name": "Ecografía"}, headers=token)
    browser.post(f"{SETTINGS}/LAB/retire", headers=token)
    rows = dict(TypeCode.objects.filter(clinic=clinic).values_list("code", "is_retired"))
    assert (types.name_of(clinic, "ECO"), rows["LAB"]) == ("Ecografía", True)


def test_the_type_of_a_document_is_changed_by_page_and_by_script(
    clinician: User, clinic: Clinic, patient: Patient, api: Client
) -> None:
    document = factories.make_document(clinic, patient)
    browser = factories.browser_of(clinician)
    browser.post(f"/documents/{document.pk}/type", {"type_code": "LAB"}, headers=factories.csrf_of(browser))
    assert api.get(f"{API}/documents/{document.pk}").json()["type_code"] == "LAB"
    changed = api.put(f"{API}/documents/{document.pk}/type", {"type_code": ""}, content_type=JSON)
    assert (changed.status_code, changed.json()["type_code"]) == (200, "")
    wrong = api.put(f"{API}/documents/{document.pk}/type", {"type_code": "NOPE"}, content_type=JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "type-unknown")
    details = AuditEntry.objects.filter(action="document-type-changed").order_by("id")
    assert [row.detail for row in details] == [{"before": "", "now": "LAB"}, {"before": "LAB", "now": ""}]


def test_type_and_language_filter_everywhere(
    viewer: User, clinic: Clinic, patient: Patient, api: Client, other_clinic: Clinic
) -> None:
    facts: list[dict[str, Any]] = [
        {"type_code": "LAB", "language": "es", "source_name": "lab-es.pdf"},
        {"type_code": "LAB", "language": "en", "source_name": "lab-en.pdf"},
        {"type_code": "CONS", "language": "es", "source_name": "cons-es.pdf"},
    ]
    for number, each in enumerate(facts):
        factories.make_document(clinic, patient, content=bytes([number]), **each)
    factories.make_document(other_clinic, content=b"o", type_code="LAB", source_name="foreign.pdf")
    browser = factories.browser_of(viewer)
    places = ("/documents?type={}", f"/patients/{patient.pk}?type={{}}")
    for place in places:
        said = browser.get(place.format("LAB")).content.decode()
        assert ("lab-es.pdf" in said, "lab-en.pdf" in said, "cons-es.pdf" in said) == (True, True, False)
        assert "foreign.pdf" not in said
    found = api.get(f"{API}/documents?type_code=LAB&language=es&patient_id={patient.pk}").json()
    assert [row["name"] for row in found["documents"]] == ["lab-es.pdf"]
    codes = [row["code"] for row in api.get(f"{API}/document-types").json()["document_types"]]
    assert codes == sorted(types.USUAL)


def test_a_document_in_two_languages_says_both_and_is_listed_under_either(
    viewer: User, clinic: Clinic, patient: Patient, api: Client
) -> None:
    document = factories.make_document(clinic, patient, source_name="both.pdf", page_count=2)
    for number, language in enumerate(("en", "es"), start=1):
        Page.objects.create(document=document, number=number, text="…", language=language)
    factories.make_document(clinic, patient, content=b"n", source_name="neither.pdf")
    browser = factories.browser_of(viewer)
    page = browser.get(f"/documents/{document.pk}").content.decode()
    assert '<span id="language">Spanish and English</span>' in page
    assert page.index('<span class="tag">English</span>') < page.index('<span class="tag">Spanish</span>')
    for language in ("es", "en"):
        listed = browser.get(f"/documents?language={language}").content.decode()
        assert ("both.pdf" in listed, "neither.pdf" in listed) == (True, False)
        assert "Spanish and English" in listed
        (row,) = api.get(f"{API}/documents?language={language}").json()["documents"]
        assert (row["name"], row["language"], row["languages"]) == ("both.pdf", "", ["es", "en"])
    facts = api.get(f"{API}/documents/{document.pk}").json()
    assert facts["languages"] == ["es", "en"]


def test_a_batch_shows_documents_of_one_type(
    clinician: User, clinic: Clinic, patient: Patient, api: Client
) -> None:
    batch = factories.make_batch(clinician)
    for number, code in enumerate(("LAB", "CONS")):
        document = factories.make_document(clinic, patient, content=bytes([number]), type_code=code)
        factories.make_file(
            batch, f"{code}.pdf", status=FileStatus.COMPLETED, patient=patient, document=document
        )
    page = factories.browser_of(clinician).get(f"/batches/{batch.pk}?type=LAB").content.decode()
    assert ("LAB.pdf" in page, "CONS.pdf" in page) == (True, False)
    files = api.get(f"{API}/batches/{batch.pk}?type_code=CONS").json()["files"]
    assert [file["name"] for file in files] == ["CONS.pdf"]
