"""Files that come through the REST interface: announced, sent as parts of a form, or in one shot."""

import io
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import Clinic, User
from files import staging
from patients.models import Patient
from tests import factories
from tests.factories import API, JSON, part, tiny_jpeg

pytestmark = pytest.mark.django_db


def at(batch: Batch, name: str) -> str:
    return reverse(f"api:{name}", args=[batch.pk])


def announce(api: Client, batch: Batch, *entries: dict[str, Any]) -> Any:
    return api.post(at(batch, "batch-manifest"), {"entries": list(entries)}, content_type=JSON)


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


# --- the manifest


def test_a_manifest_gives_each_file_its_place(api: Client, batch: Batch) -> None:
    answer = announce(api, batch, {"path": "card/a.jpg", "size": 9}, {"path": "b.jpg", "size": 0})
    new, empty = answer.json()["entries"]
    assert answer.status_code == 200
    assert (new["state"], new["offset"], new["status"]) == ("new", 0, "PENDING")
    assert new["upload_url"] == f"{API}/uploads/{new['file_id']}"
    assert (empty["state"], empty["upload_url"]) == ("refused", None)
    assert (empty["status"], empty["error"]["code"]) == ("FAILED", "empty-file")


def test_the_same_manifest_again_says_where_to_go_on(api: Client, batch: Batch) -> None:
    content = tiny_jpeg()
    entries = [{"path": name, "size": len(content)} for name in ("whole.jpg", "half.jpg", "new.jpg")]
    first = announce(api, batch, *entries).json()["entries"]
    factories.send_file(batch, "whole.jpg", content)
    BatchFile.objects.filter(path="half.jpg").update(offset=5, storage_key=factories.staged(content[:5]))
    again = announce(api, batch, *entries).json()["entries"]
    assert [place["file_id"] for place in again] == [place["file_id"] for place in first]
    assert [(place["state"], place["offset"]) for place in again] == [
        ("complete", len(content)),
        ("partial", 5),
        ("new", 0),
    ]
    assert [place["upload_url"] is None for place in again] == [True, False, False]


def test_what_failed_in_processing_is_not_asked_for_again(api: Client, batch: Batch) -> None:
    file = factories.send_file(batch, "a.jpg", b"\xff\xd8\xff broken")
    run.process(file.pk)
    (place,) = announce(api, batch, {"path": "a.jpg", "size": file.size}).json()["entries"]
    assert (place["state"], place["status"]) == ("complete", "FAILED")


@pytest.mark.parametrize(
    ("mtime", "stored"),
    [
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00+00:00"),
        (1777629600, "2026-05-01T10:00:00+00:00"),
        (1777629600500, "2026-05-01T10:00:00.500000+00:00"),
        (None, None),
    ],
)
def test_the_time_of_a_file_is_kept(mtime: object, stored: str | None, api: Client, batch: Batch) -> None:
    announce(api, batch, {"path": "a.jpg", "size": 9, "mtime": mtime})
    kept = BatchFile.objects.get().modified_at
    assert (kept.isoformat() if kept else None) == stored


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ([], "entries"),
        ([{"path": "a.jpg", "size": 1}] * 501, "entries"),
        ([{"path": "a.jpg"}], "entries.0.size"),
        ([{"path": "a.jpg", "size": -1}], "entries.0.size"),
        ([{"path": "a.jpg", "size": 2**63}], "entries.0.size"),
        ([{"path": "a.jpg", "size": 1}, {"path": "", "size": 1}], "entries.1.path"),
        ([{"path": "a\u0000.jpg", "size": 1}], "entries.0.path"),
        ([{"path": "a.jpg", "size": 1, "mtime": "May"}], "entries.0.mtime"),
        ([{"path": "a.jpg", "size": 1, "mtime": 1e300}], "entries.0.mtime"),
        ([{"path": "a.jpg", "size": 1, "sha256": "abc"}], "entries.0.sha256"),
        (["a.jpg"], "entries.0"),
    ],
)
def test_a_bad_manifest_is_refused_as_a_whole(
    entries: list[Any], field: str, api: Client, batch: Batch
) -> None:
    answer = api.post(at(batch, "batch-manifest"), {"entries": entries}, content_type=JSON)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}
    assert not BatchFile.objects.exists()


