"""`manage.py doctor`: says what is wrong with this installation, and the cure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.diagnosis import Finding, examine


class Command(BaseCommand):
    """Looks at everything an installation needs; ends with code 1 when something needs a person."""

    help = "Say what is wrong with this installation, and the cure."
    requires_system_checks = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each thing looked at. Raises CommandError when one of them is not well."""
        unwell = 0
        for finding in examine():
            self.show(finding)
            unwell += not finding.is_well
        if unwell:
            raise CommandError(f"{unwell} of these need you; the cures stand beside them.", returncode=1)
        self.stdout.write(self.style.SUCCESS("All is well."))

    def show(self, finding: Finding) -> None:
        """`ok  database: sqlite, up to date`, or the same with `--` and the cure below."""
        mark = self.style.SUCCESS("ok") if finding.is_well else self.style.ERROR("--")
        self.stdout.write(f"{mark}  {finding.subject}: {finding.says}")
        if finding.cure:
            self.stdout.write(f"      {finding.cure}")
