"""`manage.py demo`: a realistic folder for a visitor to drop."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.demo.clinic import SLUG, make_clinic
from batches.demo.folder import DemoFile, write_folder
from patients.models import Patient


class Command(BaseCommand):
    """Write the demonstration folder and say where it is."""

    help = "Write a folder of 60 pictures, letters, copies and broken files to try the product with."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to write it."""
        default = str(Path(settings.INTAKE_HOME) / "demo-folder")
        parser.add_argument("path", nargs="?", default=default, help=f"the folder to write [{default}]")
        parser.add_argument("--json", action="store_true", help="one JSON line a file: where it should end")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Needs the demonstration clinic, because the names of the files are its patients'."""
        make_clinic(Path(settings.INTAKE_HOME) / "demo-users.json")
        patients = list(Patient.objects.filter(clinic__slug=SLUG).order_by("mrn"))
        if not patients:
            raise CommandError(
                "This installation has clinics of its own; the demonstration needs an empty one."
            )
        target = Path(options["path"]).absolute()
        files = write_folder(target, patients)
        if options["json"]:
            self._list(files)
        else:
            self._summary(target, Counter(str(file.status) for file in files))

    def _list(self, files: list[DemoFile]) -> None:
        for file in files:
            mrn = file.patient.mrn if file.patient else None
            self.stdout.write(json.dumps({"path": file.path, "status": str(file.status), "patient": mrn}))

    def _summary(self, target: Path, expected: Counter[str]) -> None:
        self.stdout.write(f"{expected.total()} files are in {target}")
        for status, number in expected.most_common():
            self.stdout.write(f"  {number:>3} should end as {status}")
        self.stdout.write("Sign in, open New batch, and drop the folder on the page.")
