"""The cache of an installation: rate counters and short-lived fragments; pages can do without it."""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A server that did not answer is left alone for a while, or every request of a person would wait for it.
PAUSE_SECONDS = 5.0
_left_alone_until: dict[str, float] = {}


def _ask_or(otherwise: Any, cache: "ForgivingRedisCache", question: Callable[[], Any]) -> Any:
    """The answer, or `otherwise` while the cache's server cannot be reached."""
    server: str = vars(cache)["_servers"][0]  # Django's own name for its addresses
    if time.monotonic() < _left_alone_until.get(server, 0.0):
        return otherwise
    try:
        return question()
    except (RedisError, OSError) as error:
        _left_alone_until[server] = time.monotonic() + PAUSE_SECONDS
        logger.warning("cache unreachable (%s), going on without it", type(error).__name__)
        return otherwise


def _forgiving(name: str, otherwise: Any) -> Callable[..., Any]:
    """The method `name` of RedisCache, answering `otherwise` while the server cannot be reached."""
    method = getattr(RedisCache, name)

    @functools.wraps(method)
    def ask(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
        return _ask_or(otherwise, self, lambda: method(self, *args, **kwargs))

    return ask


class ForgivingRedisCache(RedisCache):
    """Redis, or an empty cache while Redis cannot be reached: pages and sign-in work without it.

    Rate limits are open during that time; the lock-out after wrong passwords is not: it is in the database.
    """

    add = _forgiving("add", otherwise=True)
    set = _forgiving("set", otherwise=None)
    touch = _forgiving("touch", otherwise=False)
    delete = _forgiving("delete", otherwise=False)
    has_key = _forgiving("has_key", otherwise=False)
    set_many = _forgiving("set_many", otherwise=[])
    delete_many = _forgiving("delete_many", otherwise=None)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when there is none or nobody to ask."""
        found = self.get_many([key], version=version)
        return found.get(key, default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        """What is there; nothing when there is nobody to ask."""
        found: dict[Any, Any] = _ask_or(
            {}, self, lambda: super(ForgivingRedisCache, self).get_many(keys, version)
        )
        return found

    def clear(self) -> None:
        """Empty the cache alone: Django's own way flushes the server, and the queue lives there too."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
