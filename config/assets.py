"""Static files: which of the packages' files are worth collecting, and whether that was done already."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

FINGERPRINT = ".collected"


class AssetsConfig(StaticFilesConfig):
    """Django's static files without what no page of ours uses: a third of the files, most of the time."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "rest_framework/*",  # the browsable API is off; /api/v1/docs is ours
        "drf_spectacular_sidecar/redoc/*",
        "django_htmx/*-4*",
        "django_htmx/ext/*",
    ]


def collect(root: Path) -> bool:
    """Collect static files into `root` unless exactly these are there. True when there was something to do.

    A change of any file's size or time is noticed; the listing costs milliseconds, the compression seconds.
    """
    mark = root / FINGERPRINT
    wanted = fingerprint()
    if mark.is_file() and mark.read_text() == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(wanted)
    return True


def fingerprint() -> str:
    """A digest over path, size and time of everything that would be collected."""
    return hashlib.sha256("\n".join(sorted(_facts())).encode()).hexdigest()


def _facts() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list(AssetsConfig.ignore_patterns):
            facts = Path(storage.path(path)).stat()
            yield f"{path} {facts.st_size} {facts.st_mtime_ns}"
