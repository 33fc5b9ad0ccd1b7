"""Addresses below /patients; the chart itself shows batches too and is theirs (`batches.urls`)."""

from django.urls import path

from patients.views.directory import Choices, NewPatient, PatientList

app_name = "patients"
urlpatterns = [
    path("", PatientList.as_view(), name="list"),
    path("/new", NewPatient.as_view(), name="new"),
    path("/choices", Choices.as_view(), name="choices"),
]
