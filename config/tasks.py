"""The installation's own tasks: the probe that proves a worker, and the nightly look at record numbers."""

from celery import shared_task

from clinics.models import Clinic
from config.models import Heartbeat
from patients.matcher import verify_check_digit


@shared_task
def beat_heart() -> None:
    """Write the worker's heartbeat: one that consumes this is alive, one that is merely connected is not."""
    Heartbeat.beat(Heartbeat.WORKER)


@shared_task
def verify_check_digits() -> int:
    """Find out anew which check digit each clinic's record numbers carry; how many carry one."""
    return sum(bool(verify_check_digit(clinic)) for clinic in Clinic.objects.all())
