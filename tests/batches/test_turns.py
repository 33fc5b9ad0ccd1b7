"""One worker at a time matches a clinic's files again, and rings never add up to several chains."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from batches import rematch, tasks, turns
from batches.demo import pictures
from batches.models import BatchFile, MatchingTurn
from batches.states import FileStatus
from clinics.models import Clinic
from tests import factories
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

NAMED = "3000009997_Pereda Ríos_Luz.jpg"


def _pass(clinic: Clinic, column: str) -> None:
    """Let the lease, or the ticket, run out."""
    MatchingTurn.objects.filter(clinic=clinic).update(**{column: timezone.now() - timedelta(seconds=1)})


def test_a_ring_that_finds_somebody_at_it_makes_them_look_once_more(clinic: Clinic) -> None:
    first = turns.begin(clinic.pk)
    assert first is not None
    assert turns.begin(clinic.pk) is None
    ticket = turns.end(first, has_more=False)
    assert ticket is not None
    again = turns.begin(clinic.pk, ticket)
    assert again is not None
    assert turns.end(again, has_more=False) is None, "nobody has rung since"


def test_only_the_message_that_goes_on_goes_on_until_it_is_taken_for_lost(clinic: Clinic) -> None:
    first = turns.begin(clinic.pk)
    assert first is not None
    ticket = turns.end(first, has_more=True)
    assert ticket is not None
    assert turns.begin(clinic.pk) is None
    assert turns.begin(clinic.pk, UUID(int=7)) is None
    _pass(clinic, "ticket_until")
    assert turns.begin(clinic.pk) is not None
    assert turns.begin(clinic.pk, ticket) is None, "it came after all, and somebody is at it"


def test_the_turn_of_a_dead_worker_runs_out_and_it_notices_when_it_was_only_asleep(clinic: Clinic) -> None:
    asleep = turns.begin(clinic.pk)
    assert asleep is not None
    _pass(clinic, "until")
    other = turns.begin(clinic.pk)
    assert other is not None
    asleep.renewed -= 60
    assert not turns.keep(asleep)
    assert turns.end(asleep, has_more=True) is None
    other.renewed -= 60
    assert turns.keep(other)


def test_clinics_do_not_wait_for_each_other(clinic: Clinic, other_clinic: Clinic) -> None:
    assert turns.begin(clinic.pk) is not None
    assert turns.begin(other_clinic.pk) is not None


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is rung for, in the order of the queue."""
    queue: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks.match_again, "apply_async", lambda *, args, **_: queue.append(args))
    return queue


def test_many_rings_leave_one_chain_that_ends(
    send: Send, clinic: Clinic, messages: list[tuple[str, ...]], settings: object
) -> None:
    files = [send(f"{n}/{NAMED}", pictures.photograph(n, None), walk=True) for n in range(3)]
    settings.INTAKE_MATCH_AGAIN_SECONDS = -1  # type: ignore[attr-defined]  # one file each time
    factories.make_patient(clinic, "3000009997", "Pereda Ríos", "Luz")
    for _ in range(5):
        tasks.send_match_again(clinic.pk)
    taken = 0
    while messages:
        tasks.match_again(*messages.pop(0))
        taken += 1
    assert taken <= 5 + len(files)
    assert {file.status for file in BatchFile.objects.all()} == {FileStatus.COMPLETED}
    assert rematch.due_clinics() == []


def test_whoever_lost_the_turn_stops(send: Send, clinic: Clinic) -> None:
    send(NAMED, pictures.photograph(1, None), walk=True)
    factories.make_patient(clinic, "3000009997", "Pereda Ríos", "Luz")
    assert not rematch.match_clinic_again(clinic.pk, seconds=60, may_go_on=lambda: False)
    assert BatchFile.objects.get().status == FileStatus.REVIEW
