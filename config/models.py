"""The pulse of an installation: when a worker last consumed a task, and when Beat last sent one."""

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """One row for each kind of process that must be alive; read by /readyz."""

    WORKER = "worker"
    BEAT = "beat"

    name = models.CharField(max_length=20, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str) -> None:
        """Write down that `name` is alive now."""
        cls.objects.update_or_create(name=name, defaults={"beaten_at": timezone.now()})

    def age_seconds(self) -> float:
        """How long ago that was."""
        return (timezone.now() - self.beaten_at).total_seconds()
