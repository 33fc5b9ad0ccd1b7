"""How far a worker is with a roster, for the page that waits: in the cache, because what is written in a
transaction is seen by nobody before it ends, and SQLite has one writer. Nothing depends on it.
"""

from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache

_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Progress:
    """The sentence for what is being done, and how many of how many rows; no total where it is not known."""

    words: str
    done: int = 0
    total: int = 0

    @property
    def percent(self) -> int:
        """0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0


def tell(roster_id: UUID, words: str, done: int = 0, total: int = 0) -> None:
    """Say how far it is."""
    cache.set(_key(roster_id), [words, done, total], _SECONDS)


def heard(roster_id: UUID) -> Progress | None:
    """What was said last, if anything."""
    found = cache.get(_key(roster_id))
    return Progress(*found) if found else None


def forget(roster_id: UUID) -> None:
    """The work has ended."""
    cache.delete(_key(roster_id))


def _key(roster_id: UUID) -> str:
    return f"roster:{roster_id}"
