"""The REST calls on single files: read, decide, try again, take back, remove."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions import review as actions
from batches.actions.intake import cancel_file
from batches.api.own import file_of, own_batch, own_file, patient_of
from batches.api.review_shapes import (
    AssignSerializer,
    DecideSerializer,
    DecisionsSerializer,
    ReasonSerializer,
    ReviewFileSerializer,
    ReviewListSerializer,
    written_for_review,
)
from batches.models import BatchFile
from batches.selectors import review_queue
from clinics.access import CAPTURE, REVIEW, VIEW, Access, require
from clinics.api.problems import answers
from clinics.api.shapes import PageQuery, checked, page_of
from files.errors import Refused, Trouble
from patients.models import Patient

_ANSWERS = answers({200: ReviewFileSerializer}, 400, 404, 409, 503)
_LIST_ANSWERS = answers({200: ReviewListSerializer}, 400, 404)


class ReviewQueueView(APIView):
    """`/review`"""

    @extend_schema(operation_id="review_list", parameters=[PageQuery], responses=_LIST_ANSWERS)
    def get(self, request: Request) -> Response:
        """Every file of the clinic that needs a person, the longest waiting first."""
        access = require(request, REVIEW)
        page = page_of(review_queue(access.clinic), checked(PageQuery, request.query_params))
        return Response(page.listed("files", written_for_review(page.rows, access.clinic)))


class BatchReviewView(APIView):
    """`/batches/{id}/review`"""

    @extend_schema(operation_id="batches_review", parameters=[PageQuery], responses=_LIST_ANSWERS)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The files of one batch that need a person."""
        access, batch = own_batch(request, REVIEW, batch_id)
        waiting = review_queue(access.clinic).filter(batch=batch)
        page = page_of(waiting, checked(PageQuery, request.query_params))
        return Response(page.listed("files", written_for_review(page.rows, access.clinic)))


class FileView(APIView):
    """`/files/{id}`"""

    @extend_schema(operation_id="files_get", responses=answers({200: ReviewFileSerializer}, 404))
    def get(self, request: Request, file_id: UUID) -> Response:
        """One file with what was read from it and whose it may be."""
        access, file = own_file(request, VIEW, file_id)
        return _shown(access, file)

    @extend_schema(operation_id="files_remove", responses=answers({204: None}, 404, 409))
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Take one file out of its batch before it is settled."""
        access, file = own_file(request, CAPTURE, file_id)
        cancel_file(file=file, actor=access.user)
        return Response(status=204)


class AssignView(APIView):
    """`/files/{id}/assign`"""

    @extend_schema(operation_id="files_assign", request=AssignSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """File what waits for review in a patient's chart."""
        access, file = own_file(request, REVIEW, file_id)
        body = checked(AssignSerializer, request.data)
        return _decided(access, file, {"action": "assign", **body})


class RejectView(APIView):
    """`/files/{id}/reject`"""

    @extend_schema(operation_id="files_reject", request=ReasonSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Set a file in review aside: it goes to no chart."""
        access, file = own_file(request, REVIEW, file_id)
        return _decided(access, file, {"action": "reject", **checked(ReasonSerializer, request.data)})


class RetryFileView(APIView):
    """`/files/{id}/retry`"""

    @extend_schema(operation_id="files_retry", request=None, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Process a failed file, or one that was set aside by mistake, again from the bytes that are here."""
        access, file = own_file(request, REVIEW, file_id)
        return _decided(access, file, {"action": "retry"})


class UndoView(APIView):
    """`/files/{id}/undo`"""

    @extend_schema(operation_id="files_undo", request=ReasonSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Take a filed picture or document out of its chart and back into review."""
        access, file = own_file(request, REVIEW, file_id)
        return _decided(access, file, {"action": "undo", **checked(ReasonSerializer, request.data)})


class DecideView(APIView):
    """`/review/decide`"""

    @extend_schema(
        operation_id="review_decide",
        request=DecideSerializer,
        responses=answers({200: DecisionsSerializer}, 400, 404),
    )
    def post(self, request: Request) -> Response:
        """One decision for several files, each on its own: what cannot be decided stops no other."""
        access = require(request, REVIEW)
        body = checked(DecideSerializer, request.data)
        patient_of(access, body["patient_id"])
        results = [_result(access, file_id, body) for file_id in body["file_ids"]]
        refused = sum(result["error"] is not None for result in results)
        return Response({"results": results, "decided": len(results) - refused, "refused": refused})


def _assign(access: Access, file: BatchFile, body: Mapping[str, Any]) -> None:
    patient = patient_of(access, body["patient_id"])
    if isinstance(patient, Patient):
        actions.assign_file(file=file, patient=patient, actor=access.user, reason=body["reason"])


def _reject(access: Access, file: BatchFile, body: Mapping[str, Any]) -> None:
    actions.reject_file(file=file, actor=access.user, reason=body["reason"])


def _retry(access: Access, file: BatchFile, _body: Mapping[str, Any]) -> None:
    actions.retry_file(file=file, actor=access.user)


def _undo(access: Access, file: BatchFile, body: Mapping[str, Any]) -> None:
    actions.undo_file(file=file, actor=access.user, reason=body["reason"])


_ACTIONS: Mapping[str, Callable[[Access, BatchFile, Mapping[str, Any]], None]] = {
    "assign": _assign,
    "reject": _reject,
    "retry": _retry,
    "undo": _undo,
}


def _decided(access: Access, file: BatchFile, body: Mapping[str, Any]) -> Response:
    _ACTIONS[body["action"]](access, file, body)
    return _shown(access, file_of(access, file.pk))


def _shown(access: Access, file: BatchFile) -> Response:
    (written,) = written_for_review([file], access.clinic)
    return Response(written)


def _result(access: Access, file_id: UUID, body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        file = file_of(access, file_id)
        _ACTIONS[body["action"]](access, file, body)
    except Http404:
        message = "There is no such file in this clinic. Check the identifier."
        return {"file_id": file_id, "status": None, "error": {"code": "not-found", "message": message}}
    except (Refused, Trouble) as error:
        file = file_of(access, file_id)
        return _line(file, {"code": error.code, "message": error.message})
    return _line(file_of(access, file_id), None)


def _line(file: BatchFile, error: dict[str, str] | None) -> dict[str, Any]:
    return {"file_id": file.pk, "status": file.status, "error": error}
