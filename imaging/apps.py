"""Registers the imaging app with Django."""

from django.apps import AppConfig


class ImagingConfig(AppConfig):
    """The imaging app."""

    name = "imaging"
    verbose_name = "Pictures"
    default_auto_field = "django.db.models.BigAutoField"
