"""Registers the batches app with Django."""

from django.apps import AppConfig


class BatchesConfig(AppConfig):
    """The batches app."""

    name = "batches"
    verbose_name = "Batches"
    default_auto_field = "django.db.models.BigAutoField"
