"""What every installation has in common; fails closed and holds no secret."""

from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.connections import broker_url, cache, database, object_storage
from config.home import Home
from config.settings.intake import *
from config.settings.intake import INTAKE_IDLE_LOGOFF_SECONDS, INTAKE_WEB_THREADS

# `ModelAdmin[Batch]` and `File[bytes]` are what strict typing asks for and what Django refuses at run time.
django_stubs_ext.monkeypatch()

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
HOME = Home(Path(env.str("INTAKE_HOME", "") or BASE_DIR / "var").expanduser().absolute())
INTAKE_HOME = HOME.root
INTAKE_STAGING_DIR = HOME.staging
INTAKE_SEARCH_DIR = HOME.search
# Whether `manage.py up` may make a demonstration clinic in an empty database.
INTAKE_DEMO = False
# How people reach this installation from outside, for links in mails; empty means relative links only.
INTAKE_BASE_URL = env.str("INTAKE_BASE_URL", "")

DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "clinics.apps.ClinicsConfig",
    "patients.apps.PatientsConfig",
    "imaging.apps.ImagingConfig",
    "documents.apps.DocumentsConfig",
    "batches.apps.BatchesConfig",
    "config.apps.ConfigConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",  # so that TemplatesSetting finds the widgets that we leave as they are
    "whitenoise.runserver_nostatic",
    "config.assets.AssetsConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_celery_results",
    "axes",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.idle.IdleLogoffMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a lock-out raised by any view into its answer
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database, queue, cache and objects: each from one URL or set of variables.
DATABASES = {"default": database(env, HOME, connections=INTAKE_WEB_THREADS + 2)}
REDIS_URL = env.str("REDIS_URL", "") or f"unix://{HOME.broker_socket}?db=0"
CACHES = {"default": cache(REDIS_URL)}
STORAGES: dict[str, dict[str, object]] = {
    "default": object_storage(env, HOME),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Pages and static files. Routes carry no trailing slash, so nothing is appended either.
APPEND_SLASH = False
STATIC_URL = "/static/"
STATIC_ROOT = HOME.static
# Only names with a digest are kept: they never change, so browsers keep them for ever.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = "br gz jpg jpeg map png webp woff woff2 zip".split()  # noqa: SIM905
STATICFILES_DIRS = [BASE_DIR / "static"]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# People.
AUTH_USER_MODEL = "clinics.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: who is locked out costs no hashing
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "batches:list"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = env.int("INTAKE_LOGIN_FAILURES", 5)
AXES_COOLOFF_TIME = env.int("INTAKE_LOGIN_COOLOFF_MINUTES", 15) / 60  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False  # a log that can be deleted is none
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "config.address.client_address"
# How many proxies of ours stand in front; their X-Forwarded-For entries are believed, no others.
INTAKE_TRUSTED_PROXIES = env.int("INTAKE_TRUSTED_PROXIES", 0)

# Sessions live in the database: signing in works while the broker is down.
SESSION_ENGINE = "config.sessions"
# What is said after a form may quote what was typed: it waits in our database, never in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = INTAKE_IDLE_LOGOFF_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "intake_session"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "intake_csrf"
CSRF_FAILURE_VIEW = "config.problems.csrf_failed"

# Browsers. No inline script or style, nothing from elsewhere, nobody may frame us.
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

# Uploads are read by the view in segments; these guard forms only.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 5000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = HOME.staging if HOME.staging.is_dir() else None  # same disk: a rename, not a copy
FILE_UPLOAD_PERMISSIONS = 0o600

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinics.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "config.parsers.ShallowJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("INTAKE_RATE_USER", "6000/min"),
        "anon": env.str("INTAKE_RATE_ANONYMOUS", "60/min"),
    },
    "NUM_PROXIES": INTAKE_TRUSTED_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.handler",
    "UNICODE_JSON": True,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Intake",
    "DESCRIPTION": "Batches, files, patients, pictures and documents of a clinic.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "BatchStatus": "batches.states.BatchStatus",
        "FileStatus": "batches.states.FileStatus",
    },
}

# Celery reads the CELERY_* names; reasons stand beside the numbers, the schedule is in config/celery.py.
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a broker that comes back finds its workers
CELERY_BROKER_CONNECTION_TIMEOUT = 4
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "normal"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 8.0  # after SIGQUIT: that long to finish, then work is handed back
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# Nobody steers workers from afar. Its channel would be the one on which a worker waits for ever, alive and of
# no use, when the broker dies at the wrong moment: the client reconnects in silence, the channel stays mute.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Soft limit < hard limit < visibility timeout, or a task would run a second time beside itself.
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "queue_order_strategy": "priority",  # urgent before normal before bulk, as -Q names them
    "priority_steps": [0],
    "unacked_restore_interval": 5,  # look for messages of dead workers every 5 s, not every 100 s
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 4,
    "retry_on_timeout": True,
    "max_retries": 2,  # a web request that rings the bell gives up soon; the sweep rings again
    "interval_start": 0.1,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.3}
# Results are kept for Beat's jobs only, to be looked at in the admin; nothing depends on them.
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = 7 * 24 * 3600
CELERY_BEAT_SCHEDULER = "config.beat:HeartbeatScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TIMEZONE = "UTC"

# One line per entry, and no exception text: a database error quotes the row, and the row is a patient.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.OneLineFormatter"}},
    "filters": {"discreet": {"()": "config.logs.DiscreetFilter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["discreet"]},
    },
    "root": {"handlers": ["stderr"], "level": env.str("INTAKE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "axes": {"level": "ERROR"},  # prints names and addresses below that
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "boto3": {"level": "WARNING"},
        "PIL": {"level": "WARNING"},
    },
}
