"""Routes of the REST interface to the directory, below `/api/v1`."""

from django.urls import path

from patients import api

app_name = "patients_api"
urlpatterns = [
    path("/patients", api.PatientsView.as_view(), name="patients"),
    path("/patients/<uuid:patient_id>", api.PatientView.as_view(), name="patient"),
]
