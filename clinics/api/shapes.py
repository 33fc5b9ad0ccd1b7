"""What the calls of the REST interface share: a page of a list, a checked query or body, any `Accept`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

LARGEST_PAGE = 200

Row = TypeVar("Row", bound=Model)


class PageQuery(serializers.Serializer[Mapping[str, Any]]):
    """Which page of a list: `page` counts from 1, `limit` is the number of rows on it."""

    page = serializers.IntegerField(min_value=1, max_value=10**9, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=25)


class ListShape(serializers.Serializer[Mapping[str, Any]]):
    """What every list says beside its rows: how many there are in all, and which page this is."""

    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows; `total` counts the rows of every page."""

    rows: Sequence[Row]
    total: int
    page: int
    limit: int

    def listed(self, name: str, rows: Any) -> dict[str, Any]:
        """The answer: the written `rows` under their `name`, with the numbers of the page."""
        return {name: rows, "total": self.total, "page": self.page, "limit": self.limit}


def page_of(rows: QuerySet[Row], query: Mapping[str, Any]) -> Page[Row]:
    """The page that a checked `query` asks for; one beyond the end is empty."""
    start = (query["page"] - 1) * query["limit"]
    return Page(list(rows[start : start + query["limit"]]), rows.count(), query["page"], query["limit"])


def checked(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """The values of a query or body in the given shape. Raises ValidationError (400 with field errors)."""
    serializer = shape(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class AnyAccept(BaseContentNegotiation):
    """For calls that answer with bytes: an `<img>` asks for pictures, and a refusal is JSON all the same."""

    def select_parser(self, _request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """The first one: these calls read no body."""
        return next(iter(parsers))

    def select_renderer(
        self, _request: Request, renderers: Iterable[BaseRenderer], _format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one, whatever is accepted."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
