"""The schedule: what Beat sends exists, and goes stale before the next one is due."""

import pytest
from celery.schedules import crontab

from config.beat import HeartbeatScheduler
from config.celery import QUEUES, app, beat_schedule
from config.models import Heartbeat

SCHEDULE = beat_schedule(resend_seconds=30, heartbeat_seconds=15)


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_names_a_task_that_exists_and_a_queue_that_is_consumed(name: str) -> None:
    app.loader.import_default_modules()
    assert SCHEDULE[name]["task"] in app.tasks
    assert SCHEDULE[name]["options"]["queue"] in QUEUES


@pytest.mark.parametrize("name", SCHEDULE)
def test_messages_do_not_pile_up_while_no_worker_is_there(name: str) -> None:
    entry = SCHEDULE[name]
    due = entry["schedule"]
    period_seconds = 24 * 3600 if isinstance(due, crontab) else due.run_every.total_seconds()
    if due == crontab(minute="40"):
        period_seconds = 3600
    assert entry["options"]["expires"] <= period_seconds


@pytest.mark.django_db(transaction=True)
def test_beat_is_alive_from_its_first_round() -> None:
    app.conf.beat_schedule = SCHEDULE
    scheduler = HeartbeatScheduler(app=app)
    assert not Heartbeat.objects.exists()
    scheduler.tick()
    assert Heartbeat.objects.get().name == Heartbeat.BEAT
