"""The cache helps while it is there, and is not missed while it is not."""

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client
from redis import Redis

from config.connections import cache


def use(settings: LazySettings, url: str) -> None:
    settings.CACHES = {"default": cache(url)}


def test_values_are_kept_and_end(settings: LazySettings, server: str) -> None:
    use(settings, server)
    caches["default"].set("a", 1)
    caches["default"].set_many({"b": 2, "c": 3})
    assert caches["default"].get("a") == 1
    assert caches["default"].get_many(["a", "b", "nothing"]) == {"a": 1, "b": 2}
    with Redis.from_url(server) as client:
        assert all(client.ttl(key) > 0 for key in client.scan_iter("intake-cache:*"))


def test_emptying_the_cache_leaves_the_queue_alone(settings: LazySettings, server: str) -> None:
    use(settings, server)
    with Redis.from_url(server) as client:
        client.lpush("normal", "a waiting message")
        caches["default"].set("a", 1)
        caches["default"].clear()
        assert caches["default"].get("a") is None
        assert client.llen("normal") == 1


def test_without_a_server_it_is_an_empty_cache(settings: LazySettings) -> None:
    use(settings, "unix:///nonexistent/broker.sock?db=0")
    empty = caches["default"]
    empty.set("a", 1)
    assert empty.get("a", "none") == "none"
    assert empty.get_many(["a"]) == {}
    assert empty.add("a", 1) is True
    assert empty.delete("a") is False
    assert empty.get_or_set("a", lambda: 5) == 5


@pytest.mark.django_db
def test_people_can_sign_in_while_the_broker_is_down(
    client: Client, settings: LazySettings, django_user_model: type
) -> None:
    use(settings, "unix:///nonexistent/broker.sock?db=0")
    settings.REDIS_URL = "unix:///nonexistent/broker.sock?db=0"
    django_user_model.objects.create_user(username="ana", password="correct horse")  # type: ignore[attr-defined]
    response = client.post("/account/login", {"username": "ana", "password": "correct horse"})
    assert response.status_code == 302
    assert client.session["_auth_user_id"]
