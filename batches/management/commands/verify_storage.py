"""`manage.py verify_storage`: bytes that no row names, and rows without their bytes."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.verification import Verified, verify

_USUAL_HOURS, _FEWEST_HOURS = 24, 1
_SHOWN = 20


class Command(BaseCommand):
    """Compares storage with the database; ends with code 1 when a row has lost its bytes."""

    help = "Find stored bytes that no row names (--delete removes old ones), and rows without their bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--delete`, `--older-than`, `--json`."""
        parser.add_argument("--delete", action="store_true", help="remove the bytes that no row names")
        parser.add_argument(
            "--older-than",
            type=float,
            default=_USUAL_HOURS,
            metavar="HOURS",
            help=f"leave younger ones alone (default {_USUAL_HOURS}, at least {_FEWEST_HOURS})",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object with every key and row")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Identifiers and keys only; no name of a person or a file is told."""
        hours = options["older_than"]
        if hours < _FEWEST_HOURS:
            message = (
                f"{hours} h is too young: bytes are stored before their row. Give {_FEWEST_HOURS} or more."
            )
            raise CommandError(message)
        found = verify(older_than=time.time() - hours * 3600, delete=options["delete"])
        self.stdout.write(json.dumps(vars(found)) if options["json"] else _words(found))
        if found.missing:
            raise CommandError(
                f"{len(found.missing)} rows have no bytes. Bring them back from the backup of the storage.",
                returncode=1,
            )


def _words(found: Verified) -> str:
    left = len(found.orphans) - found.removed
    lines = [f"{found.sound} objects are as they must be."]
    if found.removed:
        lines.append(f"{found.removed} objects that no row names were removed.")
    if left:
        lines.append(f"{left} objects are named by no row; --delete removes them.")
        lines += [f"  {key}" for key in found.orphans[:_SHOWN]]
    if found.young:
        lines.append(f"{found.young} objects are named by no row and too young to judge.")
    lines += [f"  no bytes: {kind} {pk}" for kind, pk in found.missing[:_SHOWN]]
    return "\n".join(lines)
