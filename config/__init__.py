"""The installation: settings, queue, mount points, health, supervisor; knows every app, no app knows it."""

import os

# Before NumPy is imported: there are as many processes as processors, and threads of one that wait for those
# of another made a search by meaning ten times as slow on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from config.celery import app as celery_app  # after the line above

__all__ = ["celery_app"]
