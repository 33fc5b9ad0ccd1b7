"""Sessions in the database, which say so when the database is busy, and do not call it the sender's fault."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError


class SessionStore(db.SessionStore):
    """Django's own takes a locked or absent database for a session that was deleted meanwhile, which is a
    400; here the error comes through, and `config.problems` answers 503 with its cure.
    """

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Write the session. Raises OperationalError or InterfaceError where the database cannot."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise
