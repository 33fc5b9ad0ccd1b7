"""A laptop or a trial: everything in one folder, one command, no server beside it."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import HOME, env

# The debug page shows rows and settings to whoever looks; ask for it by name.
DEBUG = env.bool("INTAKE_DEBUG", False)
try:
    SECRET_KEY = env.str("INTAKE_SECRET_KEY", "") or HOME.read_or_make_secret_key()
except OSError as error:
    raise ImproperlyConfigured(
        f"The data folder {HOME.root} cannot be written ({error.strerror}). "
        "Set INTAKE_HOME to a folder that belongs to you."
    ) from error
# `manage.py up` makes a demonstration clinic when there is none.
INTAKE_DEMO = env.bool("INTAKE_DEMO", True)
ALLOWED_HOSTS = env.list("INTAKE_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("INTAKE_CSRF_TRUSTED_ORIGINS", default=[])
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HOME.root / "mail"
# Plain HTTP on the loopback address: a Secure cookie would never come back.
SESSION_COOKIE_SECURE = env.bool("INTAKE_SECURE_COOKIES", False)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
