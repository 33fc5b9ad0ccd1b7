"""A NUL in whatever text a form, an address or a program brings is a clear refusal on both databases."""

import unicodedata
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import User
from patients.models import FilenamePattern, Patient
from tests import factories
from tests.factories import API, JSON
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

NUL = "Not\0hers."


@pytest.fixture
def browser(admin_user: User) -> Client:
    return factories.browser_of(admin_user)


@pytest.fixture
def file(clinician: User) -> BatchFile:
    return factories.make_file_in_review(factories.make_batch(clinician))


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a reason to set aside": ("reject", {"reason": NUL, "confirmed": "yes"}),
    "a reason to assign": ("assign", {"reason": NUL}),
    "the patient": ("assign", {"patient": NUL}),
    "a file": ("reject", {"file": NUL}),
    "a name": ("provisional", {"family_name": NUL}),
    "the queue": ("next_group", {"after": NUL, "batch": NUL}),
    "a search": ("review_file", {"q": NUL}),
    "a field that nobody reads": ("hold", {NUL: "1"}),
}


@pytest.mark.parametrize("script", [False, True], ids=["page", "script"])
@pytest.mark.parametrize(("page", "fields"), FORMS.values(), ids=FORMS)
def test_a_form_is_refused_as_a_whole_and_changes_nothing(
    *, browser: Client, file: BatchFile, patient: Patient, page: str, fields: dict[str, str], script: bool
) -> None:
    address = reverse(f"batches:{page}", args=[file.pk] if page == "review_file" else [])
    told = {"file": str(file.pk), "patient": str(patient.pk), **fields}
    headers = factories.csrf_of(browser) | ({"X-Intake-Part": "desk"} if script else {})
    answer = browser.post(address, told, headers=headers)
    assert answer.status_code == 400
    assert "nul-character" in text_of(answer)
    file.refresh_from_db()
    assert file.status == FileStatus.REVIEW
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    "address", ["/patients?q=a%00b", "/?q=%00&status=%00", "/audit?action=%00", "/patients/%00"]
)
def test_an_address_is_refused(browser: Client, address: str) -> None:
    assert browser.get(address).status_code in {400, 404}


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "assign": ("files/{file}/assign", {"patient_id": "{patient}", "reason": NUL}),
    "reject": ("files/{file}/reject", {"reason": NUL}),
    "undo": ("files/{file}/undo", {"reason": NUL}),
    "decide": ("review/decide", {"file_ids": ["{file}"], "action": "reject", "reason": NUL}),
    "notes": ("batches", {"source": "api", "notes": NUL}),
    "merge": ("patients/{patient}/merge", {"into": "{patient}", "reason": NUL}),
    "register": ("patients", {"mrn": NUL, "family_name": "A"}),
    "manifest": ("batches/{batch}/manifest", {"files": [{"path": NUL, "size": 1}]}),
}


@pytest.mark.parametrize(("call", "body"), CALLS.values(), ids=CALLS)
def test_a_call_is_refused_with_the_field(
    api: Client, file: BatchFile, patient: Patient, call: str, body: dict[str, Any]
) -> None:
    known = {"{file}": str(file.pk), "{patient}": str(patient.pk), "{batch}": str(file.batch_id)}
    path, text = call, str(body)
    for name, value in known.items():
        path = path.replace(name, value)
        body = {k: v.replace(name, value) if isinstance(v, str) else v for k, v in body.items()}
    if "file_ids" in body:
        body["file_ids"] = [str(file.pk)]
    answer = api.post(f"{API}/{path}", body, content_type=JSON)
    assert answer.status_code == 400, text
    assert answer.json()["code"] == "invalid"


def test_a_search_by_program_is_refused(api: Client) -> None:
    assert api.get(f"{API}/patients?q=a%00b").status_code == 400
    assert api.get(f"{API}/patients/%00").status_code == 404


def test_a_pattern_is_stored_composed_so_that_its_column_has_room(browser: Client) -> None:
    composed = "{mrn}_" + "é" * 190
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) > 200 > len(composed)
    send(browser, reverse("settings:new_pattern"), text=decomposed)
    assert FilenamePattern.objects.get().text == composed
    again = send(browser, reverse("settings:new_pattern"), text=composed)
    assert (again.status_code, FilenamePattern.objects.count()) == (400, 1), "the same, spelt otherwise"


def test_no_more_files_are_decided_at_once_than_anybody_has_looked_at(
    browser: Client, file: BatchFile
) -> None:
    named = [str(file.pk)] * 501
    answer = browser.post(
        reverse("batches:reject"), {"file": named, "confirmed": "yes"}, headers=factories.csrf_of(browser)
    )
    assert answer.status_code == 413
    assert "501" in text_of(answer)
    assert "at most 500" in text_of(answer)
    file.refresh_from_db()
    assert file.status == FileStatus.REVIEW


def test_what_was_typed_stays_out_of_the_cookies(browser: Client, clinician: User) -> None:
    batch: Batch = factories.make_batch(clinician, start="manual")
    about = {"patient": "7000123456", "initial-patient": "", "notes": "", "initial-notes": ""}
    answer = send(browser, reverse("batches:about", args=[batch.pk]), **about)
    assert answer.status_code == 302
    assert "7000123456" not in str(answer.cookies) + str(browser.cookies)
    assert "7000123456" in text_of(browser.get(reverse("batches:batch", args=[batch.pk])))


@pytest.mark.parametrize("script", [False, True], ids=["page", "script"])
def test_a_provisional_record_whose_files_were_all_refused_is_taken_back(
    browser: Client, file: BatchFile, script: bool
) -> None:
    BatchFile.objects.filter(pk=file.pk).update(status=FileStatus.CANCELLED)
    headers = factories.csrf_of(browser) | ({"X-Intake-Part": "desk"} if script else {})
    told = {"file": str(file.pk), "family_name": "Nadie", "confirmed": "yes"}
    browser.post(reverse("batches:provisional"), told, headers=headers)
    assert not Patient.objects.exists()


def test_one_that_got_a_file_stays(browser: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician)
    here, gone = (factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed) for seed in (1, 2))
    BatchFile.objects.filter(pk=gone.pk).update(status=FileStatus.CANCELLED)
    told = {"file": [str(here.pk), str(gone.pk)], "family_name": "Nadie", "confirmed": "yes"}
    browser.post(reverse("batches:provisional"), told, headers=factories.csrf_of(browser))
    here.refresh_from_db()
    assert here.patient == Patient.objects.get()
