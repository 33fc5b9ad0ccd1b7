"""Tells the workers that pages of a document wait to be recognised, as soon as that is committed."""

import logging
from functools import partial
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring_on_commit(document_id: UUID) -> None:
    """Ring once the transaction is committed. Whoever is not heard is found by the sweep, a minute later."""
    transaction.on_commit(partial(ring, document_id))


def ring(document_id: UUID) -> None:
    """Ring in the last of the queues: recognition takes seconds a page, and filing goes first.

    A message that nobody has heard within the sweep's time has expired, because the sweep rings again.
    """
    task: str = settings.INTAKE_READING_TASK
    expires = settings.INTAKE_OCR_SWEEP_SECONDS
    try:
        current_app.send_task(task, args=(str(document_id),), queue="bulk", retry=False, expires=expires)
    except OperationalError as error:
        log.warning("broker away, the sweep will read pages again type=%s", type(error).__name__)
