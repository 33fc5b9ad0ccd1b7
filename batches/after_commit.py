"""What is done once a transaction has committed: bells and clean-ups; one that fails stops no other."""

import logging
from collections.abc import Callable
from functools import partial

from django.db import transaction

log = logging.getLogger(__name__)


def after_commit(do: Callable[..., object], *args: object, **options: object) -> None:
    """Call `do` after the commit. The rows are true by then: what is left behind is swept or rung for later.

    Django's own `robust` cannot name a partial, and would raise instead of going on.
    """
    transaction.on_commit(partial(_attempt, do, *args, **options))


def _attempt(do: Callable[..., object], *args: object, **options: object) -> None:
    try:
        do(*args, **options)
    except Exception as error:  # noqa: BLE001 - whatever it was, the others still have to be done
        # The type only: a message could hold an address or a key.
        name = f"{do.__module__}.{do.__qualname__}"
        log.error("after commit failed step=%s type=%s", name, type(error).__name__)  # noqa: TRY400
