"""Questions and the passages that answer them, by hand, in English and Spanish; see `benchmarks/search.py`.

Importing this makes Django ready, before any module beside it imports a model.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()