def test_a_batch_takes_so_many_files_and_no_more(api: Client, batch: Batch, clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_files_per_batch=2)
    answer = announce(api, batch, *({"path": f"{number}.jpg", "size": 1} for number in range(3)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-files")
    assert answer.json()["facts"] == {"limit": 2, "present": 0}


def test_a_closed_batch_takes_nothing(api: Client, batch: Batch) -> None:
    api.post(at(batch, "batch-cancel"))
    answer = announce(api, batch, {"path": "a.jpg", "size": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "batch-closed")
    answer = api.post(at(batch, "batch-files"), {"file": part("a.jpg", tiny_jpeg())})
    assert (answer.status_code, answer.json()["code"]) == (409, "batch-closed")


# --- parts of a form


def test_one_bad_file_stops_no_other(api: Client, batch: Batch, clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_file_bytes=5000)
    files = [
        part("good.jpg", tiny_jpeg()),
        part("empty.jpg", b""),
        part("large.jpg", b"x" * 5001),
        part("last.jpg", tiny_jpeg(1)),
    ]
    answer = api.post(at(batch, "batch-files"), {"file": files})
    results = [(file["status"], (file["error"] or {}).get("code")) for file in answer.json()["files"]]
    assert answer.status_code == 201
    assert results == [
        ("RECEIVED", None),
        ("FAILED", "empty-file"),
        ("FAILED", "too-large"),
        ("RECEIVED", None),
    ]
    assert BatchFile.objects.get(path="large.jpg").size == 5001
    assert len(list(staging.keys())) == 2


def test_every_byte_is_kept(api: Client, batch: Batch) -> None:
    content = bytes(range(256)) * 12_000  # more than one block
    api.post(at(batch, "batch-files"), {"file": part("a.bin", content)})
    file = BatchFile.objects.get()
    assert staging.path_of(file.storage_key).read_bytes() == content
    assert (file.offset, file.status) == (len(content), FileStatus.RECEIVED)


def test_folders_are_kept_by_parallel_paths(api: Client, batch: Batch) -> None:
    body = {"file": [part("a.jpg", tiny_jpeg()), part("a.jpg", tiny_jpeg(1))], "path": ["x/a.jpg", "y/a.jpg"]}
    answer = api.post(at(batch, "batch-files"), body)
    assert [file["path"] for file in answer.json()["files"]] == ["x/a.jpg", "y/a.jpg"]


def test_two_files_of_one_name_are_two_files(api: Client, batch: Batch) -> None:
    same_size = [part("a.jpg", b"\xff\xd8\xff 1"), part("a.jpg", b"\xff\xd8\xff 2")]
    answer = api.post(at(batch, "batch-files"), {"file": same_size})
    assert [file["path"] for file in answer.json()["files"]] == ["a.jpg", "a (2).jpg"]
    assert BatchFile.objects.filter(status=FileStatus.RECEIVED).count() == 2


def test_sending_again_is_another_file_that_its_bytes_will_tell(api: Client, batch: Batch) -> None:
    for _ in range(2):
        api.post(at(batch, "batch-files"), {"file": part("a.jpg", tiny_jpeg())})
    first, second = BatchFile.objects.order_by("created_at")
    for file in (first, second):
        run.process(file.pk)
    second.refresh_from_db()
    assert second.status == FileStatus.DUPLICATE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"file": "text"}, "invalid"),
        ({"file": [part("a.jpg", b"1"), part("b.jpg", b"2")], "path": ["a.jpg"]}, "paths-mismatch"),
    ],
)
def test_a_form_without_files_or_with_other_paths_is_refused(
    body: dict[str, Any], code: str, api: Client, batch: Batch
) -> None:
    answer = api.post(at(batch, "batch-files"), body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not BatchFile.objects.exists()


def test_files_are_sent_as_a_form_only(api: Client, batch: Batch) -> None:
    answer = api.post(at(batch, "batch-files"), {"file": "a"}, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_form_that_breaks_off_is_said(api: Client, batch: Batch) -> None:
    whole = encode_multipart(BOUNDARY, {"file": part("a.jpg", tiny_jpeg())})
    cut: dict[str, Any] = {"wsgi.input": io.BytesIO(whole[:-200]), "CONTENT_LENGTH": str(len(whole))}
    answer = api.generic("POST", at(batch, "batch-files"), whole, MULTIPART_CONTENT, **cut)
    assert (answer.status_code, answer.json()["code"]) == (400, "incomplete-upload")
    assert not BatchFile.objects.exists()


def test_a_body_that_is_no_form_is_refused(api: Client, batch: Batch) -> None:
    kind = "multipart/form-data; boundary=edge"
    for body in (b"--edge\r\nContent-Dispo", b"words"):
        assert api.post(at(batch, "batch-files"), body, content_type=kind).status_code == 400


def test_a_full_disk_is_said_before_the_first_byte(api: Client, batch: Batch, settings: LazySettings) -> None:
    settings.INTAKE_MIN_FREE_BYTES = 2**62
    answer = api.post(at(batch, "batch-files"), {"file": part("a.jpg", tiny_jpeg())})
    assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
    assert int(answer.headers["Retry-After"]) > 0
    assert not BatchFile.objects.exists()


def test_a_browser_sends_files_with_its_session(clinician: User, batch: Batch) -> None:
    browser = factories.browser_of(clinician)
    url = at(batch, "batch-files")
    assert browser.post(url, {"file": part("a.jpg", tiny_jpeg())}).status_code == 403
    allowed = browser.post(url, {"file": part("a.jpg", tiny_jpeg())}, headers=factories.csrf_of(browser))
    assert allowed.status_code == 201


# --- one shot


def shoot(api: Client, files: list[SimpleUploadedFile], **fields: Any) -> Any:
    return api.post(f"{API}/batches/upload", {"files": files, **fields})


def test_one_shot_makes_and_starts_a_batch(api: Client, patient: Patient) -> None:
    files = [part("a.jpg", tiny_jpeg()), part("b.txt", b"plain words")]
    paths = ["Monday/3000003792_Garza Tijerina_María Esther.jpg", "Monday/b.txt"]
    answer = shoot(api, files, patient_id=str(patient.pk), paths=paths, notes="ward 3")
    said = answer.json()
    batch = Batch.objects.get(pk=said["id"])
    assert answer.status_code == 202
    assert {"id", "batch_number", "total_files", "status_url"} <= set(said)
    assert (said["total_files"], said["batch_number"]) == (2, batch.batch_number)
    assert (batch.patient, batch.notes, batch.source) == (patient, "ward 3", "api")
    assert batch.started_at is not None

    for file in said["files"]:
        run.process(file["id"])
    status = api.get(said["status_url"]).json()
    assert (status["status"], status["counts"]["completed"], status["counts"]["failed"]) == ("PARTIAL", 1, 1)
    assert sorted(batch.files.values_list("path", flat=True)) == paths


def test_one_shot_of_too_many_files_leaves_nothing(api: Client, clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_files_per_batch=1)
    answer = shoot(api, [part("a.jpg", b"1"), part("b.jpg", b"2")])
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-files")
    assert not Batch.objects.exists()


def test_one_shot_without_files_leaves_nothing(api: Client) -> None:
    answer = api.post(f"{API}/batches/upload", {"notes": "nothing"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"files"})
    assert not Batch.objects.exists()


def test_a_file_keeps_its_given_name_as_data(api: Client, batch: Batch) -> None:
    body = {"file": part("x.jpg", tiny_jpeg()), "path": "../../etc/GARZA TIJERINA, MARÍA.jpg"}
    (file,) = api.post(at(batch, "batch-files"), body).json()["files"]
    assert file["path"] == "etc/GARZA TIJERINA, MARÍA.jpg"
    assert "GARZA" not in BatchFile.objects.get().storage_key
