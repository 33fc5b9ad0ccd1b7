"""How the refusals of the REST interface are documented: application/problem+json, whatever the status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

MEDIA_TYPE = "application/problem+json"
Answers: TypeAlias = dict[int | tuple[int, str], Any]

_ALWAYS = (401, 403, 429)


class ProblemSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A refusal: `code` is stable and for programs, `detail` a sentence for people that says what helps."""

    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    status = serializers.IntegerField()
    # The metaclass takes declared fields out of the class, so that no attribute of DRF is really replaced.
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong with each field; `a.0.b` is a field inside a list.",
    )
    facts = serializers.DictField(required=False, help_text="Limits and counts that the sentence speaks of.")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema that a token is sent as `Authorization: Bearer …`."""

    target_class = "clinics.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """The scheme as OpenAPI writes it."""
        return {"type": "http", "scheme": "bearer"}


def answers(good: Mapping[int | tuple[int, str], Any], *refusals: int) -> Answers:
    """The documented answers of one call: `good` ones, its `refusals`, and those that every call can give."""
    problems: Answers = {(status, MEDIA_TYPE): _problem(status) for status in (*_ALWAYS, *refusals)}
    return {**good, **problems}


def _problem(status: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=HTTPStatus(status).phrase)
