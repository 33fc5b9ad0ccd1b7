"""The REST calls that merge two records of one person, and take them apart again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from batches.actions.merge import merge_patients, unmerge_patient, unmerge_until
from clinics.access import REVIEW, Access, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import checked
from files.errors import Refused
from patients.models import Patient, PatientMerge
from patients.serializers import PatientSerializer, written

_REASON_CHARS = 500


class MergeSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Into which record the one in the address is merged, and why both are one person."""

    into = serializers.UUIDField()
    reason = serializers.CharField(max_length=_REASON_CHARS)


class MergedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What moved, and until when it can be taken apart."""

    id = serializers.UUIDField()
    merged_id = serializers.UUIDField()
    into = PatientSerializer()
    pictures = serializers.IntegerField()
    documents = serializers.IntegerField()
    until = serializers.DateTimeField()


class UnmergedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How many pictures and documents went back to the record, how many somebody had moved since, and how
    many go to review because they were filed by themselves while both records were one.
    """

    patient = PatientSerializer()
    back = serializers.IntegerField()
    stayed = serializers.IntegerField()
    to_review = serializers.IntegerField()


class MergeView(APIView):
    """`/patients/{id}/merge`"""

    @extend_schema(
        operation_id="patients_merge",
        request=MergeSerializer,
        responses=answers({200: MergedSerializer}, 400, 404, 409),
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Merge this record into another: its pictures, documents and files go with it.

        A provisional record may be merged by every reviewer, a registered one by administrators.
        """
        access = require(request, REVIEW)
        loser = _own(access, patient_id)
        body = checked(MergeSerializer, request.data)
        survivor = _own(access, body["into"])
        merge = merge_patients(access=access, loser=loser, survivor=survivor, reason=body["reason"])
        return Response(_written(merge))


class UnmergeView(APIView):
    """`/patients/{id}/unmerge`"""

    @extend_schema(
        operation_id="patients_unmerge",
        request=None,
        responses=answers({200: UnmergedSerializer}, 404, 409),
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Take this record, which was merged into another, apart from it again.

        What came with it goes back, as far as nobody has assigned it anew since.
        """
        access = require(request, REVIEW)
        patient = _own(access, patient_id)
        merge = PatientMerge.objects.filter(merged=patient, unmerged_at=None).select_related("clinic").first()
        if merge is None:
            raise Refused("not-merged", "This record is merged into no other.", status=409)
        done = unmerge_patient(access=access, merge=merge)
        patient.refresh_from_db()
        return Response({"patient": written(patient), **vars(done)})


def _own(access: Access, patient_id: UUID) -> Patient:
    return get_or_404(Patient.objects.of(access.clinic), access, patient_id)


def _written(merge: PatientMerge) -> dict[str, Any]:
    return {
        "id": merge.pk,
        "merged_id": merge.merged_id,
        "into": written(merge.survivor),
        "pictures": len(merge.moved["images"]),
        "documents": len(merge.moved["documents"]),
        "until": unmerge_until(merge),
    }
