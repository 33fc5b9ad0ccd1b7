"""`manage.py import_roster FILE`: brings the directory up to a roster, or says what that would do."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinics.models import Clinic
from files.errors import Refused
from patients.list_file import ListFile, read_list
from patients.roster import RosterResult, apply_roster, plan_roster

_LINES_SHOWN = 20


class Command(BaseCommand):
    """One transaction: all of the roster that can be applied, or nothing."""

    help = (
        "Read a list of patients (CSV, vCard, XLS, XLSX or ODS: record number, surnames, names, birth date, "
        "sex; headers in Spanish or English) and add or change them in the directory. Nobody is removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whose directory it is."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--clinic", help="its slug; needed where there are several")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read in the sandbox, then plan or apply."""
        clinic = _clinic(options["clinic"])
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file. Name the file that holds the roster.")
        with TemporaryDirectory(prefix="intake-roster-") as folder:
            try:
                listing = read_list(path.absolute(), Path(folder), name=path.name)
                result = _result(clinic, listing, is_dry_run=options["dry_run"])
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
        self._tell(listing, result, is_dry_run=options["dry_run"])

    def _tell(self, listing: ListFile, result: RosterResult, *, is_dry_run: bool) -> None:
        refused = sorted([*listing.told, *result.refused])
        number = listing.refused + len(result.refused)
        self.stdout.write(
            f"{result.added} added, {result.changed} changed, {result.unchanged} unchanged, {number} refused"
            + (" (nothing was written)" if is_dry_run else "")
        )
        for line, why in refused[:_LINES_SHOWN]:
            self.stdout.write(f"line {line}: {why}")
        if number > _LINES_SHOWN:
            self.stdout.write(f"and {number - _LINES_SHOWN} lines more")


def _result(clinic: Clinic, listing: ListFile, *, is_dry_run: bool) -> RosterResult:
    if listing.is_mapping:
        raise Refused("list-not-understood", "This list says which file is whose. It is no roster.")
    return plan_roster(clinic, listing).result if is_dry_run else apply_roster(clinic, listing, actor=None)


def _clinic(slug: str | None) -> Clinic:
    clinics = list(Clinic.objects.filter(slug=slug) if slug else Clinic.objects.all()[:2])
    if len(clinics) != 1:
        slugs = ", ".join(Clinic.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"Name one clinic by --clinic. Clinics here: {slugs}.")
    return clinics[0]
