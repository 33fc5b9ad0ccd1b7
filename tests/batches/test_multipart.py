"""Parts of a form on their way to disk: never in memory, never beyond the limit, never mixed up."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser
from django.test import RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from batches.models import Batch
from batches.multipart import BoundedUploadHandler, announce_parts, parts_of, receive_parts
from clinics.models import Clinic, User
from files import staging
from files.errors import Refused, Trouble
from tests import factories


def request_with(user: User, *contents: bytes) -> HttpRequest:
    """A form with these files, parsed by our handler when its files are asked for."""
    parts = [factories.part(f"{number}.bin", content) for number, content in enumerate(contents)]
    request = RequestFactory().post("/", {"file": parts})
    request.user, request.session = user, {}  # type: ignore[assignment]
    request.upload_handlers = [BoundedUploadHandler(request)]
    return request


def uploads_of(request: HttpRequest) -> Sequence[Any]:
    return request.FILES.getlist("file")


def test_a_part_is_spooled_to_disk_whatever_its_size(clinician: User) -> None:
    (upload,) = uploads_of(request_with(clinician, b"small"))
    assert isinstance(upload, TemporaryUploadedFile)
    assert upload.read() == b"small"


@pytest.mark.parametrize(("size", "kept"), [(100_000, 100_000), (100_001, 0), (1_000_000, 0)])
def test_a_part_beyond_the_limit_is_counted_but_not_kept(
    size: int, kept: int, clinician: User, clinic: Clinic
) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_file_bytes=100_000)
    large, after = uploads_of(request_with(clinician, b"x" * size, b"after"))
    assert (large.size, len(large.read())) == (size, kept)
    assert after.read() == b"after"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 0.99])
def test_a_form_that_breaks_off_is_noticed_wherever_it_was_cut(share: float, clinician: User) -> None:
    """Django's parser alone would leave the file out and say nothing."""
    whole = encode_multipart(BOUNDARY, {"file": factories.part("a.bin", b"x" * 50_000)})
    meta = {"CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": str(len(whole))}
    cut = io.BytesIO(whole[: int(len(whole) * share)])
    handler = BoundedUploadHandler(request_with(clinician))
    with pytest.raises(Refused) as refusal:
        MultiPartParser(meta, cut, [handler]).parse()
    assert refusal.value.code == "incomplete-upload"


class SilentStream:
    """A sender that says nothing until the server's patience ends."""

    def read(self, _size: int) -> bytes:
        raise TimeoutError


def test_a_sender_that_falls_silent_is_let_go(clinician: User) -> None:
    meta = {"CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": "1000"}
    silent: Any = SilentStream()
    with pytest.raises(Refused) as refusal:
        MultiPartParser(meta, silent, [BoundedUploadHandler(request_with(clinician))]).parse()
    assert refusal.value.code == "incomplete-upload"


def test_equal_paths_are_told_apart_and_others_left_alone() -> None:
    uploads = [factories.part("a.jpg", b"1") for _ in range(4)]
    parts = parts_of(uploads, ["x/a.jpg", "y/a.jpg", "x/a.jpg", "x/a.jpg"])
    assert [part.path for part in parts] == ["x/a.jpg", "y/a.jpg", "x/a (2).jpg", "x/a (3).jpg"]


def test_paths_that_do_not_fit_the_files_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        parts_of([factories.part("a.jpg", b"1")], ["a", "b"])
    assert refusal.value.code == "paths-mismatch"


class DyingUpload:
    """An upload whose spooled bytes can no longer be read."""

    size = 5
    name = "lost.jpg"

    def chunks(self, _size: int) -> Any:
        yield b"12"
        raise Trouble("storage-unavailable", "Received files cannot be reached.")


def test_a_file_that_cannot_be_stored_just_now_stops_no_other(batch: Batch) -> None:
    parts = parts_of([DyingUpload(), factories.part("a.jpg", b"12345")], [])  # type: ignore[list-item]
    received = receive_parts(announce_parts(batch, parts), parts)
    assert [file.status for file in received.files] == ["PENDING", "RECEIVED"]
    assert [(part.path, part.code) for part in received.interrupted] == [("lost.jpg", "storage-unavailable")]
    rest = parts_of([factories.part("lost.jpg", b"abcde")], [])
    again = receive_parts(announce_parts(batch, rest), rest)
    assert [file.status for file in again.files] == ["RECEIVED"]
    assert staging.path_of(again.files[0].storage_key).read_bytes() == b"abcde"
