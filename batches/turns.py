"""Whose turn it is to match a clinic's files again: one worker at a time, and one message that goes on.

A ring that finds somebody at it, or finds that the next message is on its way, leaves a note and ends; so
rings never add up to several chains. Whatever is lost runs out, and the sweep rings again.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from batches.models import MatchingTurn

_TICKET_HOLDS = timedelta(minutes=5)  # a bulk queue can be long; after that its message is taken for lost


@dataclass
class Turn:
    """The right to match one clinic's files again, kept by a lease."""

    clinic_id: UUID
    holder: UUID
    renewed: float = field(default_factory=time.monotonic)


def begin(clinic_id: UUID, ticket: UUID | None = None) -> Turn | None:
    """Take the turn, by the `ticket` of the message that goes on or without one; None when it is another's.

    Whoever has it then looks once more at the end.
    """
    MatchingTurn.objects.get_or_create(clinic_id=clinic_id)
    rows, turn = MatchingTurn.objects.filter(clinic=clinic_id), Turn(clinic_id, uuid4())
    is_free = Q(until=None) | Q(until__lt=Now())
    is_next = Q(ticket=None) | Q(ticket_until__lt=Now())
    is_ours = is_next | Q(ticket=ticket) if ticket is not None else is_next
    taken = {"holder": turn.holder, "until": _lease_end(), "asked": False, "ticket": None}
    for _ in range(2):  # who held it may end just between the two updates
        if rows.filter(is_free, is_ours).update(**taken):
            return turn
        if rows.exclude(is_free).update(asked=True) or rows.exclude(is_ours).exists():
            return None
    return None


def keep(turn: Turn) -> bool:
    """Hold it for another lease; False when it was lost, because this worker stood still for too long."""
    if time.monotonic() - turn.renewed < settings.INTAKE_LEASE_RENEW_SECONDS:
        return True
    turn.renewed = time.monotonic()
    return bool(_held(turn).update(until=_lease_end()))


def end(turn: Turn, *, has_more: bool) -> UUID | None:
    """Give it up; a ticket for the message that goes on, where more is to do or somebody has asked."""
    if not has_more and (_held(turn).filter(asked=False).update(until=None, holder=None)):
        return None
    ticket = uuid4()
    given = {"ticket": ticket, "ticket_until": Now() + _TICKET_HOLDS}
    is_given = _held(turn).update(until=None, holder=None, asked=False, **given)
    return ticket if is_given else None


def _held(turn: Turn) -> Any:
    return MatchingTurn.objects.filter(clinic=turn.clinic_id, holder=turn.holder)


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.INTAKE_LEASE_SECONDS)
