"""The REST calls that start, pause, resume, retry, take back and cancel a batch."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions import batch as actions
from batches.actions.undo import undo_batch
from batches.actions.unlock import unlock_file
from batches.api.batch_shapes import BatchSerializer, UndoBatchSerializer, written_batch
from batches.api.file_shapes import FileSerializer, PasswordSerializer, written_file
from batches.api.own import own_batch
from batches.models import Batch, BatchFile
from clinics.access import CAPTURE, REVIEW, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import checked

_ANSWERS = answers({202: BatchSerializer}, 404, 409)


class ProcessView(APIView):
    """`/batches/{id}/process`"""

    @extend_schema(operation_id="batches_process", request=None, responses=_ANSWERS)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Let the workers begin with what has come; files that come later are taken as they arrive."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.start_batch(batch=batch, actor=access.user)
        return _accepted(batch)


class PauseView(APIView):
    """`/batches/{id}/pause`"""

    @extend_schema(operation_id="batches_pause", request=None, responses=_ANSWERS)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Take no further file until the batch is resumed; those in work are finished, uploads go on."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.pause_batch(batch=batch, actor=access.user)
        return _accepted(batch)


class ResumeView(APIView):
    """`/batches/{id}/resume`"""

    @extend_schema(operation_id="batches_resume", request=None, responses=_ANSWERS)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Go on where the pause began."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.resume_batch(batch=batch, actor=access.user)
        return _accepted(batch)


class RetryView(APIView):
    """`/batches/{id}/retry`"""

    @extend_schema(operation_id="batches_retry", request=None, responses=_ANSWERS)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Process every failed file again whose bytes are here; nothing is uploaded a second time."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.retry_batch(batch=batch, actor=access.user)
        return _accepted(batch)


class UndoBatchView(APIView):
    """`/batches/{id}/undo`"""

    @extend_schema(
        operation_id="batches_undo",
        request=UndoBatchSerializer,
        responses=answers({202: BatchSerializer}, 400, 404, 409),
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Take everything that the batch filed out of its charts and back into review, file by file.

        A large batch is taken back by the workers; its counts show how far that is.
        """
        access, batch = own_batch(request, REVIEW, batch_id)
        body = checked(UndoBatchSerializer, request.data)
        undo_batch(batch=batch, actor=access.user, reason=body["reason"])
        return _accepted(batch)


class CancelView(APIView):
    """`/batches/{id}/cancel`"""

    @extend_schema(operation_id="batches_cancel", request=None, responses=_ANSWERS)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Take back everything that is not settled, and what waits for review; filed records stay."""
        access, batch = own_batch(request, CAPTURE, batch_id)
        actions.cancel_batch(batch=batch, actor=access.user)
        return _accepted(batch)


class PasswordView(APIView):
    """`/files/{id}/password`"""

    @extend_schema(
        operation_id="files_password",
        request=PasswordSerializer,
        responses=answers({202: FileSerializer}, 400, 404, 409, 422),
    )
    def post(self, request: Request, file_id: UUID) -> Response:
        """Open an encrypted PDF with its password, which is used once and kept nowhere; the file goes on."""
        access = require(request, CAPTURE)
        rows = BatchFile.objects.of(access.clinic).select_related("batch__clinic", "image", "document")
        file = get_or_404(rows, access, file_id)
        password = checked(PasswordSerializer, request.data)["password"]
        unlock_file(file=file, password=password, actor=access.user)
        return Response(written_file(rows.get(pk=file.pk)), status=202)


def _accepted(batch: Batch) -> Response:
    batch.refresh_from_db()
    return Response(written_batch(batch), status=202)
