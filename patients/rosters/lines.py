"""A roster's rows on their way into the database and out of it: in the order of the file, many at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from patients import bulk
from patients.models import Roster, RosterRow
from patients.roster_states import Outcome

ROWS_AT_ONCE = 5_000
_FIELDS = (
    *("line", "mrn", "family_name", "given_names", "suffix", "birth_date", "sex"),
    *("outcome", "code", "why", "patient_id", "look_alike_id", "before"),
)
_VALUES = attrgetter(*_FIELDS)
_COLUMNS = ("roster", *(name.removesuffix("_id") for name in _FIELDS), "kept")
_REWRITE = (
    "UPDATE patients_rosterrow SET outcome = %s, code = %s, why = %s, patient_id = %s, before = %s "
    "WHERE roster_id = %s AND line = %s"
)
_MARK = "UPDATE patients_rosterrow SET look_alike_id = %s WHERE roster_id = %s AND line = %s"
_KEEP = "UPDATE patients_rosterrow SET kept = %s WHERE roster_id = %s AND line = %s"


@dataclass(slots=True)
class Line:
    """One row as plain values; see `RosterRow`."""

    line: int
    mrn: str
    family_name: str
    given_names: str
    suffix: str
    birth_date: date | None
    sex: str
    outcome: str = Outcome.REFUSED
    code: str = ""
    why: str = ""
    patient_id: UUID | None = None
    look_alike_id: UUID | None = None
    before: dict[str, Any] | None = None


def insert(roster: Roster, lines: Iterable[Line]) -> None:
    """Write rows that are not there yet; call it in a transaction."""
    bulk.insert(RosterRow, _COLUMNS, ((roster.pk, *_VALUES(line), "") for line in lines))


def rewrite(roster: Roster, lines: Iterable[Line]) -> None:
    """Write what a row does after all, where it is another thing than was planned."""
    rows = ((x.outcome, x.code, x.why, x.patient_id, x.before, roster.pk, x.line) for x in lines)
    bulk.write(_REWRITE, rows)


def mark_look_alikes(roster: Roster, found: Iterable[tuple[int, UUID]]) -> None:
    """Write whom each of these lines may be."""
    bulk.write(_MARK, ((patient_id, roster.pk, line) for line, patient_id in found))


def keep(roster: Roster, reasons: Iterable[tuple[int, str]]) -> None:
    """Write why an undo leaves these lines as they are."""
    bulk.write(_KEEP, ((why, roster.pk, line) for line, why in reasons))


def in_order(roster: Roster, *, at_once: int = ROWS_AT_ONCE, only: Q | None = None) -> Iterator[list[Line]]:
    """The roster's rows by line, that many at a time."""
    rows = RosterRow.objects.filter(only or Q(), roster=roster).order_by("line")
    last = -1
    while some := [Line(*values) for values in rows.filter(line__gt=last).values_list(*_FIELDS)[:at_once]]:
        last = some[-1].line
        yield some


def counts_of(roster: Roster) -> dict[str, int]:
    """How many rows there are of each outcome, and how many may be somebody under another number."""
    rows = RosterRow.objects.filter(roster=roster).order_by()
    found = dict(rows.values_list("outcome").annotate(Count("pk")))
    numbers = {outcome.value: found.get(outcome.value, 0) for outcome in Outcome}
    duplicates = rows.filter(look_alike__isnull=False).count()
    return {"rows": sum(numbers.values()), **numbers, "duplicates": duplicates}


def chosen(roster: Roster, *, outcome: str = "", text: str = "") -> QuerySet[RosterRow]:
    """The rows of one outcome (`duplicate` and `kept` among them) of which every word of `text` is part."""
    rows = RosterRow.objects.filter(_of_outcome(outcome), roster=roster)
    for word in text.replace("\0", " ").split()[:12]:
        in_name = Q(family_name__icontains=word) | Q(given_names__icontains=word)
        rows = rows.filter(in_name | Q(mrn__istartswith=word))
    return rows.select_related("patient", "look_alike").order_by("line")


def _of_outcome(outcome: str) -> Q:
    if outcome == "duplicate":
        return Q(look_alike__isnull=False)
    if outcome == "kept":
        return Q(outcome__in=[Outcome.ADDED, Outcome.CHANGED], kept__gt="")
    return Q(outcome=outcome) if outcome else Q()
