"""What lists that were applied later say of the same patients: taking one back leaves what another says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from patients.models import Roster, RosterRow
from patients.roster_states import STANDING, Outcome
from patients.rosters.judging import FIELDS

_CONFIRMS = (Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED)
_ROWS_AT_ONCE = 5_000
_BITS: Mapping[str, int] = {name: 1 << at for at, name in enumerate(FIELDS)}
_WIDTH = len(FIELDS)


@dataclass(slots=True)
class LaterLists:
    """Which patients of a roster later ones have a row for, and which fields that row fills; half a million
    patients take some hundred megabytes.
    """

    names: list[str] = field(default_factory=list)
    # The place of the list in `names`, and the bits of the fields.
    _found: dict[UUID, int] = field(default_factory=dict)

    def add(self, patient_id: UUID, at: int, values: Sequence[object]) -> None:
        """Note the row of the list at this place; of several lists the newest is named."""
        known = self._found.get(patient_id, 0) & ((1 << _WIDTH) - 1)
        filled = sum(bit for bit, value in zip(_BITS.values(), values, strict=True) if value)
        self._found[patient_id] = at << _WIDTH | known | filled

    def name_for(self, patient_id: UUID | None) -> str | None:
        """The list that has this patient as well."""
        found = self._found.get(patient_id) if patient_id else None
        return self.names[found >> _WIDTH] if found is not None else None

    def confirms(self, patient_id: UUID | None, name: str) -> bool:
        """Does a later list say this field too? That somebody is not provisional each of them says."""
        found = self._found.get(patient_id) if patient_id else None
        return found is not None and (name not in _BITS or bool(found & _BITS[name]))


def later_lists(roster: Roster) -> LaterLists:
    """What is known of the roster's patients from lists that were applied after it, and still are."""
    found = LaterLists()
    later = Roster.objects.of(roster.clinic).filter(status__in=STANDING, applied_at__gt=roster.applied_at)
    for at, each in enumerate(later.order_by("applied_at", "pk")):
        found.names.append(each.name)
        for patient_id, *values in _rows(each, roster):
            found.add(patient_id, at, values)
    return found


def _rows(later: Roster, roster: Roster) -> Iterator[Sequence[UUID]]:
    written = RosterRow.objects.filter(roster=roster, outcome__in=[Outcome.ADDED, Outcome.CHANGED])
    rows = RosterRow.objects.filter(
        roster=later, outcome__in=_CONFIRMS, patient__in=written.order_by().values("patient")
    )
    return rows.order_by().values_list("patient_id", *FIELDS).iterator(chunk_size=_ROWS_AT_ONCE)
