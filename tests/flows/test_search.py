"""Searching as people and scripts do: over HTTP, with the question in no address and no log."""

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEntry, Clinic, User
from config.children import ACCESS_LINE
from documents.embedder import embed_waiting
from documents.models import Document, Page, ProcessingType, TextSource
from patients.models import Patient
from tests import factories
from tests.documents.test_search import PAGES, made
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db
SEARCH = f"{factories.API}/search"


@pytest.fixture
def filed(clinic: Clinic, patient: Patient) -> Document:
    """A letter in a chart."""
    document = made(clinic, patient, "letter.pdf", [*PAGES["wound"], "<script>alert(1)</script> wound"])
    embed_waiting(seconds=30)
    return document


@pytest.fixture
def browser(viewer: User) -> Client:
    """A viewer's."""
    return factories.browser_of(viewer)


def ask(browser: Client, **fields: Any) -> Any:
    """Send the form, and follow it to the answer."""
    answer = send(browser, reverse("batches:search"), **{"mode": "both", **fields})
    assert answer.status_code == 302
    assert "wound" not in answer["Location"]
    return browser.get(answer["Location"])


def test_a_question_leads_to_documents_with_their_places(
    browser: Client, filed: Document, patient: Patient
) -> None:
    page = text_of(ask(browser, q='"wound edges"'))
    assert "1 document." in page
    assert "<mark>wound</mark> <mark>edges</mark>" in page
    assert patient.display_name in page
    assert f"{reverse('batches:document', args=[filed.pk])}#page-1" in page
    assert reverse("documents_api:thumbnail", args=[filed.pk]) in page
    assert "similar wording: word forms, not meanings" in page


def test_what_a_document_says_is_text_and_never_markup(browser: Client, filed: Document) -> None:
    page = text_of(ask(browser, q="alert script"))
    assert "&lt;<mark>script</mark>&gt;<mark>alert</mark>(1)" in page
    assert "<script>alert" not in page


def test_the_question_is_in_no_log_no_address_and_no_audit_row(
    browser: Client, filed: Document, api: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(browser, q="wound")
    api.post(SEARCH, {"q": "wound"}, content_type=factories.JSON)
    api.get(SEARCH, {"q": "wound"})
    rows = AuditEntry.objects.filter(action="searched")
    assert rows.count() == 3
    assert "wound" not in "".join(str(row.detail) for row in rows)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert "wound" not in "".join(ours)
    assert "%(q)s" not in ACCESS_LINE
    assert "%(r)s" not in ACCESS_LINE
    assert "%(f)s" not in ACCESS_LINE


def test_a_question_of_somebody_else_cannot_be_opened(
    browser: Client, filed: Document, clinician: User
) -> None:
    address = send(browser, reverse("batches:search"), mode="both", q="wound")["Location"]
    answer = factories.browser_of(clinician).get(address)
    assert (answer.status_code, answer["Location"]) == (302, reverse("batches:search"))


def test_only_the_last_questions_of_a_session_are_kept(browser: Client, filed: Document) -> None:
    addresses = [
        send(browser, reverse("batches:search"), mode="both", q=f"wound {number}")["Location"]
        for number in range(10)
    ]
    assert [browser.get(address).status_code for address in addresses] == [302, 302, *[200] * 8]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"q": ""}, "This field is required"),
        ({"q": "x" * 301}, "at most 300 characters"),
        ({"q": "wound", "patient": "999"}, "No patient has the record number 999"),
        (
            {"q": "wound", "came_from": "2026-05-02", "came_until": "2026-05-01"},
            "The last day, 2026-05-01, comes before the first, 2026-05-02",
        ),
        ({"q": "wound", "came_from": "yesterday"}, "valid date"),
        ({"q": "wound", "mode": "guess"}, "valid choice"),
    ],
)
def test_a_form_that_cannot_be_read_says_why(browser: Client, fields: dict[str, str], says: str) -> None:
    answer = send(browser, reverse("batches:search"), **{"mode": "both", **fields})
    assert answer.status_code == 400
    assert says in text_of(answer)


def test_a_name_narrows_to_the_one_patient_whom_it_fits(
    browser: Client, filed: Document, clinic: Clinic, patient: Patient
) -> None:
    page = text_of(ask(browser, q="wound", patient="garza maría"))
    assert "letter.pdf" in page
    assert f'value="{patient.mrn}"' in page, "and the page says by whom"
    factories.make_patient(clinic, "71", "Garza", "Mariana")
    answer = send(browser, reverse("batches:search"), mode="both", q="wound", patient="garza")
    assert answer.status_code == 400
    says = "2 patients fit “garza”. Enter the record number of the one you mean: "
    assert says in text_of(answer)
    assert f"{patient.mrn} {patient.display_name}" in text_of(answer)


def test_filters_of_the_page_narrow_by_batch_patient_and_day(
    browser: Client, filed: Document, patient: Patient, clinician: User
) -> None:
    batch = factories.make_batch(clinician)
    factories.make_file(batch, "letter.pdf", document=filed)
    day = filed.created_at.date().isoformat()
    for found, fields in [
        (True, {"batch": str(batch.number)}),
        (True, {"batch": batch.batch_number}),
        (False, {"batch": "999"}),
        (True, {"patient": patient.mrn}),
        (True, {"came_until": "2999-01-01"}),
        (False, {"came_from": "2999-01-01"}),
        (False, {"type_code": "LAB"}),
    ]:
        page = text_of(ask(browser, q="wound", **fields))
        assert ("letter.pdf" in page) is found, (fields, day)


