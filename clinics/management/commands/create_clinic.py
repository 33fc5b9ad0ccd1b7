"""`manage.py create_clinic`: a new tenant, with its first administrator if one is named."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.db import transaction

from clinics import audit
from clinics.models import Clinic, Membership, Role, User


class Command(BaseCommand):
    """Makes a clinic with the default limits; the admin changes them."""

    help = "Make a clinic. Its limits and its matching policy are changed in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        """What it is called, where it is, and who runs it."""
        parser.add_argument("slug", help="Short name for commands and addresses, such as san-rafael.")
        parser.add_argument("name", help="Name as people write it.")
        parser.add_argument("--time-zone", default="UTC", help="Such as America/Mexico_City.")
        parser.add_argument("--language", default="en", choices=[code for code, _ in settings.LANGUAGES])
        parser.add_argument("--admin", default="", help="Name of a user who becomes its administrator.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError with a sentence when something does not fit; then nothing was made."""
        _check(options["slug"], options["time_zone"])
        admin = _user(options["admin"])
        with transaction.atomic():
            clinic = Clinic.objects.create(
                slug=options["slug"],
                name=options["name"],
                time_zone=options["time_zone"],
                language=options["language"],
            )
            if admin is not None:
                Membership.objects.create(user=admin, clinic=clinic, role=Role.ADMIN)
            audit.record("clinic-created", clinic=clinic, actor=None, target=clinic)
        self.stdout.write(f"Clinic {clinic.slug} is ready. Next: add members in the admin, then a token.")


def _check(slug: str, time_zone: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise CommandError(f"{slug} is no slug: letters, digits, - and _ only.") from error
    if Clinic.objects.filter(slug=slug).exists():
        raise CommandError(f"There is a clinic {slug} already. Choose another slug.")
    if time_zone not in available_timezones():
        raise CommandError(
            f"{time_zone} is no time zone that this machine knows. Try one such as Europe/Madrid."
        )


def _user(username: str) -> User | None:
    if not username:
        return None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {username}. Make one first: manage.py createsuperuser.")
    return user
