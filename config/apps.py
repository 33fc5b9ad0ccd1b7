"""Makes the installation itself an app, so that it can own commands and the heartbeat table."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Label `config`; holds no clinical data."""

    name = "config"
    label = "config"
    verbose_name = "Installation"
    default_auto_field = "django.db.models.BigAutoField"