def test_long_answers_come_in_pages(browser: Client, clinic: Clinic, patient: Patient) -> None:
    for number in range(12):
        made(clinic, patient, f"letter {number}", ["fiebre"])
    first = ask(browser, q="fiebre")
    assert text_of(first).count('<li class="card">') == 10
    second = browser.get(first.request["PATH_INFO"], {"page": "2"})
    assert text_of(second).count('<li class="card">') == 2
    assert "Page 2 of 2" in text_of(second)


def test_scripts_get_the_same_as_json(api: Client, filed: Document, patient: Patient) -> None:
    for answer in (
        api.get(SEARCH, {"q": '"wound edges"', "mode": "words"}),
        api.post(SEARCH, {"q": '"wound edges"', "mode": "words"}, content_type=factories.JSON),
    ):
        body = answer.json()
        assert (answer.status_code, body["total"], body["page"], body["limit"]) == (200, 1, 1, 25)
        (hit,) = body["results"]
        assert (hit["document_id"], hit["page_number"]) == (str(filed.pk), 1)
        assert hit["patient"]["mrn"] == patient.mrn
        assert "<mark>wound</mark> <mark>edges</mark>" in hit["snippet_html"]
        assert hit["found_by"] == ["words"]
        assert body["meaning"] == {
            "model": "similar-wording@1",
            "understands": False,
            "waiting": 0,
            "outside": 0,
        }


def test_who_searches_by_meaning_is_told_what_that_does_not_look_at(
    api: Client, browser: Client, clinic: Clinic, patient: Patient, filed: Document
) -> None:
    kind = ProcessingType.COMPLETE
    made(clinic, patient, "kept.pdf", ["Fever"], processing_type=kind, type_code="LAB")
    made(clinic, None, "held.pdf", ["Fever"], processing_type=kind)
    says = "not searched by meaning"
    assert f"1 document is {says}" in text_of(ask(browser, q="wound")), "of what a viewer may see"
    assert f"1 document of these is {says}" in text_of(ask(browser, q="wound", type_code="LAB"))
    assert says not in text_of(ask(browser, q="wound", type_code="CONS"))
    assert says not in text_of(ask(browser, q="wound", mode="words"))
    assert api.get(SEARCH, {"q": "wound"}).json()["meaning"]["outside"] == 2
    assert api.get(SEARCH, {"q": "wound", "type_code": "lab"}).json()["meaning"]["outside"] == 1


def test_no_text_of_a_document_for_its_meaning_is_shown_anywhere(
    api: Client, browser: Client, clinic: Clinic, patient: Patient
) -> None:
    text = "Wound edges are clean and dry."
    document = made(clinic, patient, "one.pdf", [text], processing_type=ProcessingType.VECTORIZED)
    # As while it is being read: recognised pages wait in their rows for the last one.
    Page.objects.create(document=document, number=1, text=text, source=TextSource.OCR, confidence=90)
    embed_waiting(seconds=30)
    found = text_of(ask(browser, q="clean wound edges"))
    assert "one.pdf" in found
    assert "Found by meaning; its text is not shown." in found
    page = text_of(browser.get(reverse("batches:document", args=[document.pk])))
    assert "Passages of it are kept for search by meaning only" in page
    (hit,) = api.get(SEARCH, {"q": "clean wound edges"}).json()["results"]
    assert (hit["is_text_shown"], hit["snippet"], hit["snippet_html"]) == (False, "", "")
    pages = api.get(f"{factories.API}/documents/{document.pk}/pages").json()["pages"]
    assert [each["text"] for each in pages] == [""]
    assert not any("dry" in said for said in (found, page))
    assert api.get(SEARCH, {"q": "clean wound edges", "mode": "words"}).json()["results"] == []


def test_a_patient_finds_what_is_filed_for_them_and_nothing_else(
    clinic: Clinic, patient: Patient, filed: Document
) -> None:
    made(clinic, factories.make_patient(clinic, "77", "Okafor"), "other.pdf", PAGES["wound"])
    patient.user = User.objects.create_user("garza", password="garza")
    patient.save()
    browser = factories.browser_of(patient.user)
    body = browser.get(SEARCH, {"q": "wound"}).json()
    assert [hit["name"] for hit in body["results"]] == ["letter.pdf"]
    other = Patient.objects.get(mrn="77")
    assert browser.get(SEARCH, {"q": "wound", "patient_id": str(other.pk)}).status_code == 404
    nobody = factories.browser_of(User.objects.create_user("nobody", password="nobody"))
    assert nobody.get(SEARCH, {"q": "wound"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "x" * 301}, "q"),
        ({"mode": "guess"}, "mode"),
        ({"came_from": "yesterday"}, "came_from"),
        ({"limit": "1000"}, "limit"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(api: Client, query: dict[str, str], field: str) -> None:
    answer = api.get(SEARCH, query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_days_in_the_wrong_order_are_refused_by_their_own_code(api: Client) -> None:
    answer = api.get(SEARCH, {"q": "wound", "came_from": "2026-05-02", "came_until": "2026-05-01"})
    assert (answer.status_code, answer.json()["code"]) == (400, "days-crossed")
