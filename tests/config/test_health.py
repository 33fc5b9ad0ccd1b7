"""/healthz and /readyz tell a machine the truth, soon, and without names."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from config import health
from config.models import Heartbeat
from config.tasks import beat_heart

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def beat_both() -> None:
    Heartbeat.beat(Heartbeat.WORKER)
    Heartbeat.beat(Heartbeat.BEAT)


def test_healthz_asks_nobody(client: Client, no_redis: str, django_assert_num_queries: type) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_ready_when_every_part_is_well(client: Client, real_redis: str) -> None:
    beat_both()
    response = client.get("/readyz")
    assert response.status_code == 200, response.json()
    assert response.json()["status"] == "ready"
    assert set(response.json()["checks"]) == {"database", "broker", "staging", "storage", "worker", "beat"}
    assert response.headers["Cache-Control"] == "no-store"


def test_not_ready_before_any_worker_was_seen(client: Client, real_redis: str) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == {"ok": False, "error": "has never been seen"} | {
        "ms": response.json()["checks"]["worker"]["ms"]
    }


@pytest.mark.parametrize("name", [Heartbeat.WORKER, Heartbeat.BEAT])
def test_not_ready_when_a_heart_stopped(
    client: Client, real_redis: str, settings: LazySettings, name: str
) -> None:
    beat_both()
    long_ago = timezone.now() - timedelta(seconds=settings.INTAKE_HEARTBEAT_STALE_SECONDS + 1)
    Heartbeat.objects.filter(name=name).update(beaten_at=long_ago)
    checks = client.get("/readyz").json()["checks"]
    assert [check for check, facts in checks.items() if not facts["ok"]] == [name]


def test_a_consumed_probe_task_is_what_makes_a_worker_alive() -> None:
    beat_heart()
    assert health.check_worker()["ok"]


def test_not_ready_without_a_broker(client: Client, no_redis: str) -> None:
    beat_both()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert not response.json()["checks"]["broker"]["ok"]
    assert response.json()["checks"]["database"]["ok"]


def test_a_part_that_hangs_does_not_hang_the_answer(
    client: Client, settings: LazySettings, silent_server: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_server}/0"
    start = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - start < health.CHECK_SECONDS + 2
    assert response.status_code == 503
    assert not response.json()["checks"]["broker"]["ok"]


def test_a_full_disk_is_noticed_before_uploads_fail(
    client: Client, real_redis: str, settings: LazySettings
) -> None:
    settings.INTAKE_MIN_FREE_BYTES = 1 << 62
    assert not client.get("/readyz").json()["checks"]["staging"]["ok"]


def test_answers_hold_no_path(client: Client, no_redis: str, settings: LazySettings) -> None:
    body = client.get("/readyz").content.decode()
    assert "/nonexistent" not in body
    assert str(settings.INTAKE_HOME) not in body
