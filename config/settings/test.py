"""The test suite: real storages and a real database in a temporary folder, nothing left behind."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Before base is read: a test must never touch the data of the installation it runs in.
if "INTAKE_TEST_HOME" not in os.environ:
    os.environ["INTAKE_TEST_HOME"] = tempfile.mkdtemp(prefix="intake-test-")
    atexit.register(shutil.rmtree, os.environ["INTAKE_TEST_HOME"], ignore_errors=True)
# Tests that run side by side do not see each other's files.
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["INTAKE_HOME"] = str(Path(os.environ["INTAKE_TEST_HOME"]) / PROCESS)

from config.settings.base import *  # after the folder is chosen
from config.settings.base import CACHES, DATABASES, HOME, REST_FRAMEWORK, STORAGES, env

HOME.make()
SECRET_KEY = "test-only-" + "0" * 50
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# No manifest: tests do not collect static files first.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CACHES["default"]["KEY_PREFIX"] = f"intake-cache-{PROCESS}"
# Without REDIS_URL messages go nowhere and the cache is the process's own; with it both are real.
if not env.str("REDIS_URL", ""):
    CELERY_BROKER_URL = "memory://"
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REST_FRAMEWORK = REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"user": "100000/min", "anon": "100000/min"}}
# On SQLite the durability of a test row is nobody's concern.
if "init_command" in DATABASES["default"]["OPTIONS"]:
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    DATABASES["default"]["TEST"] = {"NAME": str(HOME.root / "test.sqlite3")}
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
# Quick, and the same everywhere; the tests of a model name it.
INTAKE_EMBEDDING = "wording"
