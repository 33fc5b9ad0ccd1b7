"""Every call of the REST interface as the URL table has it: no test can leave a new one out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

PREFIX = "api/v1"
SAFE = frozenset({"get", "head"})
# Pages about the interface, not calls of it.
_ABOUT = frozenset({"schema", "docs"})
_VERBS = ("get", "head", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Call:
    """One method of one route; `names` are the identifiers in its address."""

    route: str
    method: str
    names: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.route}"

    def url(self, ids: Mapping[str, UUID]) -> str:
        """The address that names these objects; KeyError for an identifier that a test does not know."""
        return reverse(self.route, kwargs={name: ids[name] for name in self.names})


def calls() -> list[Call]:
    """Every call below the prefix."""
    return [
        Call(route, method, frozenset(pattern.pattern.converters))
        for route, pattern in _patterns(get_resolver(), "", "")
        for method in _methods(pattern.callback)
    ]


def _methods(view: Any) -> list[str]:
    """HEAD counts as a call of its own only where it is not GET without its body."""
    found = [verb for verb in _VERBS if hasattr(view.view_class, verb)]
    return [verb for verb in found if verb != "head" or "get" not in found]


def _patterns(resolver: URLResolver, before: str, space: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _patterns(entry, path, inner)
        elif path.startswith(f"{PREFIX}/") and entry.name not in _ABOUT:
            yield f"{space}{entry.name}", entry


CALLS = calls()
