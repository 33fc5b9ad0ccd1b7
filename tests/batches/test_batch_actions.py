"""Verbs on a whole batch, and what time does to it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from batches import expiry, selectors
from batches.actions import batch as verbs
from batches.actions.batch import BatchOptions, create_batch
from batches.actions.intake import Announced, announce_files
from batches.demo import pictures
from batches.models import Batch, BatchFile, FileEvent, Start
from batches.pipeline import run
from batches.states import BatchStatus, FileStatus
from clinics.access import Access
from clinics.models import AuditEntry, User
from files import staging
from files.errors import Refused
from imaging.models import Image
from patients.models import Patient
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

PICTURE = pictures.photograph(1, None)


def test_numbers_count_up_within_a_clinic(access: Access) -> None:
    first, second = (create_batch(access=access, options=BatchOptions()) for _ in range(2))
    assert second.number == first.number + 1
    assert second.batch_number.endswith(f"-{second.number:05d}")


def test_a_manual_batch_waits_for_its_start(access: Access, send: Send, garza: Patient) -> None:
    batch = create_batch(access=access, options=BatchOptions(start=Start.MANUAL))
    file = send("DSC_1.jpg", PICTURE, into=batch, walk=True)
    assert file.status == FileStatus.RECEIVED
    verbs.set_patient(batch=batch, patient=garza, actor=access.user)
    verbs.start_batch(batch=batch, actor=access.user)
    run.process(file.pk)
    assert BatchFile.objects.get(pk=file.pk).patient == garza


def test_the_patient_of_a_started_batch_stays(
    batch: Batch, send: Send, garza: Patient, access: Access
) -> None:
    send("a.jpg", PICTURE)
    with pytest.raises(Refused) as refused:
        verbs.set_patient(batch=batch, patient=garza, actor=access.user)
    assert (refused.value.code, refused.value.status) == ("batch-started", 409)


def test_a_scheduled_batch_needs_a_time_and_starts_at_it(access: Access, send: Send) -> None:
    with pytest.raises(Refused) as refused:
        create_batch(access=access, options=BatchOptions(start=Start.SCHEDULED))
    assert refused.value.code == "start-time-missing"
    hour = timezone.now() + timedelta(hours=1)
    batch = create_batch(access=access, options=BatchOptions(start=Start.SCHEDULED, scheduled_for=hour))
    send("a.jpg", PICTURE, into=batch)
    assert not selectors.due_batches(timezone.now()).exists()
    assert list(selectors.due_batches(hour)) == [batch]


def test_pause_holds_files_back_and_resume_rings_for_them(
    batch: Batch, send: Send, access: Access, django_capture_on_commit_callbacks: Any
) -> None:
    verbs.pause_batch(batch=batch, actor=access.user)
    file = send("a.jpg", b"broken", walk=True)
    assert file.status == FileStatus.RECEIVED
    with django_capture_on_commit_callbacks() as bells:
        verbs.resume_batch(batch=Batch.objects.get(pk=batch.pk), actor=access.user)
    assert len(bells) == 1
    run.process(file.pk)
    assert BatchFile.objects.get(pk=file.pk).status == FileStatus.FAILED


def test_retry_puts_back_what_failed_here_and_not_what_never_came(
    batch: Batch, send: Send, access: Access
) -> None:
    failed = send("a.jpg", b"broken", walk=True)
    announce_files(batch=batch, entries=[Announced("empty.jpg", 0)])
    assert verbs.retry_batch(batch=batch, actor=access.user) == 1
    assert BatchFile.objects.get(pk=failed.pk).status == FileStatus.RECEIVED


def test_cancel_takes_back_the_undecided_and_leaves_the_charts(
    batch: Batch, send: Send, access: Access, garza: Patient, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        filed = send("3000003792_Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
        held = send("DSC_1.jpg", pictures.photograph(2, None), walk=True)
        waiting = send("DSC_2.jpg", pictures.photograph(3, None))
        verbs.cancel_batch(batch=batch, actor=access.user)
    statuses = {f.pk: f.status for f in BatchFile.objects.filter(batch=batch)}
    assert statuses == {
        filed.pk: FileStatus.COMPLETED,
        held.pk: FileStatus.CANCELLED,
        waiting.pk: FileStatus.CANCELLED,
    }
    assert Image.objects.get().patient == garza
    assert not list(staging.keys())
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED
    assert selectors.receipt_of(batch).adds_up


def test_a_cancelled_batch_takes_nothing_more(batch: Batch, send: Send, access: Access) -> None:
    verbs.cancel_batch(batch=batch, actor=access.user)
    with pytest.raises(Refused) as refused:
        send("a.jpg", PICTURE)
    assert refused.value.code == "batch-closed"


def test_removing_an_ended_batch_keeps_what_was_filed(
    batch: Batch, send: Send, access: Access, garza: Patient
) -> None:
    send("3000003792_Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
    batch.refresh_from_db()
    verbs.remove_batch(batch=batch, actor=access.user)
    assert not Batch.objects.exists()
    assert Image.objects.get().patient == garza
    assert AuditEntry.objects.filter(action="batch-removed").count() == 1


def test_a_batch_with_open_reviews_is_not_removed(batch: Batch, send: Send, access: Access) -> None:
    send("DSC_1.jpg", PICTURE, walk=True)
    batch.refresh_from_db()
    with pytest.raises(Refused) as refused:
        verbs.remove_batch(batch=batch, actor=access.user)
    assert refused.value.code == "files-waiting"


def test_a_stale_batch_is_warned_of_and_then_expires(batch: Batch, access: Access) -> None:
    User.objects.filter(pk=access.user.pk).update(email="ward@clinic.invalid")
    announce_files(batch=batch, entries=[Announced("Garza_Maria.jpg", 10)])
    batch.refresh_from_db()
    soon, late = batch.expires_at - timedelta(hours=1), batch.expires_at + timedelta(seconds=1)
    assert [expiry.warn(soon), expiry.warn(soon), len(mail.outbox)] == [1, 0, 1]
    assert "Garza" not in mail.outbox[0].body
    assert [expiry.expire(soon), expiry.expire(late)] == [0, 1]
    batch.refresh_from_db()
    assert batch.status == BatchStatus.EXPIRED
    assert BatchFile.objects.get(batch=batch).status == FileStatus.CANCELLED


def test_expiry_of_a_half_uploaded_batch_keeps_what_was_settled(
    batch: Batch, send: Send, garza: Patient
) -> None:
    send("3000003792_Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
    announce_files(batch=batch, entries=[Announced("never came.jpg", 10)])
    batch.refresh_from_db()
    assert expiry.expire(batch.expires_at + timedelta(seconds=1)) == 1
    batch.refresh_from_db()
    assert batch.status == BatchStatus.COMPLETED
    assert selectors.receipt_of(batch).adds_up


def test_old_records_go_and_charts_stay(batch: Batch, send: Send, garza: Patient) -> None:
    send("3000003792_Garza Tijerina_María Esther.jpg", PICTURE, walk=True)
    days = batch.clinic.retention_days
    assert expiry.clean(timezone.now() + timedelta(days=days - 1)) == 0
    assert expiry.clean(timezone.now() + timedelta(days=days + 1)) == 1
    assert (Batch.objects.count(), FileEvent.objects.count(), Image.objects.count()) == (0, 0, 1)


def test_forgotten_bytes_are_swept_and_named_ones_stay(send: Send) -> None:
    kept, forgotten = send("a.jpg", b"abc").storage_key, staging.new_key()
    staging.create(forgotten)
    assert expiry.sweep_staging(timezone.now()) == 0, "too young to judge"
    assert expiry.sweep_staging(timezone.now() + timedelta(days=1)) == 1
    assert dict(staging.keys()).keys() == {kept}


def test_files_without_a_message_are_found_and_others_are_left_alone(batch: Batch, send: Send) -> None:
    sent = [send(f"{n}.jpg", b"x%d" % n) for n in range(3)]
    long_ago = timezone.now() - timedelta(minutes=1)
    BatchFile.objects.filter(batch=batch).update(sent_at=long_ago)
    assert selectors.lost_files("normal", named={file.pk for file in sent}) == []
    assert selectors.lost_files("normal", named={sent[0].pk, uuid4()}) == [sent[1].pk, sent[2].pk]
    assert selectors.lost_files("urgent", named=set()) == []
    BatchFile.objects.filter(pk=sent[0].pk).update(sent_at=timezone.now())
    assert len(selectors.lost_files("normal", named=set())) == 2, "one was sent a moment ago"
