"""A session that cannot be written because the database is busy is nobody's bad request."""

from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError

from clinics.models import User
from config.sessions import SessionStore
from tests import factories

pytestmark = pytest.mark.django_db


def is_locked(*args: Any, **kwargs: Any) -> None:
    """What SQLite says while somebody else writes for longer than it waits."""
    raise OperationalError("database is locked")


@pytest.mark.parametrize("path", ["/rosters", "/api/v1/rosters"])
def test_a_busy_database_is_503_with_its_cure(
    admin_user: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    browser = factories.browser_of(admin_user)
    browser.raise_request_exception = False
    monkeypatch.setattr(Session, "save", is_locked)
    response = browser.get(path)  # the first of a minute, which renews the session
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "long list may be being written" in response.content.decode()
    assert "a moment" in response.content.decode()


def test_a_session_that_somebody_ended_meanwhile_is_still_told_as_that(admin_user: User) -> None:
    session = factories.browser_of(admin_user).session
    assert isinstance(session, SessionStore)
    session["seen"] = True  # which reads it
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
