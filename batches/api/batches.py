"""The REST calls that make, list, describe and remove batches."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseNotModified
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions import batch as actions
from batches.api.batch_shapes import (
    BatchListSerializer,
    BatchPatientSerializer,
    BatchQuery,
    BatchSerializer,
    BatchStatsSerializer,
    NewBatchSerializer,
    NotesSerializer,
    RecentQuery,
    StatusSerializer,
    counts_in_words,
    options_from,
    written_batch,
    written_batches,
)
from batches.api.file_shapes import BatchDetailSerializer, BatchFilesQuery, FileSerializer
from batches.api.own import own_batch, patient_of
from batches.models import Batch, BatchFile
from batches.selectors import batch_counts, progress_of
from clinics.access import CAPTURE, VIEW, require
from clinics.api.problems import answers
from clinics.api.shapes import checked, page_of
from files.serving import is_current

_HELD = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold.")


class BatchesView(APIView):
    """`/batches`"""

    @extend_schema(
        operation_id="batches_list",
        parameters=[BatchQuery],
        responses=answers({200: BatchListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """The clinic's batches, the newest first."""
        access = require(request, VIEW)
        query = checked(BatchQuery, request.query_params)
        chosen = {name: query[name] for name in ("status", "source") if name in query}
        page = page_of(Batch.objects.of(access.clinic).filter(**chosen).order_by("-created_at", "id"), query)
        return Response(page.listed("batches", written_batches(page.rows)))

    @extend_schema(
        operation_id="batches_create",
        request=NewBatchSerializer,
        responses=answers({201: BatchSerializer}, 400, 404),
    )
    def post(self, request: Request) -> Response:
        """A new, empty batch."""
        access = require(request, CAPTURE)
        body = checked(NewBatchSerializer, request.data)
        options = options_from(body, patient_of(access, body["patient_id"]))
        return Response(written_batch(actions.create_batch(access=access, options=options)), status=201)


class StatsView(APIView):
    """`/batches/stats`"""

    @extend_schema(operation_id="batches_stats", responses=answers({200: BatchStatsSerializer}))
    def get(self, request: Request) -> Response:
        """How many batches of the clinic stand where."""
        counts = batch_counts(require(request, VIEW).clinic)
        lower = {status.lower(): number for status, number in counts.items()}
        return Response({"total": sum(lower.values()), "counts": lower})


class RecentView(APIView):
    """`/batches/recent`"""

    @extend_schema(
        operation_id="batches_recent",
        parameters=[RecentQuery],
        responses=answers({200: BatchListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """The newest batches."""
        access = require(request, VIEW)
        query = checked(RecentQuery, request.query_params) | {"page": 1}
        page = page_of(Batch.objects.of(access.clinic).order_by("-created_at", "id"), query)
        return Response(page.listed("batches", written_batches(page.rows)))


class BatchView(APIView):
    """`/batches/{id}`"""

    @extend_schema(
        operation_id="batches_get",
        parameters=[BatchFilesQuery],
        responses=answers({200: BatchDetailSerializer}, 400, 404),
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The batch with its counts and one page of its files."""
        _, batch = own_batch(request, VIEW, batch_id)
        query = checked(BatchFilesQuery, request.query_params)
        files = files_of(batch)
        if "type_code" in query:
            files = files.filter(document__type_code=query["type_code"])
        page = page_of(files, query)
        return Response(
            written_batch(batch) | page.listed("files", FileSerializer(page.rows, many=True).data)
        )

    @extend_schema(
        operation_id="batches_change",
        request=NotesSerializer,
        responses=answers({200: BatchSerializer}, 400, 404),
    )
    def patch(self, request: Request, batch_id: UUID) -> Response:
        """Replace the notes; allowed at any time."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        notes = checked(NotesSerializer, request.data)["notes"]
        return Response(written_batch(actions.set_notes(batch=batch, notes=notes, actor=access.user)))

    @extend_schema(operation_id="batches_remove", responses=answers({204: None}, 404, 409))
    def delete(self, request: Request, batch_id: UUID) -> Response:
        """Cancel a running batch, or remove the record of an ended one; what was filed stays filed."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.remove_batch(batch=batch, actor=access.user)
        return Response(status=204)


class StatusView(APIView):
    """`/batches/{id}/status`"""

    @extend_schema(
        operation_id="batches_status",
        parameters=[_HELD],
        responses=answers({200: StatusSerializer, 304: OpenApiResponse(description="As you hold it.")}, 404),
    )
    def get(self, request: Request, batch_id: UUID) -> HttpResponseBase:
        """Where the batch stands; with `If-None-Match`, 304 as long as nothing has changed."""
        _, batch = own_batch(request, VIEW, batch_id)
        etag = f'"{batch.pk.hex}-{batch.version}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if is_current(etag, request.headers.get("If-None-Match", "")):
            return HttpResponseNotModified(headers=headers)
        return Response(_status(batch), headers=headers)


class BatchPatientView(APIView):
    """`/batches/{id}/patient`"""

    @extend_schema(
        operation_id="batches_set_patient",
        request=BatchPatientSerializer,
        responses=answers({200: BatchSerializer}, 400, 404, 409),
    )
    def put(self, request: Request, batch_id: UUID) -> Response:
        """Say whose every file of the batch is, or with null nobody's; only before the batch starts."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        patient = patient_of(access, checked(BatchPatientSerializer, request.data)["patient_id"])
        return Response(written_batch(actions.set_patient(batch=batch, patient=patient, actor=access.user)))


def files_of(batch: Batch) -> QuerySet[BatchFile]:
    """The files of a batch by path, with the records that their rows speak of."""
    return BatchFile.objects.filter(batch=batch).select_related("image", "document").order_by("path", "id")


def _status(batch: Batch) -> dict[str, object]:
    progress = progress_of(batch.pk)
    return {
        "id": batch.pk,
        "status": batch.status,
        "progress": progress.percent,
        "counts": counts_in_words(progress),
        "version": batch.version,
    }
