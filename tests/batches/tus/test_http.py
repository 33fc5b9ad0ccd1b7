"""The verbs over HTTP: each row of the protocol's table as a literal request and the expected answer."""

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from batches.actions.batch import cancel_batch
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from batches.tus import receive
from batches.tus.protocol import TusError
from clinics.access import Access
from clinics.models import Clinic, Membership, Role, User
from clinics.tokens import create_token
from files import staging

pytestmark = pytest.mark.django_db

BODY_TYPE = "application/offset+octet-stream"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def tus(access: Access) -> "Tus":
    """The clinician's device, with a token."""
    return Tus(create_token(access.user, access.clinic))


class Tus:
    """A few lines of client: sends the headers that tus wants, and whatever a test adds or takes away."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def send(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> Any:
        """One request; a header given as None is left out."""
        all_headers = {"Tus-Resumable": "1.0.0"} | {k.replace("_", "-"): v for k, v in headers.items()}
        content_type = all_headers.pop("Content-Type", None) or "application/octet-stream"
        kept = {name: value for name, value in all_headers.items() if value is not None}
        # Django's client leaves both out where there is no body; a real client does not.
        kept |= {} if body else {"Content-Type": content_type, "Content-Length": "0"}
        return self._client.generic(method, path, body, content_type=content_type, headers=kept)

    def create(self, batch: Batch, name: str = "a.jpg", length: int = len(CONTENT)) -> str:
        """A new upload's address."""
        answer = self.send(
            "POST",
            f"/api/v1/batches/{batch.pk}/uploads",
            Upload_Length=str(length),
            Upload_Metadata=meta(name),
        )
        assert answer.status_code == 201, answer.content
        return str(answer["Location"])

    def patch(self, url: str, offset: int, body: bytes, **headers: str | None) -> Any:
        """Bytes at an offset."""
        return self.send("PATCH", url, body, Upload_Offset=str(offset), Content_Type=BODY_TYPE, **headers)


def meta(name: str) -> str:
    """`Upload-Metadata` with a file name."""
    return "filename " + base64.b64encode(name.encode()).decode()


def _file(url: str) -> BatchFile:
    return BatchFile.objects.get(pk=url.rpartition("/")[2])


def test_create_patch_head_and_received(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    assert url.startswith("/"), "a relative Location survives every proxy"
    half = len(CONTENT) // 2
    assert tus.patch(url, 0, CONTENT[:half])["Upload-Offset"] == str(half)
    head = tus.send("HEAD", url)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (
        200,
        str(half),
        str(len(CONTENT)),
    )
    assert head["Cache-Control"] == "no-store"
    assert head["Upload-Metadata"]
    last = tus.patch(url, half, CONTENT[half:])
    assert (last.status_code, last["Upload-Offset"]) == (204, str(len(CONTENT)))
    file = _file(url)
    assert file.status == FileStatus.RECEIVED
    assert staging.sha256_of(file.storage_key) == hashlib.sha256(CONTENT).hexdigest()


def test_an_upload_that_has_begun_is_never_handed_to_a_second_sender(tus: Tus, batch: Batch) -> None:
    first = tus.create(batch)
    assert tus.create(batch) == first, "whose answer was lost asks again"
    tus.patch(first, 0, CONTENT[:4])
    second = tus.create(batch)
    assert second != first
    assert tus.send("HEAD", second)["Upload-Offset"] == "0"


def test_creation_with_upload_takes_the_first_bytes_along(tus: Tus, batch: Batch) -> None:
    answer = tus.send(
        "POST",
        f"/api/v1/batches/{batch.pk}/uploads",
        CONTENT,
        Upload_Length=str(len(CONTENT)),
        Upload_Metadata=meta("a.jpg"),
        Content_Type=BODY_TYPE,
    )
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(CONTENT)))
    assert _file(answer["Location"]).status == FileStatus.RECEIVED


def test_options_says_what_is_offered_without_a_version(tus: Tus, batch: Batch) -> None:
    answer = tus.send("OPTIONS", f"/api/v1/batches/{batch.pk}/uploads", Tus_Resumable=None)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert {"creation", "termination"} <= set(answer["Tus-Extension"].split(","))
    assert int(answer["Tus-Max-Size"]) == batch.clinic.max_file_bytes


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_another_version_is_412_and_nothing_happens(tus: Tus, batch: Batch, method: str) -> None:
    url = tus.create(batch)
    answer = tus.send(method, url, Tus_Resumable="0.2.2")
    assert (answer.status_code, answer["Tus-Resumable"]) == (412, "1.0.0")
    assert _file(url).status == FileStatus.PENDING


