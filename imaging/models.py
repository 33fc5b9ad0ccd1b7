"""Pictures as clinical records: what was filed, in whose chart, and the sizes drawn from it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from clinics.access import REVIEW, Access
from clinics.models import Clinic
from patients.models import Patient


class ImageQuerySet(models.QuerySet["Image"]):
    """Questions about one clinic's pictures."""

    def of(self, clinic: Clinic) -> "ImageQuerySet":
        """The pictures of `clinic`, and nobody else's."""
        return self.filter(clinic=clinic)

    def seen_by(self, access: Access) -> "ImageQuerySet":
        """The clinic's pictures that this person may see: those in charts, and for who reviews also those
        that are held. Lists, pages, text, drawings, originals, search and REST all ask here.
        """
        rows = self.of(access.clinic)
        return rows if access.may(REVIEW) else rows.filed()

    def filed(self) -> "ImageQuerySet":
        """Those that are in a chart."""
        return self.filter(patient__isnull=False)


class Image(models.Model):
    """One picture; in a chart when it has a patient, held for review while it has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="images")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="images"
    )
    sha256 = models.CharField(max_length=64)
    twin_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="kept_twins"
    )
    is_twin = models.BooleanField(default=False)
    original_key = models.CharField(max_length=200, blank=True)
    source_name = models.TextField(blank=True)
    kind = models.CharField(max_length=16)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    frames = models.PositiveIntegerField(default=1)
    captured_at = models.DateTimeField(null=True, blank=True)
    pixel_hash = models.CharField(max_length=16, blank=True)
    facts = models.JSONField(default=dict)
    filed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-captured_at", "-created_at"]
        constraints: ClassVar = [
            # Two workers with the same bytes at the same moment: this index decides which one is the twin.
            models.UniqueConstraint(
                fields=["clinic", "sha256"], condition=Q(is_twin=False), name="one_image_per_bytes"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "captured_at"], name="image_by_moment"),
            models.Index(fields=["patient", "-captured_at"], name="image_by_chart"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Variant(models.Model):
    """A smaller JPEG drawn from a picture: `thumbnail`, `preview`, or a size the operator added."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    key = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["image", "name"], name="one_variant_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.width}×{self.height}"
