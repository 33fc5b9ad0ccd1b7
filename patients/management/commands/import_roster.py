"""`manage.py import_roster FILE`: brings the directory up to a roster, or says what that would do."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from clinics.models import Clinic
from files.errors import Refused, Trouble
from patients.models import Roster
from patients.roster_actions import Sent, apply_roster, receive_roster
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import lines, road

_LINES_SHOWN = 20
_BLOCK_BYTES = 1 << 20
_PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    """The same road as a list that comes by the browser, walked here; one transaction applies it."""

    help = (
        "Read a list of patients (record number, surnames, names, birth date, sex; headers in Spanish or "
        "English) and add or change them in the directory. Nobody is removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, whose directory it is, and how it is meant."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--clinic", help="its slug; needed where there are several")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing; see Rosters"
        )
        parser.add_argument(
            "--column",
            action="append",
            metavar="N=FIELD",
            help="what a column holds, counted from 0 (for example 0=mrn); several times, for all that count",
        )
        parser.add_argument(
            "--leave-out-duplicates",
            action="store_true",
            help="leave out who looks like a patient under another number",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Take the file in, and do a worker's part until it waits for nobody."""
        clinic = _clinic(options["clinic"])
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file. Name the list that holds the roster.")
        try:
            roster = self._take_in(clinic, path, options)
            if not options["dry_run"] and _has_news(roster):
                apply_roster(roster=roster, actor=None, leave_out_duplicates=options["leave_out_duplicates"])
                roster = _worked_on(roster.pk)
        except (Refused, Trouble) as error:
            raise CommandError(str(error)) from error
        self._tell(roster, is_dry_run=options["dry_run"])

    def _take_in(self, clinic: Clinic, path: Path, options: dict[str, Any]) -> Roster:
        mapping = _mapping(options["column"]) if options["column"] else None
        sent = Sent(name=path.name, chunks=_blocks(path), mapping=mapping)
        roster = receive_roster(clinic=clinic, sent=sent, actor=None, ring=lambda _: None)
        return _worked_on(roster.pk)

    def _tell(self, roster: Roster, *, is_dry_run: bool) -> None:
        counts = roster.counts
        number = counts[Outcome.REFUSED]
        self.stdout.write(
            f"{counts['added']} added, {counts['changed']} changed, {counts['unchanged']} unchanged, "
            f"{number} refused" + (" (nothing was written)" if is_dry_run else "")
        )
        if counts["duplicates"]:
            self.stdout.write(f"{counts['duplicates']} look like patients under another number; see Rosters")
        if counts.get("differences"):
            self.stdout.write(f"{counts['differences']} came out otherwise than they were shown")
        for some in lines.in_order(roster, at_once=_LINES_SHOWN, only=Q(outcome=Outcome.REFUSED)):
            for line in some:
                self.stdout.write(f"line {line.line}: {line.why}")
            break
        if number > _LINES_SHOWN:
            self.stdout.write(f"and {number - _LINES_SHOWN} lines more")


def _has_news(roster: Roster) -> bool:
    return bool(roster.counts["added"] + roster.counts["changed"])


def _worked_on(roster_id: UUID) -> Roster:
    """The roster when nothing is left to do with it; a worker may be quicker than we. Raises Refused with the
    reason of one that failed.
    """
    while True:
        road.work_on(roster_id)
        roster = Roster.objects.select_related("clinic").get(pk=roster_id)
        if roster.status == RosterStatus.FAILED:
            raise Refused(roster.error_code, roster.error_message)
        if not roster.is_busy:
            return roster
        time.sleep(_PAUSE_SECONDS)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _mapping(columns: list[str]) -> dict[str, str]:
    pairs = (column.partition("=") for column in columns)
    return {number.strip(): field.strip() for number, _, field in pairs}


def _clinic(slug: str | None) -> Clinic:
    clinics = list(Clinic.objects.filter(slug=slug) if slug else Clinic.objects.all()[:2])
    if len(clinics) != 1:
        slugs = ", ".join(Clinic.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"Name one clinic by --clinic. Clinics here: {slugs}.")
    return clinics[0]
