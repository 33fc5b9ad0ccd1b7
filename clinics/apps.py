"""Registers the clinics app with Django."""

from django.apps import AppConfig


class ClinicsConfig(AppConfig):
    """The clinics app."""

    name = "clinics"
    verbose_name = "Clinics"
    default_auto_field = "django.db.models.BigAutoField"
