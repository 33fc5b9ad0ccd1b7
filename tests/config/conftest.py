"""Servers that the tests of the installation talk to."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.services import redis


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """URL of a Redis of our own."""
    with redis() as url:
        yield url


@pytest.fixture
def real_redis(server: str, settings: LazySettings) -> str:
    """The product's settings point at that Redis."""
    settings.REDIS_URL = server
    return server


@pytest.fixture
def no_redis(settings: LazySettings) -> str:
    """The product's settings point at a Redis that is not there."""
    settings.REDIS_URL = "unix:///nonexistent/broker.sock?db=0"
    return str(settings.REDIS_URL)
