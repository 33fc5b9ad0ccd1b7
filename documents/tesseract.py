"""Is text recognition here? Tesseract is the operator's to install, and never needed to file a document."""

import shutil
import subprocess
from dataclasses import dataclass

from django.conf import settings

ORIENTATION = "osd"
"""Not a language: with it, pages that lie on their side are turned first."""

_ANSWER_SECONDS = 10
CURE = (
    "On Debian: apt-get install tesseract-ocr tesseract-ocr-spa. Pages that wait are then read by themselves."
)


@dataclass(frozen=True)
class Engine:
    """The program, and the languages of ours that it knows."""

    program: str
    languages: tuple[str, ...]


def find_engine() -> Engine | None:
    """Tesseract with at least one of the languages that are wanted; None where there is none.

    Looked for each time, so that a worker notices when it is installed.
    """
    program = shutil.which("tesseract")
    if program is None:
        return None
    known = _languages_of(program)
    wanted = [language for language in settings.INTAKE_OCR_LANGUAGES if language in known]
    if not wanted:
        return None
    return Engine(program, (*wanted, ORIENTATION) if ORIENTATION in known else tuple(wanted))


def missing_languages(engine: Engine) -> list[str]:
    """Languages that are wanted and that the program does not know."""
    return [language for language in settings.INTAKE_OCR_LANGUAGES if language not in engine.languages]


def _languages_of(program: str) -> set[str]:
    try:
        done = subprocess.run(  # noqa: S603 - the program that the operator's PATH gave
            [program, "--list-langs"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(done.stdout.split())
