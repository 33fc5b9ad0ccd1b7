"""The REST calls on single files: read, decide, try again, take back, remove."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions import many
from batches.actions import review as actions
from batches.actions.intake import cancel_file
from batches.actions.many import Decided
from batches.api.own import file_of, files_of, own_batch, own_file, patient_of
from batches.api.review_shapes import (
    AssignSerializer,
    DecideSerializer,
    DecisionsSerializer,
    KeepSerializer,
    ReasonSerializer,
    ReassignSerializer,
    ReviewFileSerializer,
    ReviewListSerializer,
    written_for_review,
)
from batches.models import BatchFile
from batches.selectors import review_queue
from clinics.access import CAPTURE, REVIEW, VIEW, Access, require
from clinics.api.problems import answers
from clinics.api.shapes import PageQuery, checked, page_of
from clinics.models import Clinic, User
from patients.models import Patient

_ANSWERS = answers({200: ReviewFileSerializer}, 400, 404, 409, 503)
_LIST_ANSWERS = answers({200: ReviewListSerializer}, 400, 404)


class ReviewQueueView(APIView):
    """`/review`"""

    @extend_schema(operation_id="review_list", parameters=[PageQuery], responses=_LIST_ANSWERS)
    def get(self, request: Request) -> Response:
        """Every file of the clinic that needs a person, the longest waiting first."""
        access = require(request, REVIEW)
        page = page_of(_waiting(access.clinic), checked(PageQuery, request.query_params))
        return Response(page.listed("files", written_for_review(page.rows, access.clinic)))


class BatchReviewView(APIView):
    """`/batches/{id}/review`"""

    @extend_schema(operation_id="batches_review", parameters=[PageQuery], responses=_LIST_ANSWERS)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The files of one batch that need a person."""
        access, batch = own_batch(request, REVIEW, batch_id)
        waiting = _waiting(access.clinic).filter(batch=batch)
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
        return _decided(request, file_id, actions.assign_file, AssignSerializer)


class ReassignView(APIView):
    """`/files/{id}/reassign`"""

    @extend_schema(operation_id="files_reassign", request=ReassignSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Move a filed picture or document from its chart into another's; both charts keep the reason."""
        return _decided(request, file_id, actions.reassign_file, ReassignSerializer)


class RejectView(APIView):
    """`/files/{id}/reject`"""

    @extend_schema(operation_id="files_reject", request=ReasonSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Set a file in review aside: it goes to no chart."""
        return _decided(request, file_id, actions.reject_file, ReasonSerializer)


class KeepView(APIView):
    """`/files/{id}/keep`"""

    @extend_schema(operation_id="files_keep", request=KeepSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Keep both: this file, and the one with the same bytes that stopped it.

        One in review is filed for `patient_id`, or for whom it was meant; a duplicate is processed again.
        """
        return _decided(request, file_id, actions.keep_file, KeepSerializer)


class DuplicateView(APIView):
    """`/files/{id}/duplicate`"""

    @extend_schema(operation_id="files_duplicate", request=ReasonSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Set a file in review aside as the duplicate of the record with the same bytes."""
        return _decided(request, file_id, actions.set_aside_as_duplicate, ReasonSerializer)


class RetryFileView(APIView):
    """`/files/{id}/retry`"""

    @extend_schema(operation_id="files_retry", request=None, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Process a failed file, or one that was set aside by mistake, again from the bytes that are here."""
        return _decided(request, file_id, actions.retry_file)


class UndoView(APIView):
    """`/files/{id}/undo`"""

    @extend_schema(operation_id="files_undo", request=ReasonSerializer, responses=_ANSWERS)
    def post(self, request: Request, file_id: UUID) -> Response:
        """Take a filed picture or document out of its chart and back into review.

        A file that was set aside as a duplicate is read again, and comes back to review.
        """
        return _decided(request, file_id, actions.undo_file, ReasonSerializer)


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
        patient = patient_of(access, body["patient_id"])
        found = files_of(access, body["file_ids"])
        decided = _DECISIONS[body["action"]](found.values(), patient, access.user, body["reason"])
        refused = {pk: {"code": code, "message": words} for pk, code, words in decided.refused}
        stand = dict(BatchFile.objects.filter(pk__in=found).values_list("pk", "status"))
        results = [_line(pk, stand.get(pk), refused.get(pk)) for pk in body["file_ids"]]
        refusals = sum(line["error"] is not None for line in results)
        return Response({"results": results, "decided": len(results) - refusals, "refused": refusals})


_Decide: TypeAlias = Callable[[Iterable[BatchFile], Patient | None, User, str], Decided]


def _assign(files: Iterable[BatchFile], patient: Patient | None, actor: User, reason: str) -> Decided:
    if patient is None:
        raise Http404
    return many.assign_files(files=files, patient=patient, actor=actor, reason=reason)


def _reassign(files: Iterable[BatchFile], patient: Patient | None, actor: User, reason: str) -> Decided:
    if patient is None:
        raise Http404
    return many.reassign_files(files=files, patient=patient, actor=actor, reason=reason)


_DECISIONS: Mapping[str, _Decide] = {
    "assign": _assign,
    "reassign": _reassign,
    "reject": lambda files, _, actor, reason: many.reject_files(files=files, actor=actor, reason=reason),
    "keep": lambda files, patient, actor, reason: many.keep_files(
        files=files, patient=patient, actor=actor, reason=reason
    ),
    "duplicate": lambda files, _, actor, reason: many.set_aside_files(
        files=files, actor=actor, reason=reason
    ),
    "retry": lambda files, _, actor, _reason: many.retry_files(files=files, actor=actor),
    "undo": lambda files, _, actor, reason: many.undo_files(files=files, actor=actor, reason=reason),
}


def _waiting(clinic: Clinic) -> QuerySet[BatchFile]:
    return review_queue(clinic).select_related("decided_by")


def _decided(
    request: Request,
    file_id: UUID,
    decide: Callable[..., None],
    shape: type[serializers.Serializer[Any]] | None = None,
) -> Response:
    """One decision about one file, with what its body says; the answer is the file as it is then.

    A `patient_id` that the body names must be this clinic's, or nothing is decided (404).
    """
    access, file = own_file(request, REVIEW, file_id)
    said = dict(checked(shape, request.data)) if shape else {}
    if "patient_id" in said:
        said["patient"] = patient_of(access, said.pop("patient_id"))
    decide(file=file, actor=access.user, **said)
    return _shown(access, file_of(access, file_id))


def _shown(access: Access, file: BatchFile) -> Response:
    (written,) = written_for_review([file], access.clinic)
    return Response(written)


def _line(file_id: UUID, status: str | None, error: dict[str, str] | None) -> dict[str, Any]:
    if status is None:
        message = "There is no such file in this clinic. Check the identifier."
        error = {"code": "not-found", "message": message}
    return {"file_id": file_id, "status": status, "error": error}
