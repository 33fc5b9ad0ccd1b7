"""The web server's door: gunicorn's threads call `application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.celery import app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()
# A request rings the broker's bell and does not stand at its door: a worker may wait for it, a person not.
app.conf.broker_transport_options |= {
    "socket_timeout": settings.INTAKE_BELL_SECONDS,
    "socket_connect_timeout": settings.INTAKE_BELL_SECONDS,
    "retry_on_timeout": False,
    "max_retries": 0,
}
