"""Keeps a lease alive while its holder lives, and lets it die with the holder."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

log = logging.getLogger(__name__)


@contextmanager
def kept(renew: Callable[[], object], *, what: str) -> Iterator[None]:
    """Call `renew` every [5] seconds, in a thread with a connection of its own, while the block runs.

    `what` names the thing held in the log, by its kind and identifier. Work that is quick never renews.
    """
    done = threading.Event()
    keeper = threading.Thread(target=_renew_until, args=(done, renew, what), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _renew_until(done: threading.Event, renew: Callable[[], object], what: str) -> None:
    try:
        while not done.wait(settings.INTAKE_LEASE_RENEW_SECONDS):
            _renew(renew, what)
    finally:
        connection.close()


def _renew(renew: Callable[[], object], what: str) -> None:
    try:
        renew()
    except DatabaseError as error:
        # The lease is longer than several of these; if the database stays away, the claim ends by itself.
        log.warning("lease not renewed %s type=%s", what, type(error).__name__)
