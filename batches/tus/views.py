"""The verbs of tus over HTTP: each reads headers, calls one function, writes headers.

The body is read with `read(n)` as it comes; `request.body`, which would hold it all, is never touched.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions.intake import Announced, announce_files, cancel_file
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from batches.tus import protocol, receive
from batches.tus.body import Body
from batches.tus.protocol import TusError
from clinics.access import CAPTURE, get_or_404, require
from files import staging
from files.errors import Refused, Trouble

_OVERRIDABLE = frozenset({"PATCH", "DELETE", "HEAD"})


class Unread(BaseParser):
    """Leaves every body alone: what a check of the request must not do is read the bytes of an upload."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """Nothing."""
        return {}


class TusView(APIView):
    """What every verb shares: the version check, the headers of each answer, errors in its own form."""

    parser_classes = (Unread,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Hospital proxies that know only GET and POST may name the verb in a header."""
        override = request.headers.get("X-HTTP-Method-Override", "").upper()
        if request.method == "POST" and override in _OVERRIDABLE:
            request.method = override
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Signed in and allowed, and speaking our version, before anything is read."""
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS":
            protocol.check_version(request.headers)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """What this server offers."""
        clinic = require(request, CAPTURE).clinic
        offer = {
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": ",".join(protocol.EXTENSIONS),
            "Tus-Max-Size": str(clinic.file_limit_bytes),
        }
        return Response(status=HTTPStatus.NO_CONTENT, headers=offer)

    def handle_exception(self, exc: Exception) -> Response:
        """Protocol errors carry the true offset; every other error is the house's problem+json."""
        if not isinstance(exc, TusError):
            return super().handle_exception(exc)
        refusal = super().handle_exception(Refused(exc.code, str(exc), status=exc.status))
        if exc.offset is not None:
            refusal["Upload-Offset"] = str(exc.offset)
        return refusal

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer says which version it speaks, and none is kept by a cache."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Tus-Resumable"] = protocol.VERSION
        final["Cache-Control"] = "no-store"
        return final


@extend_schema(exclude=True)
class UploadsView(TusView):
    """`POST /batches/{id}/uploads`: a new upload in a batch."""

    def post(self, request: Request, batch_id: UUID) -> HttpResponse:
        """Create, or find again, the upload that the metadata names; with a body, its first bytes too."""
        access = require(request, CAPTURE)
        batch = get_or_404(Batch.objects.of(access.clinic).select_related("clinic"), access, batch_id)
        creation = protocol.read_creation(request.headers)
        _refuse_what_cannot_fit(creation.length, batch.clinic.file_limit_bytes)
        path = creation.metadata.get("relativePath") or creation.metadata.get("filename") or ""
        (file,) = announce_files(batch=batch, entries=[Announced(path, creation.length)])
        if protocol.has_body(request.headers):
            file = _receive(request, file.pk, offset=0)
        return _answer(file, 201, Location=reverse("api:upload", args=[file.pk]))


@extend_schema(exclude=True)
class UploadView(TusView):
    """`HEAD`, `PATCH`, `DELETE /uploads/{file_id}`: one upload."""

    def head(self, request: Request, file_id: UUID) -> HttpResponse:
        """Where to go on; an upload that has ended is 410."""
        file = receive.take_over(_own(request, file_id).pk)
        if file.status == FileStatus.CANCELLED:
            raise TusError(410, "upload-gone", "This upload was cancelled or has expired.")
        metadata = protocol.metadata_header({"filename": file.name, "relativePath": file.path})
        return _answer(file, 200, **{"Upload-Metadata": metadata})

    def patch(self, request: Request, file_id: UUID) -> HttpResponse:
        """More bytes from the given offset on."""
        file = _own(request, file_id)
        return _answer(_receive(request, file.pk, offset=protocol.read_offset(request.headers)), 204)

    def delete(self, request: Request, file_id: UUID) -> HttpResponse:
        """Take the upload back, bytes and all."""
        access = require(request, CAPTURE)
        cancel_file(file=_own(request, file_id), actor=access.user)
        return HttpResponse(status=204)


def _own(request: Request, file_id: UUID) -> BatchFile:
    access = require(request, CAPTURE)
    return get_or_404(BatchFile.objects.of(access.clinic).select_related("batch__clinic"), access, file_id)


def _receive(request: Request, file_id: UUID, *, offset: int) -> BatchFile:
    length = int(request.headers.get("Content-Length") or 0)
    file = receive.take_over(file_id)
    body = Body(request._request)  # noqa: SLF001 - the raw stream
    file.offset = receive.receive_body(file, offset, length, body.read)
    return file


def _answer(file: BatchFile, status: int, **headers: str) -> HttpResponse:
    answer = HttpResponse(status=status, headers=headers)
    answer["Upload-Offset"] = str(file.offset)
    if status != HTTPStatus.NO_CONTENT:
        answer["Upload-Length"] = str(file.size)
    answer["Upload-Expires"] = http_date(file.batch.expires_at.timestamp())
    return answer


def _refuse_what_cannot_fit(length: int, max_bytes: int) -> None:
    if length > max_bytes:
        message = f"The file has {length} bytes; at most {max_bytes} are accepted. Export a smaller copy."
        raise Refused("too-large", message, status=413, limit_bytes=max_bytes)
    if staging.free_bytes() - length < settings.INTAKE_MIN_FREE_BYTES:
        raise Trouble(
            "storage-full", "The server's disk is nearly full. Tell your administrator; nothing is lost."
        )
