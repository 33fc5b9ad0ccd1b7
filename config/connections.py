"""Turns DATABASE_URL, REDIS_URL and INTAKE_S3_* into the connections of an installation."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.config import Config as S3ClientConfig
from environ import Env

from config.home import Home

BUSY_TIMEOUT_SECONDS = 20
# WAL lets readers read while one writes. FULL lets a commit survive a power cut: an acknowledgement is a row.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"


def database(env: Env, home: Home, *, connections: int) -> dict[str, Any]:
    """Django's DATABASES entry: SQLite in the home unless DATABASE_URL says otherwise.

    `connections` is how many one process may hold at once on PostgreSQL.
    """
    url = env.str("DATABASE_URL", "") or f"sqlite:///{home.database}"
    entry: dict[str, Any] = env.db_url_config(url)
    if entry["ENGINE"] == "django.db.backends.sqlite3":
        return entry | {
            "OPTIONS": {
                # A read that turns into a write fails at once, whatever the timeout: start as a write.
                "transaction_mode": "IMMEDIATE",
                "timeout": BUSY_TIMEOUT_SECONDS,
                "init_command": SQLITE_PRAGMAS,
            },
        }
    options = dict(entry.get("OPTIONS", {}))
    options.setdefault("connect_timeout", 5)
    options.setdefault("keepalives_idle", 30)
    options.setdefault("tcp_user_timeout", 10_000)  # milliseconds until a silent server counts as gone
    pool = {"min_size": 1, "max_size": env.int("INTAKE_DB_CONNECTIONS", connections), "timeout": 10}
    return entry | {"OPTIONS": options | {"pool": pool}, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def broker_url(redis_url: str) -> str:
    """The same server in Celery's spelling: a Unix socket is `redis+socket://` there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


def cache(redis_url: str) -> dict[str, Any]:
    """Django's CACHES entry, on the broker's server; forgets instead of failing while that server is down."""
    return {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "intake-cache",
        "TIMEOUT": 3600,  # everything in the cache ends: the server it shares with the queue never evicts
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1.0},
    }


def object_storage(env: Env, home: Home) -> dict[str, object]:
    """STORAGES["default"]: an S3 bucket when INTAKE_S3_BUCKET is set, else durable files in the home."""
    bucket = env.str("INTAKE_S3_BUCKET", "")
    if not bucket:
        options: dict[str, object] = {"location": str(home.media), "base_url": None}
        return {"BACKEND": "files.storage.DurableFileSystemStorage", "OPTIONS": options}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3_options(env, bucket)}


def _s3_options(env: Env, bucket: str) -> dict[str, object]:
    """Path-style addresses, signature v4, no checksum headers that other servers refuse, bounded waiting."""
    return {
        "bucket_name": bucket,
        "endpoint_url": env.str("INTAKE_S3_ENDPOINT", "") or None,
        "access_key": env.str("INTAKE_S3_ACCESS_KEY", "") or None,
        "secret_key": env.str("INTAKE_S3_SECRET_KEY", "") or None,
        "region_name": env.str("INTAKE_S3_REGION", "us-east-1"),
        "file_overwrite": True,  # keys are random, and writing one again is how a step repeats itself
        "querystring_auth": True,
        "default_acl": None,
        "client_config": S3ClientConfig(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 3, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
