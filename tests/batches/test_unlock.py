"""An encrypted PDF waits for its password, which opens it once and is found nowhere afterwards."""

import hashlib
import logging
from pathlib import Path
from typing import Any, Literal

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from batches import tasks
from batches.actions.unlock import unlock_file
from batches.models import BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, User
from documents.models import Document
from files import staging
from files.errors import Refused
from patients.models import Patient
from tests import factories
from tests import sample_documents as documents
from tests.batches.conftest import Send
from tests.factories import API, JSON

pytestmark = pytest.mark.django_db

NAMED = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS.pdf"
PASSWORD = "zebra-Ñandú-4711"
LOCKED = documents.pdf_encrypted("El resultado de la paciente", PASSWORD)


@pytest.fixture
def locked(send: Send, garza: Patient) -> BatchFile:
    return send(NAMED, LOCKED, walk=True)


def walk(file: BatchFile) -> BatchFile:
    run.process(file.pk)
    file.refresh_from_db()
    return file


def test_it_waits_with_its_bytes_and_says_what_helps(locked: BatchFile) -> None:
    assert (locked.status, locked.error_code) == (FileStatus.FAILED, "pdf-encrypted")
    assert "password" in locked.error_message
    assert staging.path_of(locked.storage_key).read_bytes() == LOCKED


