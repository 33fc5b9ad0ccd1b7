"""Registers the patients app with Django."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The patients app."""

    name = "patients"
    verbose_name = "Patients"
    default_auto_field = "django.db.models.BigAutoField"
