"""Beat's scheduler: the schedule in the database, plus a row that says it still sends."""

import logging
from typing import Any

from django.db import DatabaseError
from django_celery_beat.schedulers import DatabaseScheduler

from config.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT_ENTRY = "heartbeat"


class HeartbeatScheduler(DatabaseScheduler):  # type: ignore[misc]  # the package has no types
    """django-celery-beat's scheduler, whose heartbeat is written after a message really went out.

    A Beat that is alive but sends nothing is a known failure; its process being there proves nothing.
    """

    announced = False

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due. The first round begins with the heartbeat, without waiting for its turn."""
        if not self.announced and HEARTBEAT_ENTRY in self.schedule:
            self.announced = True
            self.apply_entry(self.schedule[HEARTBEAT_ENTRY])
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Send one entry's task, then write the heartbeat. Raises what sending raises."""
        result = super().apply_async(entry, *args, **kwargs)
        try:
            Heartbeat.beat(Heartbeat.BEAT)
        except DatabaseError:
            logger.warning("beat could not write its heartbeat; the next message will")
        return result
