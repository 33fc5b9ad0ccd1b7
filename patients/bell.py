"""Tells whoever matches files that a directory has changed, as soon as that is committed."""

import logging
import time
from functools import partial
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

_quiet_until: dict[UUID, float] = {}  # monotonic seconds: one ring speaks for all that follow within a moment


def ring_on_commit(clinic_id: UUID) -> None:
    """Ring once the transaction is committed. Whoever is not heard is found by the sweep, a minute later."""
    transaction.on_commit(partial(_ring, clinic_id))


def _ring(clinic_id: UUID) -> None:
    now = time.monotonic()
    if now < _quiet_until.get(clinic_id, 0.0):
        return
    _quiet_until[clinic_id] = now + settings.INTAKE_DIRECTORY_BELL_SECONDS
    task: str = settings.INTAKE_DIRECTORY_TASK
    try:
        current_app.send_task(task, args=(str(clinic_id),), queue="bulk", retry=False)
    except OperationalError as error:
        log.warning("broker away, the sweep will match again type=%s", type(error).__name__)
