"""The Celery entries of rosters: each speaks queue; messages carry identifiers, never names."""

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from patients.rosters import road

log = logging.getLogger(__name__)


@dataclass
class _Bell:
    """Until when (monotonic seconds) this process does not ring."""

    quiet_until: float = 0.0


_bell = _Bell()


@shared_task(
    ignore_result=True,
    soft_time_limit=settings.INTAKE_ROSTER_SECONDS,
    time_limit=settings.INTAKE_ROSTER_SECONDS + 30,
)
def work_on_roster(roster_id: str) -> None:
    """Read, apply or take back one roster. Half a million rows take longer than a message stays with a
    worker: one that comes a second time meanwhile finds the claim taken.
    """
    road.work_on(UUID(roster_id))


@shared_task
def resend_rosters() -> int:
    """Send again what waits without a living claim: the database is the queue of record."""
    waiting = road.lost()
    for roster_id in waiting:
        send(roster_id)
    return len(waiting)


def send(roster_id: UUID) -> None:
    """Ring for a roster; when the broker is away, the sweep rings again."""
    if time.monotonic() < _bell.quiet_until:
        return
    try:
        work_on_roster.apply_async(args=(str(roster_id),), queue="normal", retry=False)
    except OperationalError as error:
        _bell.quiet_until = time.monotonic() + settings.INTAKE_BELL_PAUSE_SECONDS
        log.warning("broker away, rosters wait type=%s", type(error).__name__)
