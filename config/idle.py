"""Idle log-off: a session lives as long as a person does something, not as long as a page polls."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# A page that refreshes itself sends this header, so that an unattended screen logs off.
POLL_HEADER = "X-Intake-Poll"
TOUCHED = "touched_at"
TOUCH_EVERY_SECONDS = 60


class IdleLogoffMiddleware:
    """Renews the session's expiry at most once a minute while a signed-in person acts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; a changed session is saved with a new expiry by Django."""
        if (
            POLL_HEADER not in request.headers
            and request.session.session_key
            and request.user.is_authenticated
        ):
            now = int(time.time())
            if now - request.session.get(TOUCHED, 0) >= TOUCH_EVERY_SECONDS:
                request.session[TOUCHED] = now
        return self.get_response(request)
