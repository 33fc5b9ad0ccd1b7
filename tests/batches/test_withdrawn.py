"""A record that is withdrawn frees its duplicates where their batch takes files, and stops nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import expiry
from batches.actions import review
from batches.actions.batch import cancel_batch
from batches.actions.review import reject_file, set_aside_as_duplicate
from batches.demo import pictures
from batches.models import Batch, BatchFile
from batches.records import free_orphans
from batches.selectors import receipt_of
from batches.states import BatchStatus, FileStatus
from clinics.models import User
from files import staging
from files.errors import Refused, Trouble
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

PICTURE = pictures.photograph(1, None)


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


@pytest.fixture
def first(send: Send, garza: Patient) -> BatchFile:
    """It waits for a person."""
    return send("one/DSC_1.jpg", PICTURE, walk=True)


@pytest.fixture
def other_batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


@pytest.fixture
def duplicate(send: Send, first: BatchFile, other_batch: Batch) -> BatchFile:
    """The same bytes in another batch."""
    file = send("other/DSC_1.jpg", PICTURE, into=other_batch, walk=True)
    assert (file.status, file.has_all_bytes) == (FileStatus.DUPLICATE, True)
    return file


def test_a_cancelled_batch_keeps_its_own_duplicates_and_can_be_cleaned(
    send: Send, batch: Batch, first: BatchFile, clinician: User
) -> None:
    copy = send("two/DSC_1.jpg", PICTURE, walk=True)
    cancel_batch(batch=batch, actor=clinician)
    assert _fresh(copy).status == FileStatus.DUPLICATE
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED
    assert receipt_of(batch).adds_up
    assert expiry.clean(timezone.now() + timedelta(days=batch.clinic.retention_days + 1)) == 1


def test_nothing_is_freed_into_a_batch_that_takes_nothing_more(
    first: BatchFile, duplicate: BatchFile, other_batch: Batch, clinician: User
) -> None:
    Batch.objects.filter(pk=other_batch.pk).update(status=BatchStatus.EXPIRED)
    reject_file(file=_fresh(first), actor=clinician)
    free_orphans()
    assert _fresh(duplicate).status == FileStatus.DUPLICATE


def test_one_that_was_missed_is_freed_by_the_sweep(
    first: BatchFile, duplicate: BatchFile, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "lock_with_duplicates", lambda _: frozenset({first.batch_id}))
    reject_file(file=_fresh(first), actor=clinician)
    assert _fresh(duplicate).status == FileStatus.DUPLICATE
    free_orphans()
    assert _fresh(duplicate).status == FileStatus.RECEIVED


def test_one_batch_that_cannot_be_cleaned_stops_no_other(
    batch: Batch, other_batch: Batch, garza: Patient
) -> None:
    for each, status in ((batch, FileStatus.RECEIVED), (other_batch, FileStatus.FAILED)):
        factories.make_file(each, status=status)
    Batch.objects.update(status=BatchStatus.CANCELLED, ended_at=timezone.now())
    assert expiry.clean(timezone.now() + timedelta(days=batch.clinic.retention_days + 1)) == 1
    assert list(Batch.objects.all()) == [batch]


def test_a_twin_that_is_withdrawn_meanwhile_is_no_twin(
    first: BatchFile, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = factories.make_image(first.batch.clinic, content=factories.tiny_jpeg(5))
    type(gone).objects.filter(pk=gone.pk).delete()
    monkeypatch.setattr(review, "twin_of", lambda _: gone)
    with pytest.raises(Refused) as refused:
        set_aside_as_duplicate(file=_fresh(first), actor=clinician)
    assert (refused.value.code, refused.value.status) == ("no-twin", 409)


def test_a_clean_up_that_fails_stops_no_other(
    send: Send,
    batch: Batch,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    files = [send(f"{seed}.jpg", pictures.photograph(seed, None)) for seed in range(3)]
    real, broken = staging.discard, files[0].storage_key

    def discard(key: str) -> None:
        if key == broken:
            raise Trouble("storage-unavailable", "The disk is away.")
        real(key)

    monkeypatch.setattr(staging, "discard", discard)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_batch(batch=batch, actor=clinician)
    assert dict(staging.keys()).keys() == {broken}
