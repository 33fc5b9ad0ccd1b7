"""The first step: the list is read in the sandbox, each row compared with the directory and written down."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from files import scratch, staging
from files.errors import FileRejected
from patients.list_file import ListFile, ListRow, read_list
from patients.matcher import today_in
from patients.models import Roster, RosterRow, mrn_key_of
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import claims, judging, lines, look_alikes, mappings, progress
from patients.rosters.claims import Claim
from patients.rosters.judging import Fault
from patients.rosters.lines import ROWS_AT_ONCE, Line


def read(claim: Claim) -> None:
    """Read the roster anew, whatever an earlier attempt has left; READY, or APPLYING where that is wanted.

    Rows are written a few thousand at a time, each under the claim, so that nobody waits long for the
    database, and an attempt that was overtaken leaves nothing.
    """
    roster = claim.roster
    with scratch.folder(roster.pk) as folder:
        progress.tell(roster.pk, "Reading the file")
        listing = _listing(roster, folder)
        if listing.is_mapping:
            message = (
                "This list says which file is whose. It is no roster; drop it with the pictures instead."
            )
            raise FileRejected("list-not-a-roster", message)
        _forget_rows(claim)
        _write_rows(claim, listing)
        look_alikes.mark(claim)
    counts = lines.counts_of(roster)
    claims.settle(
        claim,
        RosterStatus.APPLYING if _is_wanted(roster) else RosterStatus.READY,
        reading=listing.reading,
        counts=counts,
        previewed=counts,
        read_at=timezone.now(),
    )


def _is_wanted(roster: Roster) -> bool:
    """Somebody may have asked while it was being read."""
    return Roster.objects.filter(pk=roster.pk, is_wanted=True).exists()


def _listing(roster: Roster, folder: Path) -> ListFile:
    """The list, by the mapping that was asked for, or one that the clinic once gave for these headers."""
    path = staging.path_of(roster.storage_key)
    listing = read_list(path, folder, roster.mapping)
    if roster.mapping is not None:
        return listing
    columns = listing.reading.get("columns", [])
    known = mappings.remembered(roster.clinic, columns)
    if known is None or known == mappings.mapping_of(columns):
        return listing
    return read_list(path, folder, known)


def _forget_rows(claim: Claim) -> None:
    with transaction.atomic():
        claims.hold(claim)
        RosterRow.objects.filter(roster=claim.roster).delete()


def _write_rows(claim: Claim, listing: ListFile) -> None:
    roster, today = claim.roster, today_in(claim.roster.clinic)
    total, done = listing.rows + listing.refused, 0
    first_lines: dict[str, int] = {}
    rest = iter(listing.lines())
    while some := list(islice(rest, ROWS_AT_ONCE)):
        found = list(_judged(roster, some, first_lines, today))
        with transaction.atomic():
            claims.hold(claim)
            lines.insert(roster, found)
        done += len(some)
        progress.tell(roster.pk, "Comparing with the directory", done, total)


def _judged(
    roster: Roster, some: Iterable[tuple[ListRow, str]], first_lines: dict[str, int], today: date
) -> Iterator[Line]:
    """These lines, each with what it does; those that stand at fault by themselves are not looked up."""
    faulty = [(row, _fault(row, problem, first_lines, today)) for row, problem in some]
    verdicts = iter(judging.judge(roster.clinic, [row for row, fault in faulty if fault is None]))
    for row, fault in faulty:
        verdict = next(verdicts) if fault is None else judging.Verdict(Outcome.REFUSED, fault)
        yield judging.note(_line_of(row), verdict)


def _fault(row: ListRow, problem: str, first_lines: dict[str, int], today: date) -> Fault | None:
    if problem:
        return Fault("not-understood", problem)
    fault = judging.own_fault(row, today)
    if fault is not None:
        return fault
    first = first_lines.setdefault(mrn_key_of(row.mrn), row.line)
    if first != row.line:
        return Fault("number-twice", f"Line {first} has the same record number.")
    return None


def _line_of(row: ListRow) -> Line:
    return Line(
        line=row.line,
        mrn=row.mrn,
        family_name=row.family_name or row.whole_name,
        given_names=row.given_names,
        suffix=row.suffix,
        birth_date=row.birth_date,
        sex=row.sex,
    )
