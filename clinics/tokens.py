"""Bearer tokens for scripts and devices: made once, kept as a digest, checked on every call."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from clinics.models import ApiToken, Clinic, User

_PREFIX = "intake_"
_LAST_USED_EVERY = timedelta(minutes=1)


def create_token(
    user: User,
    clinic: Clinic,
    *,
    name: str = "",
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a token and return its text, which is not kept: 256 bits, so a plain SHA-256 is digest enough."""
    text = _PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        clinic=clinic,
        name=name,
        prefix=text[: len(_PREFIX) + 4],
        digest=digest_of(text),
        scopes=scopes or [],
        expires_at=expires_at,
    )
    return text


def digest_of(text: str) -> str:
    """What is stored in place of the token: SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer intake_…`; no cookie is involved, so no CSRF check is needed."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user, or None where no bearer token is sent; a bad one is refused (401)."""
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _living_token(text.strip().decode("latin-1"))
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        del request
        return "Bearer"


def _living_token(text: str) -> ApiToken:
    token = (
        ApiToken.objects.select_related("user", "clinic")
        .filter(digest=digest_of(text), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if token is None or (token.expires_at and token.expires_at < timezone.now()):
        raise AuthenticationFailed(
            "This token is unknown, expired or revoked. Make a new one.", code="invalid-token"
        )
    return token


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
