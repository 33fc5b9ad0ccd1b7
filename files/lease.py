"""Keeps a lease alive while its holder lives, and lets it die with the holder."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils import timezone

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


def now() -> datetime:
    """When a long transaction begins, for `hold_all`; SQLite is on one machine, whose clock it has too."""
    return timezone.now()


def hold_all(began: datetime) -> None:
    """Give every lease that lived at `began` its whole length again; call it at the end of a transaction that
    was long.

    SQLite has one writer: who holds a lease could not renew it meanwhile, and would be taken for dead as soon
    as the transaction ends. Asked of every table with leases, so that a new one is not forgotten. Elsewhere
    nobody was kept from renewing, and nothing is done.
    """
    if connection.vendor != "sqlite":
        return
    end = Now() + timedelta(seconds=settings.INTAKE_LEASE_SECONDS)
    for model in apps.get_models():
        if any(each.name == "lease_until" for each in model._meta.get_fields()):  # noqa: SLF001 - Django's way
            model._base_manager.filter(lease_until__gte=began).update(lease_until=end)  # noqa: SLF001


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
