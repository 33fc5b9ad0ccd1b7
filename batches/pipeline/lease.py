"""Keeps a claim alive while its worker lives, and lets it die with the worker."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from batches import claims
from batches.claims import Claim

log = logging.getLogger(__name__)


@contextmanager
def keep_claim(claim: Claim) -> Iterator[None]:
    """Renew the lease every [5] seconds for as long as the block runs; a file that is quick never renews."""
    done = threading.Event()
    keeper = threading.Thread(target=_renew_until, args=(done, claim), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _renew_until(done: threading.Event, claim: Claim) -> None:
    try:
        while not done.wait(settings.INTAKE_LEASE_RENEW_SECONDS):
            _renew(claim)
    finally:
        connection.close()


def _renew(claim: Claim) -> None:
    try:
        claims.renew(claim)
    except DatabaseError as error:
        # The lease is longer than several of these; if the database stays away, the claim ends by itself.
        log.warning("lease not renewed file=%s type=%s", claim.file.pk, type(error).__name__)
