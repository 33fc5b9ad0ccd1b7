"""Two questions a machine asks of us: is this process alive, and can the whole road be driven."""

import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis

from config.models import Heartbeat

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3.0
# A check that hangs holds one of these until it returns; the answer does not wait for it.
_checkers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readyz")

type_of_facts = Mapping[str, Any]


def alive(request: HttpRequest) -> HttpResponse:
    """GET /healthz: 200 as long as this process answers; asks nothing of anybody."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> HttpResponse:
    """GET /readyz: 200 when all is well, else 503; the body says what is not, without paths or names."""
    checks = check_all()
    well = all(check["ok"] for check in checks.values())
    body = {"status": "ready" if well else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if well else 503, headers={"Cache-Control": "no-store"})


def check_all() -> dict[str, dict[str, Any]]:
    """Every check, run side by side, each with a bounded time: {name: {ok, ms, …facts}}."""
    started = {name: _checkers.submit(_timed, name, check) for name, check in CHECKS.items()}
    deadline = time.monotonic() + CHECK_SECONDS
    found = {}
    for name, future in started.items():
        try:
            found[name] = future.result(timeout=max(deadline - time.monotonic(), 0))
        except FutureTimeoutError:
            future.cancel()
            found[name] = {"ok": False, "error": f"no answer within {CHECK_SECONDS:g} s"}
    return found


def _timed(name: str, check: Callable[[], type_of_facts]) -> dict[str, Any]:
    """One check's facts with its duration; any exception means it is not well, and its type says how."""
    start = time.monotonic()
    try:
        facts = dict(check())
    except Exception as error:  # noqa: BLE001  # whatever a driver raises is the answer
        logger.warning("readiness check %s failed: %s", name, type(error).__name__)
        facts = {"ok": False, "error": type(error).__name__}
    finally:
        connection.close()
    return {"ok": True, "ms": round((time.monotonic() - start) * 1000, 1)} | facts


def check_database() -> type_of_facts:
    """A query is answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"engine": connection.vendor}


def check_broker() -> type_of_facts:
    """The broker answers a ping, and will refuse rather than forget when its memory is full."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=CHECK_SECONDS, socket_connect_timeout=1) as client:
        client.ping()
    return {}


def check_staging() -> type_of_facts:
    """The folder where uploads wait can be written, and has room."""
    facts = os.statvfs(settings.INTAKE_STAGING_DIR)
    free_bytes = facts.f_bavail * facts.f_frsize
    writable = os.access(settings.INTAKE_STAGING_DIR, os.W_OK | os.X_OK)
    return {"ok": writable and free_bytes > settings.INTAKE_MIN_FREE_BYTES, "free_mib": free_bytes >> 20}


def check_storage() -> type_of_facts:
    """The place where files end answers a question about a key that cannot be there."""
    storages["default"].exists(f"readyz/{uuid.UUID(int=0).hex}")
    return {}


def check_worker() -> type_of_facts:
    """A worker consumed a task not long ago."""
    return _pulse(Heartbeat.WORKER)


def check_beat() -> type_of_facts:
    """Beat sent a task not long ago."""
    return _pulse(Heartbeat.BEAT)


def _pulse(name: str) -> type_of_facts:
    heartbeat = Heartbeat.objects.filter(name=name).first()
    if heartbeat is None:
        return {"ok": False, "error": "has never been seen"}
    age_seconds = heartbeat.age_seconds()
    return {"ok": age_seconds < settings.INTAKE_HEARTBEAT_STALE_SECONDS, "age_seconds": round(age_seconds, 1)}


CHECKS: dict[str, Callable[[], type_of_facts]] = {
    "database": check_database,
    "broker": check_broker,
    "staging": check_staging,
    "storage": check_storage,
    "worker": check_worker,
    "beat": check_beat,
}
