"""The REST calls by which files come in: the manifest, parts of a form, and a whole batch in one shot."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions.batch import create_batch, start_batch
from batches.actions.intake import Announced, announce_files
from batches.api.batch_shapes import DescriptionSerializer, options_from
from batches.api.batches import files_of
from batches.api.file_shapes import (
    ErrorSerializer,
    FileListSerializer,
    FileQuery,
    FileSerializer,
    ManifestSerializer,
    PlacesSerializer,
    written_file,
)
from batches.api.own import own_batch, patient_of
from batches.models import Batch, BatchFile
from batches.multipart import BoundedUploadHandler, Part, Received, announce_parts, parts_of, receive_parts
from batches.states import FileStatus
from clinics.access import CAPTURE, VIEW, Access, require
from clinics.api.problems import answers
from clinics.api.shapes import checked, page_of

_WANTED = frozenset({FileStatus.PENDING, FileStatus.UPLOADING})


class FilesBody(serializers.Serializer[Mapping[str, Any]]):
    """One or more `file` parts; `path` fields, if any, one for each file in the same order."""

    file = serializers.ListField(child=serializers.FileField(allow_empty_file=True), allow_empty=False)
    path = serializers.ListField(child=serializers.CharField(trim_whitespace=False), default=list)


class OneShotBody(DescriptionSerializer):
    """Several `files` and what can be said of the batch; `paths`, if any, keep the folders."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), allow_empty=False)
    paths = serializers.ListField(child=serializers.CharField(trim_whitespace=False), default=list)


class InterruptedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A file whose bytes could not be kept just now; it waits in the batch to be sent again."""

    path = serializers.CharField()
    error = ErrorSerializer()


class ReceivedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What became of each file, in the order sent; a refused one is FAILED with its reason."""

    files = FileSerializer(many=True)
    interrupted = InterruptedSerializer(many=True)


class OneShotAnswer(ReceivedSerializer):
    """The new batch, and what became of each file."""

    id = serializers.UUIDField()
    batch_number = serializers.CharField()
    total_files = serializers.IntegerField()
    status_url = serializers.CharField(help_text="Relative; ask it until the batch has ended.")


class FormView(APIView):
    """A call that takes files as parts of a form, spooled within the clinic's limits."""

    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """The handler must be there before anybody, be it the check of the CSRF token, reads the body."""
        request.upload_handlers = [BoundedUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)


class ManifestView(APIView):
    """`/batches/{id}/manifest`"""

    @extend_schema(
        operation_id="batches_manifest",
        request=ManifestSerializer,
        responses=answers({200: PlacesSerializer}, 400, 404, 409, 413),
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Announce files before their bytes; the first start and a resume after a crash are the same call."""
        _, batch = own_batch(request, CAPTURE, batch_id)
        body = checked(ManifestSerializer, request.data)
        entries = [Announced(row["path"], row["size"], row["mtime"]) for row in body["entries"]]
        files = announce_files(batch=batch, entries=entries, is_resume=True)
        return Response({"entries": [_place(file) for file in files]})


class FilesView(FormView):
    """`/batches/{id}/files`"""

    @extend_schema(
        operation_id="batches_files",
        parameters=[FileQuery],
        responses=answers({200: FileListSerializer}, 400, 404),
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The files of the batch by path."""
        _, batch = own_batch(request, VIEW, batch_id)
        query = checked(FileQuery, request.query_params)
        files = files_of(batch)
        page = page_of(files.filter(status=query["status"]) if "status" in query else files, query)
        return Response(page.listed("files", FileSerializer(page.rows, many=True).data))

    @extend_schema(
        operation_id="batches_add_files",
        request=FilesBody,
        responses=answers({201: ReceivedSerializer}, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Add files in one piece each; one that is refused stops no other."""
        _, batch = own_batch(request, CAPTURE, batch_id)
        body = checked(FilesBody, request.data)
        parts = parts_of(body["file"], body["path"])
        received = receive_parts(announce_parts(batch, parts), parts)
        return Response(_received(received), status=201)


class OneShotView(FormView):
    """`/batches/upload`"""

    @extend_schema(
        operation_id="batches_upload",
        request=OneShotBody,
        responses=answers({202: OneShotAnswer}, 400, 404, 413, 415, 503),
    )
    def post(self, request: Request) -> Response:
        """Several files, a batch of their own, started at once: everything in one call."""
        access = require(request, CAPTURE)
        body = checked(OneShotBody, request.data)
        parts = parts_of(body["files"], body["paths"])
        batch, files = _announced_batch(access, body, parts)
        received = receive_parts(files, parts)
        start_batch(batch=batch, actor=access.user)
        return Response(_one_shot(batch, received), status=202)


def _announced_batch(
    access: Access, body: Mapping[str, Any], parts: Sequence[Part]
) -> tuple[Batch, list[BatchFile]]:
    """A batch that knows its files, or none at all when it cannot take them."""
    with transaction.atomic():
        options = options_from(body, patient_of(access, body["patient_id"]))
        batch = create_batch(access=access, options=options)
        return batch, announce_parts(batch, parts)


def _place(file: BatchFile) -> dict[str, Any]:
    state = _state(file)
    is_wanted = state in {"new", "partial"}
    return {
        "file_id": file.pk,
        "path": file.path,
        "state": state,
        "status": file.status,
        "offset": file.offset,
        "upload_url": reverse("api:upload", args=[file.pk]) if is_wanted else None,
        "error": written_file(file)["error"],
    }


def _state(file: BatchFile) -> str:
    if file.status in _WANTED:
        return "partial" if file.offset else "new"
    if file.status == FileStatus.DUPLICATE:
        return "duplicate"
    return "refused" if file.status == FileStatus.FAILED and not file.storage_key else "complete"


def _received(received: Received) -> dict[str, Any]:
    return {
        "files": FileSerializer(received.files, many=True).data,
        "interrupted": [
            {"path": part.path, "error": {"code": part.code, "message": part.message}}
            for part in received.interrupted
        ],
    }


def _one_shot(batch: Batch, received: Received) -> dict[str, Any]:
    return {
        "id": batch.pk,
        "batch_number": batch.batch_number,
        "total_files": len(received.files),
        "status_url": reverse("api:batch-status", args=[batch.pk]),
        **_received(received),
    }
