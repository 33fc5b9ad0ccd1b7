"""The directory of a clinic: the patients whose charts files are filed in."""

import re
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from clinics.models import Clinic
from patients import index
from patients.index_models import DirectoryState, IndexedPatient, PatientKey, Tally
from patients.roster_models import Roster, RosterMapping, RosterRow

__all__ = [
    "DirectoryState",
    "FilenamePattern",
    "IndexedPatient",
    "Patient",
    "PatientKey",
    "PatientMerge",
    "PatientQuerySet",
    "Roster",
    "RosterMapping",
    "RosterRow",
    "Tally",
    "mrn_key_of",
]

_NOT_IN_A_NUMBER = re.compile(r"[^0-9A-Za-z]")


def mrn_key_of(mrn: str) -> str:
    """The form in which record numbers are compared: upper case, no punctuation, no leading zeros."""
    return _NOT_IN_A_NUMBER.sub("", mrn).upper().lstrip("0")


class PatientQuerySet(models.QuerySet["Patient"]):
    """Questions about one clinic's patients."""

    def of(self, clinic: Clinic) -> "PatientQuerySet":
        """The patients of `clinic`, and nobody else's."""
        return self.filter(clinic=clinic)

    def living(self) -> "PatientQuerySet":
        """Those a file may be filed under: not merged into another record."""
        return self.filter(merged_into__isnull=True)

    @transaction.atomic
    def delete(self) -> tuple[int, dict[str, int]]:
        """Nobody is found, and no word counted, for a patient who is gone."""
        index.take_out(self.values_list("pk", flat=True))
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Patient(models.Model):
    """A person with a record number in one clinic."""

    class Sex(models.TextChoices):
        """As written in the directory; empty where it is not known."""

        UNKNOWN = "", "Not known"
        FEMALE = "F", "Female"
        MALE = "M", "Male"
        OTHER = "X", "Other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    mrn = models.CharField("record number", max_length=64)
    mrn_key = models.CharField(max_length=64, editable=False)
    family_name = models.CharField(max_length=200)
    given_names = models.CharField(max_length=200, blank=True)
    suffix = models.CharField(max_length=32, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True, default="")
    provisional = models.BooleanField(default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="patient_records",
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["family_name", "given_names", "mrn"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "mrn"], name="one_record_number_per_clinic")
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "mrn_key"], name="patient_by_number"),
            models.Index(fields=["clinic", "family_name", "given_names"], name="patient_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.mrn})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the comparable form of the record number beside the number itself."""
        self.mrn_key = mrn_key_of(self.mrn)
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """As a queryset does it: words and keys go with the row."""
        index.take_out([self.pk])
        return super().delete(*args, **kwargs)

    @property
    def display_name(self) -> str:
        """`GARZA TIJERINA, María Esther`, as a chart's label writes it."""
        name = f"{self.family_name}, {self.given_names}".strip(", ")
        return f"{name} {self.suffix}".strip()


class FilenamePattern(models.Model):
    """A clinic's own pattern for file names, in the language of `patients.filename_patterns.language`."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="filename_patterns")
    text = models.CharField(max_length=200)
    # The first pattern that fits a name reads it.
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "text"], name="one_filename_pattern_per_text")
        ]

    def __str__(self) -> str:
        return self.text


class PatientMerge(models.Model):
    """One record that was merged into another, and what moved with it, so that it can be unmerged."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="absorbed")
    # {"images": [ids], "documents": [ids], "files": [ids], "batches": [ids]}: what changed charts.
    moved = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(default=timezone.now, editable=False)
    unmerged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unmerged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-merged_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=models.Q(unmerged_at__isnull=True),
                name="one_living_merge_per_record",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
