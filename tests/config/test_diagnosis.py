"""`manage.py doctor` finds what is wrong and says the cure."""

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from redis import Redis

from config import diagnosis
from config.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


def finding(subject: str) -> diagnosis.Finding:
    return next(each for each in diagnosis.examine() if each.subject == subject)


def test_a_well_installation_has_nothing_to_cure(real_redis: str) -> None:
    Heartbeat.beat(Heartbeat.WORKER)
    Heartbeat.beat(Heartbeat.BEAT)
    unwell = {each.subject for each in diagnosis.examine() if not each.is_well}
    assert unwell <= {"pages", "upload library"}  # the suite collects no static files


def test_a_broker_that_evicts_is_named_with_its_cure(real_redis: str) -> None:
    with Redis.from_url(real_redis) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = finding("broker")
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert "allkeys-lru" in found.says
    assert "noeviction" in found.cure


def test_what_cannot_be_looked_at_is_a_finding_not_a_traceback(no_redis: str) -> None:
    found = finding("broker")
    assert not found.is_well
    assert "manage.py up" in found.cure


def test_a_secret_key_that_others_can_read(real_redis: str, settings: LazySettings) -> None:
    settings.HOME.secret_key.write_text("k" * 64)
    settings.HOME.secret_key.chmod(0o644)
    try:
        assert finding("data folder").cure == f"chmod 600 {settings.HOME.secret_key}"
    finally:
        settings.HOME.secret_key.unlink()


def test_the_command_ends_with_an_error_while_something_needs_a_person(no_redis: str) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="need you"):
        call_command("doctor", stdout=out)
    assert "--  broker" in out.getvalue()
    assert "ok  database" in out.getvalue()
