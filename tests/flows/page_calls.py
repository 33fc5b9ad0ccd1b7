"""How tests use the pages: a browser without JavaScript that sends forms with their token."""

from typing import Any

from django.conf import settings
from django.test import Client


def send(browser: Client, path: str, **fields: Any) -> Any:
    """Press the button of a form: POST with its CSRF token, as a browser without JavaScript does."""
    token = browser.cookies[settings.CSRF_COOKIE_NAME].value
    return browser.post(path, {"csrfmiddlewaretoken": token, **fields})


def text_of(answer: Any) -> str:
    """The page as text, with its white space in order."""
    return " ".join(answer.content.decode().split())
