"""`manage.py demo_clinic`: the clinic that a first visitor signs in to."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from batches.demo.clinic import make_clinic


class Command(BaseCommand):
    """Make the demonstration clinic where no clinic is, and say who can sign in."""

    help = "Make a demonstration clinic with 200 patients and four users, unless there is a clinic already."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one line a user; nothing else is needed to sign in."""
        passwords = make_clinic(Path(settings.INTAKE_HOME) / "demo-users.json")
        for name, password in passwords.items():
            self.stdout.write(f"{name:<10} {password}")
