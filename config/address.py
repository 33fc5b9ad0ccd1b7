"""Where a request comes from, believing only the proxies that are ours."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The sender's address: what our outermost proxy wrote (INTAKE_TRUSTED_PROXIES), or the socket's."""
    trusted: int = settings.INTAKE_TRUSTED_PROXIES
    chain = request.headers.get("X-Forwarded-For", "").split(",")
    forwarded = [part.strip() for part in chain if part.strip()]
    if trusted and len(forwarded) >= trusted:
        return forwarded[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))
