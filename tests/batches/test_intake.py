"""How files come in: announced, sent whole, finished, taken back; whatever is refused leaves a row and a
reason.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from batches.actions.intake import Announced, announce_files, cancel_file, finish_upload, receive_whole
from batches.models import Batch, BatchFile, FileEvent
from batches.states import FileStatus
from batches.tus import receive
from batches.tus.protocol import TusError
from clinics.models import Clinic, User
from files import staging
from files.errors import FileRejected, Refused
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db


def test_announcing_twice_gives_the_same_rows_in_the_order_asked(batch: Batch) -> None:
    entries = [Announced("b/2.jpg", 20), Announced("a/1.jpg", 10)]
    first = announce_files(batch=batch, entries=entries)
    again = announce_files(batch=batch, entries=[*reversed(entries), Announced("c.jpg", 5)])
    assert [file.path for file in first] == ["b/2.jpg", "a/1.jpg"]
    assert [file.pk for file in again[:2]] == [first[1].pk, first[0].pk]
    assert BatchFile.objects.filter(batch=batch).count() == 3


@pytest.mark.parametrize(
    ("path", "size", "code"),
    [
        ("a.jpg", 0, "empty-file"),
        ("a.jpg", 50 * 1024 * 1024 + 1, "too-large"),
        ("x" * 300 + ".jpg", 10, "name-too-long"),
        ("..", 10, "name-missing"),
    ],
)
def test_what_can_never_be_accepted_is_a_failed_row_with_its_reason(
    batch: Batch, path: str, size: int, code: str
) -> None:
    (file,) = announce_files(batch=batch, entries=[Announced(path, size)])
    assert (file.status, file.error_code) == (FileStatus.FAILED, code)
    assert file.error_message
    assert FileEvent.objects.filter(file=file, to_status=FileStatus.FAILED).exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\fotos\\a.jpg", "C:/fotos/a.jpg"),
        ("/abs//b.jpg", "abs/b.jpg"),
        ("evil\x00name.jpg", "evilname.jpg"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("Jose\u0301.jpg", "José.jpg"),
        ("a\nb.jpg", "ab.jpg"),
    ],
)
def test_a_name_is_cleaned_data(batch: Batch, sent: str, kept: str) -> None:
    (file,) = announce_files(batch=batch, entries=[Announced(sent, 10)])
    assert file.path == kept


def test_a_batch_over_its_limit_is_refused_whole(batch: Batch, clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_files_per_batch=2)
    with pytest.raises(Refused) as refused:
        announce_files(batch=batch, entries=[Announced(f"{n}.jpg", 10) for n in range(3)])
    assert (refused.value.code, refused.value.status) == ("too-many-files", 413)
    assert not BatchFile.objects.filter(batch=batch).exists()


def test_bytes_are_on_the_disk_before_the_row_says_received(send: Send) -> None:
    file = send("a.jpg", b"abcdef")
    assert file.status == FileStatus.RECEIVED
    assert staging.path_of(file.storage_key).read_bytes() == b"abcdef"
    assert file.received_at is not None


def test_what_was_sent_before_is_known_again_on_resume_only(send: Send, batch: Batch) -> None:
    sent = send("a.jpg", b"abc")
    (resumed,) = announce_files(batch=batch, entries=[Announced("a.jpg", 3)], is_resume=True)
    assert resumed.pk == sent.pk


def test_other_bytes_of_the_same_name_and_size_are_never_taken_for_those_that_came(send: Send) -> None:
    first, second = send("a.jpg", b"abc"), send("a.jpg", b"xyz")
    assert first.pk != second.pk
    assert staging.path_of(second.storage_key).read_bytes() == b"xyz"


def test_a_file_that_changed_since_is_another_file(batch: Batch) -> None:
    at = [datetime(2026, 5, 4, hour, tzinfo=UTC) for hour in (8, 9)]
    (old,) = announce_files(batch=batch, entries=[Announced("a.jpg", 3, at[0])])
    (new,) = announce_files(batch=batch, entries=[Announced("a.jpg", 3, at[1])], is_resume=True)
    assert old.pk != new.pk


def test_a_whole_file_takes_over_from_an_upload_that_stalled(send: Send, batch: Batch) -> None:
    (file,) = announce_files(batch=batch, entries=[Announced("a.jpg", 3)])
    stalled = receive.take_over(file.pk)
    assert send("a.jpg", b"abc").pk == file.pk
    with pytest.raises(TusError):
        receive.receive_body(stalled, 0, 3, lambda _size: b"ZZZ")
    file.refresh_from_db()
    assert staging.path_of(file.storage_key).read_bytes() == b"abc"


def test_two_who_send_other_bytes_under_one_name_are_never_mixed(batch: Batch) -> None:
    def slow_and_overtaken() -> Iterator[bytes]:
        yield b"AAA"
        receive_whole(batch=batch, path="a.jpg", size=6, chunks=[b"BBBBBB"])
        yield b"AAA"

    with pytest.raises(Refused) as refused:
        receive_whole(batch=batch, path="a.jpg", size=6, chunks=slow_and_overtaken())
    assert refused.value.code == "overtaken"
    file = BatchFile.objects.get(batch=batch)
    assert file.status == FileStatus.RECEIVED
    assert staging.path_of(file.storage_key).read_bytes() == b"BBBBBB"


def test_a_file_removed_while_its_last_bytes_came_stays_removed(batch: Batch, clinician: User) -> None:
    def removed_meanwhile() -> Iterator[bytes]:
        yield b"abc"
        cancel_file(file=BatchFile.objects.get(batch=batch), actor=clinician)

    with pytest.raises(Refused):
        receive_whole(batch=batch, path="a.jpg", size=3, chunks=removed_meanwhile())
    file = BatchFile.objects.get(batch=batch)
    assert (file.status, file.storage_key) == (FileStatus.CANCELLED, "")
    BatchFile.objects.filter(pk=file.pk).update(offset=3)
    assert not finish_upload(file=file)


def test_a_file_that_ends_early_is_refused_and_not_received(batch: Batch) -> None:
    with pytest.raises(FileRejected) as refused:
        receive_whole(batch=batch, path="a.jpg", size=10, chunks=[b"abc"])
    assert refused.value.code == "incomplete-upload"
    assert BatchFile.objects.get(batch=batch).status != FileStatus.RECEIVED


def test_finishing_twice_rings_once(
    send: Send, django_capture_on_commit_callbacks: Any, batch: Batch
) -> None:
    with django_capture_on_commit_callbacks() as first:
        file = send("a.jpg", b"abc")
    with django_capture_on_commit_callbacks() as second:
        assert not finish_upload(file=file)
    assert (len(first), len(second)) == (1, 0)


def test_a_removed_file_leaves_no_bytes(
    send: Send, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    file = send("a.jpg", b"abc")
    path = staging.path_of(file.storage_key)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_file(file=file, actor=clinician)
    file.refresh_from_db()
    assert (file.status, file.storage_key) == (FileStatus.CANCELLED, "")
    assert not path.exists()


def test_what_is_settled_cannot_be_removed(send: Send, clinician: User) -> None:
    file = send("a.jpg", b"abc")
    cancel_file(file=file, actor=clinician)
    with pytest.raises(Refused) as refused:
        cancel_file(file=file, actor=clinician)
    assert refused.value.code == "file-settled"