def test_a_wrong_offset_is_409_with_the_true_one(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    tus.patch(url, 0, CONTENT[:100])
    answer = tus.patch(url, 50, CONTENT[50:200])
    assert (answer.status_code, answer["Upload-Offset"]) == (409, "100")
    assert _file(url).offset == 100


def test_bytes_beyond_the_length_are_413_and_nothing_is_kept(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch, length=100)
    assert tus.patch(url, 0, CONTENT[:101]).status_code == 413
    assert _file(url).offset == 0


def test_another_body_type_is_415(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    answer = tus.send("PATCH", url, b"x", Upload_Offset="0", Content_Type="image/jpeg")
    assert answer.status_code == 415


def test_an_empty_patch_after_the_end_is_204_and_rings_no_second_time(
    tus: Tus, batch: Batch, django_capture_on_commit_callbacks: Any
) -> None:
    url = tus.create(batch)
    tus.patch(url, 0, CONTENT)
    with django_capture_on_commit_callbacks() as bells:
        answer = tus.patch(url, len(CONTENT), b"")
    assert (answer.status_code, len(bells)) == (204, 0)


def test_delete_takes_the_upload_back(
    tus: Tus, batch: Batch, django_capture_on_commit_callbacks: Any
) -> None:
    url = tus.create(batch)
    tus.patch(url, 0, CONTENT[:100])
    with django_capture_on_commit_callbacks(execute=True):
        assert tus.send("DELETE", url).status_code == 204
    assert tus.send("HEAD", url).status_code == 410
    assert tus.patch(url, 100, CONTENT[100:]).status_code == 410
    assert not list(staging.keys())


def test_uploads_of_a_cancelled_batch_are_gone(tus: Tus, batch: Batch, access: Access) -> None:
    url = tus.create(batch)
    cancel_batch(batch=batch, actor=access.user)
    assert tus.patch(url, 0, CONTENT).status_code == 410


def test_a_proxy_that_blocks_patch_may_override_the_verb(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    answer = tus.send(
        "POST", url, CONTENT, Upload_Offset="0", Content_Type=BODY_TYPE, X_HTTP_Method_Override="PATCH"
    )
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(len(CONTENT)))


def test_too_large_and_unknown_are_refused_with_a_code(tus: Tus, batch: Batch) -> None:
    path = f"/api/v1/batches/{batch.pk}/uploads"
    big = tus.send("POST", path, Upload_Length=str(10**12), Upload_Metadata=meta("a.jpg"))
    assert (big.status_code, big.json()["code"]) == (413, "too-large")
    assert tus.send("HEAD", f"/api/v1/uploads/{uuid4()}").status_code == 404


def test_another_clinics_upload_does_not_exist(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    south = Clinic.objects.create(slug="south", name="South")
    stranger = User.objects.create(username="stranger")
    Membership.objects.create(user=stranger, clinic=south, role=Role.CLINICIAN)
    other = Tus(create_token(stranger, south))
    assert other.send("HEAD", url).status_code == 404
    assert other.patch(url, 0, CONTENT).status_code == 404
    assert other.send("DELETE", url).status_code == 404
    assert _file(url).offset == 0


def test_without_a_token_nothing_is_read(batch: Batch) -> None:
    answer = Client().post(f"/api/v1/batches/{batch.pk}/uploads", headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 401


def test_a_browser_session_needs_its_csrf_token_and_may_send_bytes_at_once(
    batch: Batch, access: Access
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(access.user)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(CONTENT)),
        "Upload-Metadata": meta("a.jpg"),
    }
    path = f"/api/v1/batches/{batch.pk}/uploads"
    without = browser.post(path, CONTENT, content_type=BODY_TYPE, headers=headers)
    assert without.status_code == 403
    token = "t" * 32
    browser.cookies[settings.CSRF_COOKIE_NAME] = token
    answer = browser.post(path, CONTENT, content_type=BODY_TYPE, headers={**headers, "X-CSRFToken": token})
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(CONTENT)))


def test_an_overtaken_request_stops_and_the_successors_bytes_stay(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    zombie = receive.take_over(_file(url).pk)
    tus.patch(url, 0, CONTENT[:1000])
    pieces = iter([b"Z" * 500, b""])
    with pytest.raises(TusError) as refused:
        receive.receive_body(zombie, 0, 500, lambda _size: next(pieces))
    assert (refused.value.status, refused.value.code) == (409, "overtaken")
    file = _file(url)
    assert file.offset == 1000
    assert staging.path_of(file.storage_key).read_bytes()[:1000] == CONTENT[:1000]


def test_a_sender_that_vanishes_keeps_what_came(tus: Tus, batch: Batch) -> None:
    url = tus.create(batch)
    file = receive.take_over(_file(url).pk)
    pieces = iter([CONTENT[:300], b""])
    assert receive.receive_body(file, 0, len(CONTENT), lambda _size: next(pieces)) == 300
    assert (_file(url).offset, _file(url).status) == (300, FileStatus.UPLOADING)
