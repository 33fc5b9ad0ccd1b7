"""Tells the workers that passages wait for their vectors, as soon as that is committed."""

import logging
import time
from dataclasses import dataclass

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


@dataclass
class _Bell:
    """Until when (monotonic seconds) one ring of this process speaks for all that follow."""

    quiet_until: float = 0.0


_bell = _Bell()


def ring_on_commit() -> None:
    """Ring once the transaction is committed. Who is not heard is found by the sweep, a minute later."""
    transaction.on_commit(ring)


def ring(*, again: bool = False) -> None:
    """Ring, unless that was done a moment ago; `again` is for the worker that has more to do."""
    now = time.monotonic()
    if now < _bell.quiet_until and not again:
        return
    _bell.quiet_until = now + settings.INTAKE_EMBEDDING_BELL_SECONDS
    try:
        # A moment later: what the files after this one bring is then read in the same go.
        current_app.send_task(
            "documents.tasks.embed_waiting",
            queue="bulk",
            countdown=0 if again else settings.INTAKE_EMBEDDING_BELL_SECONDS,
            retry=False,
        )
    except OperationalError as error:
        log.warning("broker away, the sweep will read passages type=%s", type(error).__name__)
