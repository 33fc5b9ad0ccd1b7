"""Turns an examined picture into an Image with its variants, in a chart or held for review."""

from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import timezone

from clinics.models import Clinic
from files import drawings
from files.examined import Examined
from files.kinds import FileKind
from imaging.models import Image, Variant
from patients.models import Patient

JOB = "imaging.decode:examine"
DICOM_JOB = "imaging.dicom.job:examine"
_KEPT_FACTS = (
    *("camera", "orientation", "captured_subsec", "warnings"),
    *("modality", "body_part", "laterality", "study_date", "transfer_syntax"),
    *("study_uid", "series_uid", "instance_uid"),
)


def job_arguments(kind: FileKind) -> dict[str, object]:
    """What the sandboxed reader of pictures is told: the limits, the sizes to draw, and the day it is."""
    return {
        **dicom_arguments(kind),
        "kind": str(kind),
        "max_frames": settings.INTAKE_MAX_FRAMES,
        "today": timezone.localdate().isoformat(),
    }


def dicom_arguments(_kind: FileKind) -> dict[str, object]:
    """What the sandboxed reader of DICOM is told; it decodes one frame, however many there are."""
    return {
        "max_pixels": settings.INTAKE_MAX_PIXELS,
        "variants": [{"name": name, "side_px": side} for name, side in settings.INTAKE_VARIANTS.items()],
    }


def find_twin(clinic: Clinic, sha256: str, *, besides: UUID) -> Image | None:
    """The picture with the same bytes in this clinic; other clinics are never asked."""
    return Image.objects.of(clinic).filter(sha256=sha256, is_twin=False).exclude(pk=besides).first()


def create(
    examined: Examined, clinic: Clinic, *, patient: Patient | None, original_key: str, twin: Image | None
) -> Image:
    """Write the rows of one picture; its variants must be in storage already.

    Raises IntegrityError when another picture with these bytes came first and no `twin` is named.
    """
    facts = examined.facts
    image = Image.objects.create(
        id=examined.record_id,
        clinic=clinic,
        patient=patient,
        sha256=examined.sha256,
        twin_of=twin,
        is_twin=twin is not None,
        original_key=original_key,
        source_name=examined.name,
        kind=examined.kind,
        size_bytes=examined.size_bytes,
        width=facts["width"],
        height=facts["height"],
        frames=facts["frames"],
        captured_at=captured_at(facts, clinic),
        pixel_hash=facts["pixel_hash"],
        facts={name: facts[name] for name in _KEPT_FACTS if name in facts},
        filed_at=timezone.now() if patient else None,
    )
    Variant.objects.bulk_create(Variant(image=image, **row) for row in drawings.rows(examined, clinic.pk))
    return image


def captured_at(facts: dict[str, Any], clinic: Clinic) -> datetime | None:
    """EXIF knows no time zone, so the camera's clock is read as the clinic's own."""
    text = facts.get("captured_at")
    return datetime.fromisoformat(text).replace(tzinfo=_zone(clinic)) if text else None


def _zone(clinic: Clinic) -> tzinfo:
    try:
        return ZoneInfo(clinic.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
