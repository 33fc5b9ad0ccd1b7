"""Leases beside a database that one writer held for long: who could not renew is not taken for dead."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.utils import timezone

from batches import claims
from batches.models import Batch, BatchFile
from batches.pipeline import run, steps
from batches.states import FileStatus
from clinics.models import User
from files import lease
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(clinician: User) -> BatchFile:
    batch: Batch = factories.make_batch(clinician)
    return factories.send_file(batch, "unknown.jpg", factories.tiny_jpeg(1))


def lease_ended(file: BatchFile, *, seconds_ago: float) -> None:
    end = timezone.now() - timedelta(seconds=seconds_ago)
    BatchFile.objects.filter(pk=file.pk).update(lease_until=end)


def test_who_lived_when_a_long_transaction_began_lives_when_it_ends(file: BatchFile) -> None:
    claim = claims.take(file.pk)
    assert claim is not None
    lease_ended(file, seconds_ago=30)
    lease.hold_all(began=timezone.now() - timedelta(seconds=60))
    taken_over = claims.take(file.pk) is not None
    if connection.vendor == "sqlite":
        assert not taken_over
        assert BatchFile.objects.get(pk=file.pk).lost_claims == 0
    else:
        assert taken_over, "there nobody was kept from renewing"


def test_who_was_dead_before_it_began_stays_dead(file: BatchFile) -> None:
    assert claims.take(file.pk) is not None
    lease_ended(file, seconds_ago=90)
    lease.hold_all(began=timezone.now() - timedelta(seconds=60))
    assert claims.take(file.pk) is not None
    assert BatchFile.objects.get(pk=file.pk).lost_claims == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_locked_costs_a_file_nothing(
    file: BatchFile, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INTAKE_TROUBLE_DELAY_SECONDS = 0
    real, failures = claims.release, iter([OperationalError("database is locked")] * 4)

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    def locked_at_first(*arguments: object, **named: object) -> None:
        for failure in failures:
            raise failure
        real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(steps, "settle", locked)
    monkeypatch.setattr(claims, "release", locked_at_first)
    run.process(file.pk)
    row = BatchFile.objects.get(pk=file.pk)
    assert (row.status, row.lease_until, row.lost_claims) == (FileStatus.RECEIVED, None, 0)
