"""The REST calls that describe the product and how well it runs: processing types, analytics."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.analytics import Analytics, Line, analyse
from clinics.access import VIEW, require
from clinics.api.problems import answers
from clinics.api.shapes import checked
from documents.models import USUAL_PROCESSING, ProcessingType

_PERIOD_DAYS = 90
_LONGEST_DAYS = 3660
# Days beyond these are slips of the hand, and the first and last year of all cannot be reckoned with.
_BOUNDS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class ProcessingTypeSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What can be done with a document's text; `is_default` is what is done where nobody chooses."""

    id = serializers.CharField()
    name = serializers.CharField()
    is_default = serializers.BooleanField()


class ProcessingTypesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Every processing type."""

    processing_types = ProcessingTypeSerializer(many=True)


class PeriodQuery(serializers.Serializer[Mapping[str, Any]]):
    """Days of the first and the last batch, both included; without them the last [90] days."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Declared here because `from` cannot be the name of an attribute."""
        return {
            "from": serializers.DateField(required=False, validators=_BOUNDS),
            "to": serializers.DateField(default=_today, validators=_BOUNDS),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period begins before it ends, and is not longer than ten years."""
        first = attrs.setdefault("from", attrs["to"] - timedelta(days=_PERIOD_DAYS - 1))
        if not 0 <= (attrs["to"] - first).days <= _LONGEST_DAYS:
            message = f"The period must end on or after its first day and span at most {_LONGEST_DAYS} days."
            raise serializers.ValidationError({"from": [message]})
        return attrs


class LineSerializer(serializers.Serializer[Line]):
    """A group of files; rates are 0 to 1, times are seconds from the last byte to the end of processing."""

    key = serializers.CharField()
    files = serializers.IntegerField()
    filed = serializers.IntegerField()
    review = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True)
    mean_seconds = serializers.FloatField(allow_null=True)


class AnalyticsSerializer(serializers.Serializer[Analytics]):
    """Rates and times of one period; `batches` counts them by status, a week is named by its Monday."""

    total = LineSerializer()
    batches = serializers.DictField(child=serializers.IntegerField())
    by_source = LineSerializer(many=True)
    by_week = LineSerializer(many=True)


class ProcessingTypesView(APIView):
    """`/processing-types`"""

    @extend_schema(operation_id="processing_types", responses=answers({200: ProcessingTypesSerializer}))
    def get(self, request: Request) -> Response:
        """What can be done with a document's text."""
        require(request, VIEW)
        types = [
            {"id": kind.value, "name": str(kind.label), "is_default": kind == USUAL_PROCESSING}
            for kind in ProcessingType
        ]
        return Response({"processing_types": types})


class AnalyticsView(APIView):
    """`/batches/analytics`"""

    @extend_schema(
        operation_id="batches_analytics",
        parameters=[PeriodQuery],
        responses=answers({200: AnalyticsSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """What became of the files of a period and how long they took, by source and by week."""
        access = require(request, VIEW)
        query = checked(PeriodQuery, request.query_params)
        found = analyse(access.clinic, query["from"], query["to"])
        return Response(AnalyticsSerializer(found).data)


def _today() -> date:
    return timezone.now().date()
