"""The settings modules as an operator meets them: a process with an environment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

COMPLETE = {
    "INTAKE_SECRET_KEY": "k" * 64,
    "INTAKE_ALLOWED_HOSTS": "intake.clinic.example",
    "DATABASE_URL": "postgres://intake@127.0.0.1:1/intake",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def start(module: str, home: Path, names: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that reads `module` in nothing but this environment."""
    bare = {"PATH": os.environ["PATH"], "INTAKE_HOME": str(home)}
    bare["DJANGO_SETTINGS_MODULE"] = f"config.settings.{module}"
    command = [sys.executable, "-c", SHOW, *names]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=bare | env)


def read(module: str, home: Path, *names: str, **env: str) -> dict[str, Any]:
    done = start(module, home, list(names), **env)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_a_laptop_needs_no_variable_at_all(tmp_path: Path) -> None:
    shown = read("dev", tmp_path, "SECRET_KEY", "DEBUG", "INTAKE_DEMO", "INTAKE_MAX_FILE_BYTES", "REDIS_URL")
    assert shown["SECRET_KEY"] == (tmp_path / "secret-key").read_text()
    assert shown["DEBUG"] is False
    assert shown["INTAKE_DEMO"] is True
    assert shown["INTAKE_MAX_FILE_BYTES"] == 50 * 1024 * 1024
    assert shown["REDIS_URL"] == f"unix://{tmp_path}/broker/broker.sock?db=0"


def test_numbers_are_overridden_by_variables_of_their_name(tmp_path: Path) -> None:
    env = {
        "INTAKE_MAX_FILE_BYTES": "1000",
        "INTAKE_SEGMENT_SECONDS": "0.5",
        "INTAKE_VARIANTS": "thumbnail=150,preview=800,large=2000",
    }
    shown = read("dev", tmp_path, *env, **env)
    assert shown["INTAKE_MAX_FILE_BYTES"] == 1000
    assert shown["INTAKE_SEGMENT_SECONDS"] == 0.5
    assert shown["INTAKE_VARIANTS"] == {"thumbnail": 150, "preview": 800, "large": 2000}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"INTAKE_SECRET_KEY": ""}, "INTAKE_SECRET_KEY has 0 characters and needs 50"),
        ({"INTAKE_SECRET_KEY": "short"}, "INTAKE_SECRET_KEY has 5 characters and needs 50"),
        ({"INTAKE_ALLOWED_HOSTS": ""}, "INTAKE_ALLOWED_HOSTS is not set"),
        ({"INTAKE_ALLOWED_HOSTS": "*"}, "INTAKE_ALLOWED_HOSTS must not be *"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"INTAKE_HOME": ""}, "INTAKE_HOME is not set"),
        ({"INTAKE_DEBUG": "1"}, "INTAKE_DEBUG must not be set"),
        ({"INTAKE_S3_BUCKET": "charts"}, "INTAKE_S3_ACCESS_KEY is not set"),
    ],
)
def test_production_refuses_to_start_and_says_why(
    tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    done = start("production", tmp_path, ["DEBUG"], **(COMPLETE | change))
    assert done.returncode != 0
    assert sentence in done.stderr


def test_production_names_everything_that_is_missing_at_once(tmp_path: Path) -> None:
    done = start("production", tmp_path, ["DEBUG"])
    assert all(name in done.stderr for name in COMPLETE)


def test_the_command_line_shows_the_sentences_without_a_traceback(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "INTAKE_HOME": str(tmp_path)}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings.production"
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("Intake cannot start in production:")
    assert "Traceback" not in done.stderr


def test_production_cookies_travel_over_tls_alone(tmp_path: Path) -> None:
    names = [
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "DEBUG",
    ]
    shown = read("production", tmp_path, *names, "SESSION_COOKIE_NAME", "CSRF_TRUSTED_ORIGINS", **COMPLETE)
    assert [shown[name] for name in names] == [True, True, True, 365 * 24 * 3600, False]
    assert shown["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert shown["CSRF_TRUSTED_ORIGINS"] == ["https://intake.clinic.example"]


def test_a_task_ends_before_its_message_is_delivered_again() -> None:
    visibility: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT < visibility
    assert settings.INTAKE_SANDBOX_WALL_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_a_lease_is_renewed_well_before_it_ends() -> None:
    assert settings.INTAKE_LEASE_RENEW_SECONDS * 3 <= settings.INTAKE_LEASE_SECONDS


def test_messages_are_json_and_acknowledged_late() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_ACKS_LATE is True
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST is True
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1


def test_no_script_or_style_may_be_written_into_a_page() -> None:
    allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert allowed["default-src"] == ["'none'"]
    assert allowed["frame-ancestors"] == ["'none'"]
    assert not any("unsafe" in source for sources in allowed.values() for source in sources)
