"""The only writer of a status: guards, history, claims, and a batch that follows its files."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from batches import claims, transitions
from batches.claims import Claim, ClaimLost
from batches.models import Batch, BatchFile, FileEvent
from batches.states import ON_THE_WAY, BatchStatus, FileStatus
from clinics.models import User
from files.errors import Refused
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db


def _claimed(file: BatchFile) -> Claim:
    claim = claims.take(file.pk)
    assert claim is not None
    return claim


def _let_lease_run_out(file: BatchFile) -> None:
    BatchFile.objects.filter(pk=file.pk).update(lease_until=timezone.now() - timedelta(minutes=1))


def test_a_move_leaves_one_event_and_a_newer_version(send: Send, batch: Batch, clinician: User) -> None:
    file = send("a.jpg", b"x")
    before = Batch.objects.get(pk=batch.pk).version
    assert transitions.move_file(file, FileStatus.CANCELLED, code="removed", actor=clinician)
    event = FileEvent.objects.filter(file=file).latest("id")
    assert (event.from_status, event.to_status, event.code, event.actor) == (
        FileStatus.RECEIVED,
        FileStatus.CANCELLED,
        "removed",
        clinician,
    )
    assert Batch.objects.get(pk=batch.pk).version > before


def test_a_move_that_the_table_does_not_have_changes_nothing(send: Send) -> None:
    file = send("a.jpg", b"x")
    events = FileEvent.objects.count()
    assert not transitions.move_file(file, FileStatus.REVIEW)
    file.refresh_from_db()
    assert file.status == FileStatus.RECEIVED
    assert FileEvent.objects.count() == events


def test_a_guard_that_does_not_hold_stops_the_move(send: Send) -> None:
    file = send("a.jpg", b"x")
    assert not transitions.move_file(file, FileStatus.CANCELLED, guard=Q(attempts=7))


def test_only_one_of_two_workers_gets_the_claim(send: Send) -> None:
    file = send("a.jpg", b"x")
    assert claims.take(file.pk) is not None
    assert claims.take(file.pk) is None


def test_a_claim_whose_worker_died_is_taken_over_and_the_dead_one_writes_nothing(send: Send) -> None:
    file = send("a.jpg", b"x")
    dead = _claimed(file)
    _let_lease_run_out(file)
    living = _claimed(file)
    assert living.attempt == dead.attempt + 1
    with pytest.raises(ClaimLost):
        claims.settle(dead, FileStatus.FAILED, code="late")
    claims.settle(living, FileStatus.FAILED, code="seen")
    file.refresh_from_db()
    assert (file.status, file.lost_claims) == (FileStatus.FAILED, 1)


def test_renewing_keeps_a_claim_from_being_taken(send: Send) -> None:
    file = send("a.jpg", b"x")
    claim = _claimed(file)
    _let_lease_run_out(file)
    claims.renew(claim)
    assert claims.take(file.pk) is None


def test_a_file_that_kills_its_workers_is_left_alone_and_says_so(send: Send, settings: Any) -> None:
    settings.INTAKE_MAX_LOST_CLAIMS = 3
    file = send("a.jpg", b"x")
    for _ in range(3):
        _claimed(file)
        _let_lease_run_out(file)
    assert claims.take(file.pk) is None
    file.refresh_from_db()
    assert (file.status, file.error_code) == (FileStatus.FAILED, "poison")
    assert file.error_message


def test_trouble_is_tried_again_later_and_not_for_ever(send: Send, settings: Any) -> None:
    settings.INTAKE_MAX_TROUBLES = 2
    file = send("a.jpg", b"x")
    claims.release(_claimed(file), code="storage-unavailable", message="Away.")
    file.refresh_from_db()
    assert file.status == FileStatus.RECEIVED
    assert file.retry_at is not None
    assert claims.take(file.pk) is None, "not before its time"
    BatchFile.objects.filter(pk=file.pk).update(retry_at=timezone.now() - timedelta(seconds=1))
    claims.release(_claimed(file), code="storage-unavailable", message="Away.")
    file.refresh_from_db()
    assert (file.status, file.error_code) == (FileStatus.FAILED, "storage-unavailable")


def test_nothing_is_claimed_in_a_paused_or_unstarted_batch(send: Send, batch: Batch) -> None:
    file = send("a.jpg", b"x")
    transitions.change_batch(batch.pk, paused_at=timezone.now())
    assert claims.take(file.pk) is None
    transitions.change_batch(batch.pk, paused_at=None, started_at=None)
    assert claims.take(file.pk) is None
    transitions.change_batch(batch.pk, started_at=timezone.now())
    assert claims.take(file.pk) is not None


def test_closing_takes_back_what_is_open_and_leaves_what_is_settled(send: Send, batch: Batch) -> None:
    settled, opened = send("a.jpg", b"x"), send("b.jpg", b"y")
    claims.settle(_claimed(settled), FileStatus.FAILED, code="seen")
    taken = transitions.close_batch(batch.pk, BatchStatus.CANCELLED, sources=ON_THE_WAY, code="cancelled")
    assert taken == [opened.pk]
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED
    assert batch.ended_at is not None
    with pytest.raises(Refused) as refused:
        transitions.close_batch(batch.pk, BatchStatus.EXPIRED, sources=ON_THE_WAY, code="expired")
    assert refused.value.code == "batch-ended"


def test_a_batch_ends_with_its_last_file(send: Send, batch: Batch) -> None:
    file = send("a.jpg", b"x")
    batch.refresh_from_db()
    assert (batch.status, batch.ended_at) == (BatchStatus.PROCESSING, None)
    claims.settle(_claimed(file), FileStatus.FAILED, code="seen")
    batch.refresh_from_db()
    assert batch.status == BatchStatus.FAILED
    assert batch.ended_at is not None
