"""The only writer of a roster's status: one guarded update for each move, after the table of states."""

from typing import Any
from uuid import UUID

from django.db.models import F, Q

from patients.models import Roster
from patients.roster_states import RosterStatus, sources_of


def move(roster_id: UUID, to: RosterStatus, *, guard: Q | None = None, **changes: Any) -> bool:
    """Bring a roster to `to` with what changes with it; False when somebody was faster, or it may not."""
    rosters = Roster.objects.filter(guard or Q(), pk=roster_id, status__in=sources_of(to))
    return bool(rosters.update(status=to, version=F("version") + 1, **changes))
