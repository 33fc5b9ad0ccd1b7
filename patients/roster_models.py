"""A list of patients on its way into the directory: the file, its rows, and how its columns were understood.

Its bytes stay in staging for as long as the record lives, so that it can be read again without being sent
again. `patients.rosters` writes these rows; charts know nothing of them.
"""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from clinics.models import Clinic
from patients.roster_states import BUSY, Outcome, RosterStatus, can_be_mended


class RosterQuerySet(models.QuerySet["Roster"]):
    """Questions about one clinic's rosters."""

    def of(self, clinic: Clinic) -> "RosterQuerySet":
        """The rosters of `clinic`, and nobody else's."""
        return self.filter(clinic=clinic)


class Roster(models.Model):
    """One list of patients that was sent to be brought into the directory."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.TextField("file name")
    # The number of the batch that it came with; empty where it was sent by itself.
    origin = models.CharField(max_length=32, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=64, editable=False)
    # Nobody where a command or a device of ours sent it.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(
        max_length=16, choices=[(s, s) for s in RosterStatus], default=RosterStatus.PENDING, editable=False
    )
    # Raised by every move, so that a page can ask "anything new?".
    version = models.PositiveIntegerField(default=0, editable=False)

    # What was asked: {column: field}, null for "find out"; apply it as soon as it is read, and by whom.
    mapping = models.JSONField(null=True, blank=True)
    is_wanted = models.BooleanField(default=False, editable=False)
    leaves_out_duplicates = models.BooleanField(default=False, editable=False)
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # How it was read: {format, encoding, delimiter, sheet, sheets,
    # columns: [{index, header, field, samples}]}.
    reading = models.JSONField(default=dict, editable=False)
    # Its rows in numbers: as it was read, and as they came out.
    previewed = models.JSONField(default=dict, editable=False)
    counts = models.JSONField(default=dict, editable=False)

    # Work: who holds the claim, and since when nobody does.
    attempts = models.PositiveIntegerField(default=0, editable=False)
    lost_claims = models.PositiveSmallIntegerField(default=0, editable=False)
    troubles = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)

    error_code = models.CharField(max_length=64, blank=True, editable=False)
    error_message = models.TextField(blank=True, editable=False)
    read_at = models.DateTimeField(null=True, blank=True, editable=False)
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undo_reason = models.TextField(blank=True, editable=False)

    objects = RosterQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[str(s) for s in RosterStatus]), name="roster_status_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-created_at"], name="roster_by_clinic"),
            models.Index(fields=["status", "lease_until"], name="roster_by_claim"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_busy(self) -> bool:
        """Does it wait for a worker, or is one at it?"""
        return self.status in BUSY

    @property
    def can_be_retried(self) -> bool:
        """Has it failed by something that may have passed? What is wrong with the file itself has not."""
        return self.status == RosterStatus.FAILED and can_be_mended(self.error_code)

    @property
    def undo_until(self) -> datetime | None:
        """Until when it can be taken back; None where it was never applied."""
        return self.applied_at + timedelta(days=settings.INTAKE_ROSTER_UNDO_DAYS) if self.applied_at else None

    @property
    def can_be_undone(self) -> bool:
        """Is it applied, and its time not over?"""
        until = self.undo_until
        return self.status == RosterStatus.APPLIED and until is not None and timezone.now() < until


class RosterRow(models.Model):
    """One line of a roster as it was understood, and what it did to the directory, or would do.

    `patient` is chosen when the row is read, also for somebody who is not in the directory yet: then it is
    the identifier that the new record will have. So applying half a million rows writes none of them again.
    """

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    mrn = models.CharField("record number", max_length=64)
    family_name = models.CharField(max_length=200)
    given_names = models.CharField(max_length=200)
    suffix = models.CharField(max_length=32)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=1)
    outcome = models.CharField(max_length=9, choices=[(o, o) for o in Outcome])
    # Why it is refused: a stable code, and the sentence.
    code = models.CharField(max_length=32)
    why = models.TextField()
    patient = models.ForeignKey(
        "patients.Patient",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # Somebody of the directory who may be the same person under another number.
    look_alike = models.ForeignKey(
        "patients.Patient",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # {field: old value} of what it changes.
    before = models.JSONField(null=True)
    # Why an undo has left it as it is.
    kept = models.TextField()

    class Meta:
        ordering: ClassVar = ["roster", "line"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["roster", "line"], name="one_roster_row_per_line")
        ]
        indexes: ClassVar = [
            models.Index(fields=["roster", "outcome", "line"], name="roster_row_by_outcome"),
            models.Index(
                fields=["roster", "line"], condition=Q(look_alike__isnull=False), name="roster_row_look_alike"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"


class RosterMapping(models.Model):
    """How a clinic once said that the columns under these headers are meant; used when they come again."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    # Of the headers in their order, folded.
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "signature"], name="one_roster_mapping_per_header")
        ]

    def __str__(self) -> str:
        return self.signature[:12]
