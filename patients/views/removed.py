"""The pattern that was removed last, kept in the session so that it can be put back."""

from dataclasses import dataclass

from django.http import HttpRequest

from clinics.models import Clinic
from patients.models import FilenamePattern

_KEY = "removed_pattern"


@dataclass(frozen=True)
class RemovedPattern:
    """What it said, and where it stood."""

    text: str
    position: int


def remember_removed(request: HttpRequest, pattern: FilenamePattern) -> None:
    """Keep what is about to go."""
    kept = {"clinic": str(pattern.clinic_id), "text": pattern.text, "position": pattern.position}
    request.session[_KEY] = kept


def removed_pattern(request: HttpRequest, clinic: Clinic) -> RemovedPattern | None:
    """The last one that was removed from this clinic in this session, if it is not back."""
    kept = request.session.get(_KEY)
    if not kept or kept["clinic"] != str(clinic.pk):
        return None
    return RemovedPattern(kept["text"], kept["position"])


def forget_removed(request: HttpRequest) -> None:
    """It is back, or the next thing was done."""
    request.session.pop(_KEY, None)
