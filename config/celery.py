"""The queue: the Celery application, what Beat does when, and which heart beats."""

import gc
from typing import Any

from celery import Celery
from celery.schedules import crontab, schedule
from celery.signals import setup_logging, worker_process_init, worker_ready
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

# By its name in the broker's address, because an address of a socket (redis+socket://) leaves no other way.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "config.transport:Transport"))

app = Celery("intake")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Consumed in this order: a worker takes from `normal` only when `urgent` is empty.
QUEUES = ("urgent", "normal", "bulk")


def beat_schedule(
    *,
    resend_seconds: int,
    heartbeat_seconds: int,
    match_again_seconds: int = 60,
    recognise_seconds: int = 60,
    embed_seconds: int = 60,
) -> dict[str, dict[str, Any]]:
    """Beat's whole table. A message that was not consumed before the next one is due has expired.

    What runs seldom keeps its result, to be looked at in the admin; what runs every half minute does not.
    """
    return {
        "heartbeat": {
            "task": "config.tasks.beat_heart",
            "schedule": schedule(heartbeat_seconds),
            "options": {"queue": "urgent", "expires": heartbeat_seconds},
        },
        "re-send what waits without a living claim": {
            "task": "batches.tasks.resend_waiting",
            "schedule": schedule(resend_seconds),
            "options": {"queue": "urgent", "expires": resend_seconds},
        },
        "re-send rosters that wait without a living claim": {
            "task": "patients.tasks.resend_rosters",
            "schedule": schedule(resend_seconds),
            "options": {"queue": "urgent", "expires": resend_seconds},
        },
        **_catching_up(match_again_seconds, recognise_seconds, embed_seconds),
        "expire stale batches": {
            "task": "batches.tasks.expire_batches",
            "schedule": schedule(300),
            "options": {"queue": "normal", "expires": 300, "ignore_result": False},
        },
        **_seldom(),
    }


def _catching_up(
    match_again_seconds: int, recognise_seconds: int, embed_seconds: int
) -> dict[str, dict[str, Any]]:
    """What looks for work that no message told of, or whose message was lost."""
    return {
        "match again what waits since before its directory changed": {
            "task": "batches.tasks.match_waiting_again",
            "schedule": schedule(match_again_seconds),
            "options": {"queue": "bulk", "expires": match_again_seconds},
        },
        "recognise pages that wait": {
            "task": "batches.tasks.read_waiting",
            "schedule": schedule(recognise_seconds),
            "options": {"queue": "bulk", "expires": recognise_seconds},
        },
        "read passages that have no vector of the current model": {
            "task": "documents.tasks.embed_waiting",
            "schedule": schedule(embed_seconds),
            "options": {"queue": "bulk", "expires": embed_seconds},
        },
    }


def _seldom() -> dict[str, dict[str, Any]]:
    """What runs by the clock on the wall."""
    return {
        "clean up old batches": {
            "task": "batches.tasks.clean_batches",
            "schedule": crontab(hour="3", minute="20"),
            "options": {"queue": "bulk", "expires": 6 * 3600, "ignore_result": False},
        },
        "verify the check digits of record numbers": {
            "task": "config.tasks.verify_check_digits",
            "schedule": crontab(hour="2", minute="10"),
            "options": {"queue": "bulk", "expires": 6 * 3600, "ignore_result": False},
        },
        "sweep staged bytes that nobody owns": {
            "task": "batches.tasks.sweep_staging",
            "schedule": crontab(minute="40"),
            "options": {"queue": "bulk", "expires": 3000, "ignore_result": False},
        },
    }


@app.on_after_configure.connect
def install_schedule(sender: Celery, **_: Any) -> None:
    """Hand the table to Beat as soon as the settings are read."""
    sender.conf.beat_schedule = beat_schedule(
        resend_seconds=settings.INTAKE_RESEND_SECONDS,
        heartbeat_seconds=settings.INTAKE_HEARTBEAT_SECONDS,
        match_again_seconds=settings.INTAKE_MATCH_AGAIN_SWEEP_SECONDS,
        recognise_seconds=settings.INTAKE_OCR_SWEEP_SECONDS,
        embed_seconds=settings.INTAKE_EMBEDDING_SWEEP_SECONDS,
    )


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Django's LOGGING stands: a receiver here is how Celery is told not to set up its own."""


@worker_ready.connect
def announce_worker(**_: Any) -> None:
    """A worker that has just started proves at once that it consumes, without waiting for Beat."""
    app.send_task("config.tasks.beat_heart", queue="urgent", expires=settings.INTAKE_HEARTBEAT_SECONDS)


@worker_process_init.connect
def leave_the_code_alone(**_: Any) -> None:
    """What is loaded stays for good: Python's collector need not go through all of it in the middle of a
    file, which took it 75 ms, fifteen files' worth of matching.
    """
    gc.collect()
    gc.freeze()
