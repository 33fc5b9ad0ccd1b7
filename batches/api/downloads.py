"""The REST calls that give the receipt of a batch, as JSON and as CSV."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches import receipt
from batches.api.own import own_batch
from batches.comparison import compare
from batches.models import Batch
from batches.selectors import receipt_of
from batches.states import JOINED
from clinics import audit
from clinics.access import VIEW
from clinics.api.problems import answers
from clinics.api.shapes import AnyAccept


class ReceiptRowSerializer(serializers.Serializer[Any]):
    """One dropped file, or document made of some, and where it is now."""

    path = serializers.CharField()
    size = serializers.IntegerField(source="size_bytes")
    sha256 = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[*receipt.OUTCOMES.values(), JOINED, receipt.ON_THE_WAY])
    patient_id = serializers.UUIDField(source="patient.id", default=None, allow_null=True)
    record_number = serializers.CharField(source="patient.mrn", default=None, allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    error_code = serializers.CharField(allow_blank=True)
    error_message = serializers.CharField(allow_blank=True)
    received_at = serializers.DateTimeField(allow_null=True)
    processed_at = serializers.DateTimeField(allow_null=True)
    on_list = serializers.BooleanField(allow_null=True)


class ComparisonSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The day's list beside what came, in numbers."""

    expected = serializers.IntegerField()
    without_picture = serializers.IntegerField()
    not_on_list = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="How many wait in review, and so have no patient yet.")


class ReceiptSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Dropped - joined + made = filed + review + duplicate + failed + cancelled + on the way, always.

    Where no folder became one document, `joined` and `made` are 0.
    """

    batch_id = serializers.UUIDField()
    batch_number = serializers.CharField()
    status = serializers.CharField()
    dropped = serializers.IntegerField()
    joined = serializers.IntegerField(
        help_text="How many of them are pages of a document that was made here."
    )
    made = serializers.IntegerField(
        help_text="How many documents were made of them; they are among the files."
    )
    filed = serializers.IntegerField()
    review = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField(help_text="Without the pages that were joined.")
    on_the_way = serializers.IntegerField()
    lists = serializers.IntegerField(help_text="How many of the filed ones are lists, which are in no chart.")
    cards = serializers.IntegerField(help_text="How many of the cancelled ones are patient cards.")
    adds_up = serializers.BooleanField()
    list_comparison = ComparisonSerializer(allow_null=True)
    files = ReceiptRowSerializer(many=True)


class ReceiptView(APIView):
    """`/batches/{id}/receipt`"""

    @extend_schema(operation_id="batches_receipt", responses=answers({200: ReceiptSerializer}, 404))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """Every file that was dropped, its SHA-256, and where it is."""
        _, batch = own_batch(request, VIEW, batch_id)
        return Response(_receipt(batch))


class ReceiptCsvView(APIView):
    """`/batches/{id}/receipt.csv`"""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="batches_receipt_csv", responses=answers({(200, "text/csv"): OpenApiTypes.STR}, 404)
    )
    def get(self, request: Request, batch_id: UUID) -> StreamingHttpResponse:
        """The same as a table for a spreadsheet."""
        access, batch = own_batch(request, VIEW, batch_id)
        audit.record("receipt-exported", clinic=access.clinic, actor=access.user, target=batch)
        return csv_response(batch)


def csv_response(batch: Batch) -> StreamingHttpResponse:
    """The receipt as a download."""
    response = StreamingHttpResponse(receipt.csv_of(batch), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{batch.batch_number}-receipt.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _receipt(batch: Batch) -> dict[str, Any]:
    numbers = receipt_of(batch)
    rows = ReceiptRowSerializer(list(receipt.rows_of(batch)), many=True).data
    return {
        "batch_id": batch.pk,
        "batch_number": batch.batch_number,
        "status": batch.status,
        **vars(numbers),
        "adds_up": numbers.adds_up,
        "list_comparison": _comparison(batch),
        "files": rows,
    }


def _comparison(batch: Batch) -> dict[str, int] | None:
    compared = compare(batch)
    if compared is None:
        return None
    return {
        "expected": compared.expected,
        "without_picture": compared.missing,
        "not_on_list": len(compared.off_list),
        "waiting": compared.waiting,
    }
