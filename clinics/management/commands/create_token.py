"""`manage.py create_token`: a bearer token for a script or a device; its text alone is the last line."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinics import audit
from clinics.access import CAPTURE, IMPORT, MANAGE, PERMISSIONS, REVIEW, VIEW
from clinics.models import Membership, User
from clinics.tokens import create_token

_SCOPES = (CAPTURE, IMPORT, MANAGE, REVIEW, VIEW)


class Command(BaseCommand):
    """Makes a token that can do what its user can do in one clinic, or the part that the scopes name."""

    help = (
        "Make a bearer token for the REST interface; it is the last line of the output, and not shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, for what, where and how long."""
        parser.add_argument("--user", required=True, help="Name of the user on whose behalf the token acts.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=_SCOPES,
            default=[],
            help="Permission to grant; may be repeated. Without it, all that the user may do.",
        )
        parser.add_argument(
            "--clinic", default="", help="Slug of the clinic; needed where the user has several."
        )
        parser.add_argument("--days", type=int, help="Days until the token ends. Without it, it never does.")
        parser.add_argument("--name", default="", help="What it is for, as the account page shows it.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError with a sentence when the token could not do what is asked."""
        membership = _membership(options["user"], options["clinic"])
        _refuse_excess(membership, options["scope"])
        text = create_token(
            membership.user,
            membership.clinic,
            name=options["name"],
            scopes=options["scope"],
            expires_at=_end(options["days"]),
        )
        audit.record(
            "token-created", clinic=membership.clinic, actor=membership.user, scopes=options["scope"]
        )
        self.stdout.write(
            f"A token of {membership.user} for {membership.clinic.slug}; it is not shown again:"
        )
        self.stdout.write(text)


def _membership(username: str, slug: str) -> Membership:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {username}. Check the name.")
    memberships = Membership.objects.filter(user=user).select_related("clinic", "user")
    found = [each for each in memberships if slug in {"", each.clinic.slug}]
    if not found:
        where = f"the clinic {slug}" if slug else "any clinic"
        raise CommandError(f"{username} is not a member of {where}. Add a membership first.")
    if len(found) > 1:
        slugs = ", ".join(sorted(each.clinic.slug for each in found))
        raise CommandError(f"{username} is a member of {slugs}. Name one with --clinic.")
    return found[0]


def _refuse_excess(membership: Membership, scopes: list[str]) -> None:
    excess = sorted(set(scopes) - PERMISSIONS[membership.role])
    if excess:
        role = membership.get_role_display()
        raise CommandError(f"{membership.user} is a {role} here and may not {', '.join(excess)}.")


def _end(days: int | None) -> Any:
    if days is None:
        return None
    if days < 1:
        raise CommandError(f"--days is {days}; a token must live for at least one day.")
    return timezone.now() + timedelta(days=days)
