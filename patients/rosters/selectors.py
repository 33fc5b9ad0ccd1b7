"""Questions about a clinic's rosters, for pages and programs."""

from django.db.models import Count

from clinics.models import Clinic
from patients.models import Roster
from patients.roster_models import RosterQuerySet
from patients.roster_states import RosterStatus


def of_status(clinic: Clinic, status: str = "") -> RosterQuerySet:
    """The clinic's rosters, the newest first."""
    rosters = Roster.objects.of(clinic).select_related("clinic", "created_by", "wanted_by", "undone_by")
    return rosters.filter(status=status) if status else rosters


def roster_counts(clinic: Clinic) -> dict[str, int]:
    """How many rosters of the clinic stand where."""
    found = dict(Roster.objects.of(clinic).order_by().values_list("status").annotate(Count("pk")))
    return {status.value: found.get(status.value, 0) for status in RosterStatus}
