"""Who may do what through the REST interface: every call of the URL table, whoever adds the next one."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.access import CAPTURE, IMPORT, PERMISSIONS, REVIEW, VIEW
from clinics.models import AuditEntry, Clinic, Role, User
from clinics.tokens import create_token
from tests import factories
from tests.flows.api_routes import CALLS, SAFE, Call

pytestmark = pytest.mark.django_db

TUS = {"Tus-Resumable": "1.0.0"}
WITH_IDS = [call for call in CALLS if call.names]
LISTS = [call for call in CALLS if not call.names and call.method == "get"]

# What each change needs; every other call needs no more than to be a member who may look.
NEEDS: Mapping[str, str] = {
    "POST api:batches": CAPTURE,
    "POST api:batch-upload": CAPTURE,
    "PATCH api:batch": CAPTURE,
    "DELETE api:batch": CAPTURE,
    "PUT api:batch-patient": CAPTURE,
    "POST api:batch-manifest": CAPTURE,
    "POST api:batch-files": CAPTURE,
    "POST api:batch-uploads": CAPTURE,
    "HEAD api:upload": CAPTURE,
    "PATCH api:upload": CAPTURE,
    "DELETE api:upload": CAPTURE,
    "POST api:batch-process": CAPTURE,
    "POST api:batch-pause": CAPTURE,
    "POST api:batch-resume": CAPTURE,
    "POST api:batch-retry": CAPTURE,
    "POST api:batch-cancel": CAPTURE,
    "DELETE api:file": CAPTURE,
    "POST api:file-assign": REVIEW,
    "POST api:file-reject": REVIEW,
    "POST api:file-retry": REVIEW,
    "POST api:file-reassign": REVIEW,
    "POST api:file-keep": REVIEW,
    "POST api:file-duplicate": REVIEW,
    "POST api:batch-undo": REVIEW,
    "POST api:patient-merge": REVIEW,
    "POST api:patient-unmerge": REVIEW,
    "POST api:file-undo": REVIEW,
    "POST api:review-decide": REVIEW,
    "GET api:review": REVIEW,
    "GET api:batch-review": REVIEW,
    "POST patients_api:patients": REVIEW,
    "POST patients_api:rosters": IMPORT,
    "POST patients_api:roster-preview": IMPORT,
    "DELETE patients_api:roster": IMPORT,
    "PUT patients_api:roster-columns": IMPORT,
    "POST patients_api:roster-apply": IMPORT,
    "POST patients_api:roster-retry": IMPORT,
    "POST patients_api:roster-undo": IMPORT,
}


def make_file_id(user: User) -> UUID:
    return factories.make_file(factories.make_batch(user), status=FileStatus.REVIEW).pk


def make_patient_id(user: User) -> UUID:
    return factories.make_patient(factories.access_of(user).clinic, "70001", "Nobody", "Else").pk


def make_roster_id(user: User) -> UUID:
    return factories.make_roster(factories.access_of(user).clinic, user).pk


# One of each thing that an address can name, in the user's clinic.
MAKERS: Mapping[str, Callable[[User], UUID]] = {
    "batch_id": lambda user: factories.make_batch(user).pk,
    "file_id": make_file_id,
    "patient_id": make_patient_id,
    "image_id": lambda user: factories.make_image(factories.access_of(user).clinic).pk,
    "roster_id": make_roster_id,
    "document_id": lambda user: factories.make_document(factories.access_of(user).clinic).pk,
}


def make(user: User, *names: str) -> dict[str, UUID]:
    """KeyError for an identifier that no maker makes: a new one belongs into the table."""
    return {name: MAKERS[name](user) for name in names}


def send(client: Client, call: Call, ids: Mapping[str, UUID], body: object = None, **headers: str) -> Any:
    content = "" if body is None else json.dumps(body)
    kind = "" if call.method in SAFE else factories.JSON
    return client.generic(
        call.method.upper(), call.url(ids), content, content_type=kind, headers={**TUS, **headers}
    )


@pytest.mark.parametrize("call", WITH_IDS, ids=str)
def test_what_belongs_to_another_clinic_is_not_there(call: Call, api: Client, stranger: User) -> None:
    answer = send(api, call, make(stranger, *call.names))
    assert answer.status_code == 404
    if call.method != "head":
        assert answer.json()["code"] == "not-found"
    assert AuditEntry.objects.filter(action="not-found").exists()


@pytest.mark.parametrize("call", WITH_IDS, ids=str)
def test_what_exists_nowhere_looks_the_same(call: Call, api: Client) -> None:
    assert send(api, call, dict.fromkeys(MAKERS, UUID(int=1))).status_code == 404


@pytest.mark.parametrize("call", LISTS, ids=str)
def test_no_list_shows_another_clinic(call: Call, api: Client, stranger: User) -> None:
    ids = make(stranger, *MAKERS)
    answer = api.get(call.url({}))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert not [name for name, pk in ids.items() if str(pk) in text]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_each_role_may_do_its_part(call: Call, clinic: Clinic, clinician: User) -> None:
    """Permission comes before the object, so what one role has done does not matter to the next."""
    ids, needed = make(clinician, *call.names), NEEDS.get(str(call), VIEW)
    users = {role: factories.make_user(f"some-{role}", clinic, role) for role in factories.ROLES}
    clients = {role: factories.client_of(user) for role, user in users.items()}
    statuses = {role: send(client, call, ids).status_code for role, client in clients.items()}
    refused = {role for role, status in statuses.items() if status == 403}
    assert refused == {role for role in factories.ROLES if needed not in PERMISSIONS[role]}
    assert AuditEntry.objects.filter(action="refused").count() == len(refused)


def test_every_change_is_in_the_table_of_what_it_needs() -> None:
    changes = {str(call) for call in CALLS if call.method not in SAFE}
    assert changes <= set(NEEDS)
    assert set(NEEDS) <= {str(call) for call in CALLS}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_nobody_is_asked_to_sign_in(call: Call) -> None:
    answer = send(Client(), call, dict.fromkeys(MAKERS, UUID(int=1)))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("call", [call for call in CALLS if call.method not in SAFE], ids=str)
def test_a_browser_changes_nothing_without_the_csrf_token(call: Call, clinician: User) -> None:
    ids = make(clinician, *call.names)
    browser = factories.browser_of(clinician)
    assert send(browser, call, ids).status_code == 403
    assert send(browser, call, ids, **factories.csrf_of(browser)).status_code != 403


def test_a_browser_and_a_token_see_the_same(api: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician)
    url = reverse("api:batch", args=[batch.pk])
    assert factories.browser_of(clinician).get(url).json() == api.get(url).json()


@pytest.mark.parametrize("text", ["", "intake_made-up", "Bearer"])
def test_a_bad_token_is_refused(text: str, db: None) -> None:
    answer = Client().get(f"{factories.API}/batches", headers={"authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")


def test_a_token_can_do_no_more_than_its_scopes(clinician: User) -> None:
    camera = factories.client_of(clinician, scopes=[CAPTURE])
    assert camera.post(f"{factories.API}/batches", {}, content_type=factories.JSON).status_code == 201
    assert camera.get(f"{factories.API}/patients").status_code == 403


def test_a_token_works_in_its_own_clinic_only(clinician: User, clinic: Clinic, other_clinic: Clinic) -> None:
    """Whoever works in two clinics has a token for each."""
    other_clinic.memberships.create(user=clinician, role=Role.VIEWER)
    batch = factories.make_batch(clinician)
    token = create_token(clinician, other_clinic)
    there = Client(headers={"authorization": f"Bearer {token}"})
    assert there.get(reverse("api:batch", args=[batch.pk])).status_code == 404
    assert there.post(f"{factories.API}/batches", {}, content_type=factories.JSON).status_code == 403


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("POST api:batches", {}),
        ("PUT api:batch-patient", {}),
        ("POST api:file-assign", {}),
        ("POST api:review-decide", {"action": "assign", "file_ids": [str(UUID(int=1))]}),
    ],
)
def test_a_body_cannot_name_another_clinics_patient(
    call: str, body: dict[str, Any], api: Client, clinician: User, stranger: User
) -> None:
    (named,) = [each for each in CALLS if str(each) == call]
    foreign = make(stranger, "patient_id")["patient_id"]
    answer = send(api, named, make(clinician, *named.names), body | {"patient_id": str(foreign)})
    assert answer.status_code == 404
    assert not Batch.objects.filter(patient_id=foreign).exists()
    assert not BatchFile.objects.filter(patient_id=foreign).exists()