@pytest.mark.parametrize("strength", [2, 3, 4, 6])
def test_the_right_password_brings_it_into_its_chart(
    strength: Literal[2, 3, 4, 6],
    send: Send,
    garza: Patient,
    clinician: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    content = documents.pdf_encrypted("El resultado de la paciente", "clave", strength=strength)
    file = send(NAMED, content, walk=True)
    with django_capture_on_commit_callbacks(execute=True):
        unlock_file(file=file, password="clave", actor=clinician)
        file.refresh_from_db()
        assert file.status == FileStatus.RECEIVED
        walk(file)
    document = Document.objects.get(patient=garza)
    assert document.pages.get().text == "El resultado de la paciente"
    assert file.sha256_as_sent == hashlib.sha256(content).hexdigest()
    assert file.sha256 == document.sha256 != file.sha256_as_sent
    assert file.events.filter(code="unlocked", actor=clinician).exists()
    assert not list(staging.keys()), "neither the locked nor the opened copy stays behind"


def test_a_wrong_password_changes_nothing_and_is_told_apart(locked: BatchFile, clinician: User) -> None:
    key = locked.storage_key
    with pytest.raises(Refused) as caught:
        unlock_file(file=locked, password="wrong", actor=clinician)
    assert (caught.value.code, caught.value.status) == ("wrong-password", 422)
    locked.refresh_from_db()
    assert (locked.status, locked.error_code, locked.storage_key) == (FileStatus.FAILED, "pdf-encrypted", key)
    assert [found for found, _ in list(staging.keys())] == [key]
    assert AuditEntry.objects.filter(action="file-password-wrong", object_id=str(locked.pk)).count() == 1


@pytest.mark.parametrize(
    ("changes", "password", "code"),
    [
        ({}, "", "password-missing"),
        ({}, "x" * 1025, "password-missing"),
        ({"error_code": "pdf-damaged"}, "x", "not-locked"),
        ({"status": FileStatus.CANCELLED}, "x", "not-locked"),
        ({"storage_key": ""}, "x", "not-locked"),
    ],
)
def test_what_makes_no_sense_is_refused(
    changes: dict[str, Any], password: str, code: str, locked: BatchFile, clinician: User
) -> None:
    BatchFile.objects.filter(pk=locked.pk).update(**changes)
    locked.refresh_from_db()
    with pytest.raises(Refused) as caught:
        unlock_file(file=locked, password=password, actor=clinician)
    assert caught.value.code == code


def test_the_same_file_again_is_a_duplicate_and_asks_for_nothing(
    locked: BatchFile, send: Send, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        unlock_file(file=locked, password=PASSWORD, actor=clinician)
        walk(locked)
        again = send(f"copy/{NAMED}", LOCKED, walk=True)
    assert (again.status, again.document_id) == (FileStatus.DUPLICATE, locked.document_id)
    assert again.sha256_as_sent == locked.sha256_as_sent
    assert not list(staging.keys()), "its twin is in a chart, so its bytes are not needed"


def test_the_same_file_under_another_name_is_opened_before_anybody_judges(
    locked: BatchFile, send: Send, clinician: User, clinic: Clinic, django_capture_on_commit_callbacks: Any
) -> None:
    factories.make_patient(clinic, "3000009999", "Okafor", "Chidi")
    with django_capture_on_commit_callbacks(execute=True):
        unlock_file(file=locked, password=PASSWORD, actor=clinician)
        walk(locked)
        other = send("3000009999_OKAFOR, CHIDI_6001467010_CONS.pdf", LOCKED, walk=True)
        assert (other.status, other.error_code) == (FileStatus.FAILED, "pdf-encrypted")
        unlock_file(file=other, password=PASSWORD, actor=clinician)
        walk(other)
    assert other.status == FileStatus.REVIEW
    assert other.document is not None
    assert other.document.twin_of_id == locked.document_id


def test_a_document_that_was_opened_says_that_it_is_a_copy_wherever_it_is_had(
    locked: BatchFile, clinician: User, api: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        unlock_file(file=locked, password=PASSWORD, actor=clinician)
        walk(locked)
    page = factories.browser_of(clinician).get(f"/documents/{locked.document_id}").content.decode()
    assert "Download the opened copy" in page
    assert "Download the original" not in page
    assert "the encrypted bytes are not kept" in page
    facts = api.get(f"{API}/documents/{locked.document_id}").json()
    assert facts["warnings"] == ["was-encrypted"]
    kept = api.get(f"{API}/documents/{locked.document_id}/original").getvalue()
    assert hashlib.sha256(kept).hexdigest() == facts["sha256"]


def test_page_and_script_both_open_it(
    locked: BatchFile, send: Send, clinician: User, api: Client, garza: Patient
) -> None:
    browser = factories.browser_of(clinician)
    page = browser.get(f"/batches/{locked.batch_id}").content.decode()
    assert f'action="/files/{locked.pk}/password"' in page
    assert 'type="password"' in page
    wrong = api.post(f"{API}/files/{locked.pk}/password", {"password": "no"}, content_type=JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong-password")
    right = api.post(f"{API}/files/{locked.pk}/password", {"password": PASSWORD}, content_type=JSON)
    assert (right.status_code, right.json()["status"]) == (202, FileStatus.RECEIVED)
    again = api.post(f"{API}/files/{locked.pk}/password", {"password": PASSWORD}, content_type=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "not-locked")


def test_the_password_is_found_nowhere_afterwards(  # noqa: PLR0917 - everywhere it could be
    locked: BatchFile,
    clinician: User,
    settings: LazySettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.process_file, "apply_async", lambda **message: sent.append(repr(message)))
    browser = factories.browser_of(clinician)
    token = browser.get(f"/batches/{locked.batch_id}").cookies["intake_csrf"].value
    with caplog.at_level(logging.DEBUG), django_capture_on_commit_callbacks(execute=True):
        for password in ("not-" + PASSWORD, PASSWORD):
            form = {"password": password, "csrfmiddlewaretoken": token}
            answer = browser.post(f"/files/{locked.pk}/password", form)
            assert answer.status_code == 302
            assert PASSWORD not in repr(answer.headers) + repr(answer.cookies)
        walk(locked)
    assert locked.status == FileStatus.COMPLETED
    assert sent
    assert PASSWORD not in "".join(sent) + caplog.text
    assert not [row for row in Session.objects.all() if PASSWORD in repr(row.get_decoded())]
    assert not _tables_with(PASSWORD)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()


def _tables_with(word: str) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
            found += [table for row in cursor.fetchall() if word in repr(row)]
    return found
