"""The REST calls on the directory: list, search, register, read."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinics.access import REVIEW, VIEW, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import checked, page_of
from patients.actions import PatientFacts, register_patient
from patients.models import Patient
from patients.search import search
from patients.serializers import (
    NewPatientSerializer,
    PatientListSerializer,
    PatientQuery,
    PatientSerializer,
    written,
)


class PatientsView(APIView):
    """`/patients`"""

    @extend_schema(
        operation_id="patients_list",
        parameters=[PatientQuery],
        responses=answers({200: PatientListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """The clinic's patients by name, without records that were merged into another."""
        access = require(request, VIEW)
        query = checked(PatientQuery, request.query_params)
        page = page_of(search(Patient.objects.of(access.clinic).living(), query["q"]), query)
        return Response(page.listed("patients", [written(patient) for patient in page.rows]))

    @extend_schema(
        operation_id="patients_create",
        request=NewPatientSerializer,
        responses=answers({201: PatientSerializer}, 400, 409),
    )
    def post(self, request: Request) -> Response:
        """Register a patient; the matcher knows the person at once."""
        access = require(request, REVIEW)
        facts = PatientFacts(**checked(NewPatientSerializer, request.data))
        return Response(written(register_patient(access=access, facts=facts)), status=201)


class PatientView(APIView):
    """`/patients/{id}`"""

    @extend_schema(operation_id="patients_get", responses=answers({200: PatientSerializer}, 404))
    def get(self, request: Request, patient_id: UUID) -> Response:
        """One patient."""
        access = require(request, VIEW)
        return Response(written(get_or_404(Patient.objects.of(access.clinic), access, patient_id)))
