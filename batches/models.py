"""A batch, its files and the history of each: the record of what was dropped and what became of it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from batches.states import BatchStatus, FileStatus
from clinics.models import Clinic
from documents.models import Document, ProcessingType
from files.kinds import LIST_KINDS
from imaging.models import Image
from patients.models import Patient, Roster


class Source(models.TextChoices):
    """Where the files of a batch come from."""

    DSLR = "DSLR", "Camera (DSLR)"
    MEMORY_CARD = "memory_card", "Memory card"
    PHONE = "phone", "Phone"
    SCANNER = "scanner", "Scanner"
    FOLDER_IMPORT = "folder_import", "Folder import"
    MIGRATION = "migration", "Migration"
    API = "api", "API"


class Priority(models.TextChoices):
    """Which queue the files of a batch wait in; the names of the Celery queues."""

    URGENT = "urgent", "Urgent"
    NORMAL = "normal", "Normal"
    BULK = "bulk", "Bulk"


class Start(models.TextChoices):
    """When the files of a batch are processed."""

    ON_ARRIVAL = "on_arrival", "As they arrive"
    MANUAL = "manual", "When somebody starts the batch"
    SCHEDULED = "scheduled", "At a given time"


class BatchQuerySet(models.QuerySet["Batch"]):
    """Questions about one clinic's batches."""

    def of(self, clinic: Clinic) -> "BatchQuerySet":
        """The batches of `clinic`, and nobody else's."""
        return self.filter(clinic=clinic)


class Batch(models.Model):
    """Files that were dropped together; its status is derived from theirs by `batches.transitions`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField(editable=False)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.FOLDER_IMPORT)
    status = models.CharField(
        max_length=16, choices=[(s, s) for s in BatchStatus], default=BatchStatus.PENDING, editable=False
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="batches"
    )
    processing_type = models.CharField(
        max_length=16, choices=ProcessingType.choices, default=ProcessingType.COMPLETE
    )
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    start = models.CharField(max_length=16, choices=Start.choices, default=Start.ON_ARRIVAL)
    scheduled_for = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    encounter = models.CharField(max_length=64, blank=True)
    template = models.CharField(max_length=64, blank=True)
    apply_clahe = models.BooleanField(default=False)
    # The pictures of each folder become the pages of one document, and since when they have.
    join_scans = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    expiry_warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Raised by every change of the batch or of one of its files, so that a page can ask "anything new?".
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        verbose_name_plural = "batches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="one_batch_number_per_clinic"),
            models.CheckConstraint(
                condition=Q(status__in=[str(s) for s in BatchStatus]), name="batch_status_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-created_at"], name="batch_by_clinic"),
            models.Index(fields=["status", "expires_at"], name="batch_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.batch_number

    @property
    def batch_number(self) -> str:
        """The number that people say to each other: `B-2026-00042`."""
        return f"B-{self.created_at:%Y}-{self.number:05d}"

    @property
    def is_running(self) -> bool:
        """Started, not paused, and neither cancelled nor expired: workers may take its files."""
        return self.started_at is not None and self.paused_at is None and not self.is_closed

    @property
    def waits_for_joining(self) -> bool:
        """Are its folders still to become documents, before any of its files is taken?"""
        return self.join_scans and self.joined_at is None

    @property
    def is_closed(self) -> bool:
        """Cancelled or expired: nothing can be added or started any more."""
        return self.status in {BatchStatus.CANCELLED, BatchStatus.EXPIRED}


class BatchFileQuerySet(models.QuerySet["BatchFile"]):
    """Questions about the files of one clinic."""

    def of(self, clinic: Clinic) -> "BatchFileQuerySet":
        """The files in batches of `clinic`, and nobody else's."""
        return self.filter(batch__clinic=clinic)


class BatchFile(models.Model):
    """One file of a batch: what was promised, what has come, what was found, and where it went."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files")
    path = models.TextField()
    size = models.PositiveBigIntegerField()
    modified_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=16, choices=[(s, s) for s in FileStatus], default=FileStatus.PENDING, editable=False
    )

    # Upload: this row, not the file's length, says how many bytes are safe (batches.tus).
    storage_key = models.CharField("temporary storage key", max_length=64, blank=True, editable=False)
    offset = models.PositiveBigIntegerField(default=0, editable=False)
    epoch = models.PositiveIntegerField(default=0, editable=False)
    received_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Processing: who holds the claim, and since when nobody does.
    attempts = models.PositiveIntegerField(default=0, editable=False)
    lost_claims = models.PositiveSmallIntegerField(default=0, editable=False)
    troubles = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    processed_at = models.DateTimeField(null=True, blank=True, editable=False)

    # What was found.
    kind = models.CharField(max_length=16, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    # Of the bytes as they came, where a password has turned them into others.
    locked_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="batch_files"
    )
    confidence = models.FloatField(null=True, blank=True, editable=False)
    decision = models.CharField(max_length=16, blank=True, editable=False)
    evidence = models.JSONField(default=dict, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    # With which state of the directory: that of `batches.context.moment_of_directory`.
    matched_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many things came since that may say whose it is: a patient card, a list.
    news = models.PositiveIntegerField(default=0, editable=False)
    # When and with what the picture was taken, by its camera.
    taken_at = models.DateTimeField(null=True, blank=True, editable=False)
    camera = models.CharField(max_length=200, blank=True, editable=False)
    # The record numbers that a wristband or label in the picture shows, where it is no card.
    label_numbers = models.JSONField(default=list, editable=False)
    # Somebody wants it although the same bytes are here already: the road no longer sets it aside.
    keep_both = models.BooleanField(default=False, editable=False)

    # Who is looking at it in review, since when, and until when nobody else is given it.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    review_since = models.DateTimeField(null=True, blank=True, editable=False)
    review_until = models.DateTimeField(null=True, blank=True, editable=False)

    # What it became, or why it did not.
    image = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    roster = models.ForeignKey(Roster, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    error_code = models.CharField(max_length=64, blank=True, editable=False)
    error_message = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BatchFileQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "path"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[str(s) for s in FileStatus]), name="file_status_is_known"
            ),
            models.CheckConstraint(condition=Q(offset__lte=models.F("size")), name="offset_within_size"),
            models.CheckConstraint(
                condition=~Q(status=FileStatus.COMPLETED)
                | Q(patient__isnull=False)
                | Q(kind__in=[str(kind) for kind in LIST_KINDS]),
                name="filed_means_a_patient",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "status"], name="file_by_batch_and_status"),
            models.Index(fields=["status", "lease_until"], name="file_by_claim"),
            models.Index(fields=["batch", "taken_at"], name="file_by_moment"),
            models.Index(fields=["batch"], condition=Q(news__gt=0), name="file_with_news"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        """The last part of the path, as the sender wrote it: data, never a path of ours."""
        return self.path.rpartition("/")[2]

    @property
    def sha256_as_sent(self) -> str:
        """Of the bytes as they came, which a password may have turned into others since; empty before."""
        return self.locked_sha256 or self.sha256

    @property
    def has_all_bytes(self) -> bool:
        """Every promised byte is in temporary storage."""
        return bool(self.storage_key) and self.offset == self.size


class FileEvent(models.Model):
    """One move of one file: when, from where to where, by whom and why; never changed afterwards."""

    file = models.ForeignKey(BatchFile, on_delete=models.CASCADE, related_name="events")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=16)
    code = models.CharField(max_length=64, blank=True)
    # What the person wrote who decided; shown in the histories, never logged.
    reason = models.TextField(blank=True)
    attempt = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["batch", "id"], name="event_by_batch")]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status} {self.code}".strip()


class ListedPatient(models.Model):
    """One line of a patient list that came with a batch: who is expected, or whose one path is."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="listed")
    file = models.ForeignKey(BatchFile, on_delete=models.CASCADE, related_name="listed")
    line = models.PositiveIntegerField()
    # Set in a mapping (path, record number); empty in a list of the day's patients.
    path = models.TextField(blank=True)
    mrn = models.CharField("record number", max_length=64, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    given_names = models.CharField(max_length=200, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    # Who that is in the directory, when it was read; empty for somebody who is not there.
    patient = models.ForeignKey(Patient, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["file", "line"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "line"], name="one_listed_patient_per_line")
        ]
        indexes: ClassVar = [models.Index(fields=["batch", "path"], name="listed_by_path")]

    def __str__(self) -> str:
        return f"line {self.line}"


class PatientCard(models.Model):
    """A photographed label or wristband: its record number holds for the shots after it."""

    file = models.OneToOneField(BatchFile, on_delete=models.CASCADE, related_name="card")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="cards")
    number = models.CharField("record number as read", max_length=64)
    captured_at = models.DateTimeField(null=True, blank=True)
    camera = models.CharField(max_length=200, blank=True)
    # When a person confirmed that it shows a card and nothing else; until then nothing removes it.
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["captured_at"]
        indexes: ClassVar = [models.Index(fields=["batch", "captured_at"], name="card_by_moment")]

    def __str__(self) -> str:
        return str(self.pk)


class MatchingTurn(models.Model):
    """Who matches a clinic's files again just now, and which message goes on after that (`batches.turns`)."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, primary_key=True, related_name="+")
    holder = models.UUIDField(null=True, editable=False)
    until = models.DateTimeField(null=True, editable=False)
    # Somebody has rung while it was held.
    asked = models.BooleanField(default=False, editable=False)
    ticket = models.UUIDField(null=True, editable=False)
    ticket_until = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.pk)


class ChartMove(models.Model):
    """One picture or document that somebody put into a chart, took out of one, or moved to another.

    Both charts show it; it outlives the batch that brought the file. Never changed afterwards.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    record_kind = models.CharField(max_length=16)
    record_id = models.UUIDField()
    # Empty where it came from review, or went back there.
    from_patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="departures"
    )
    to_patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="arrivals"
    )
    code = models.CharField(max_length=64)
    # What the person wrote who decided; shown in the charts, never logged.
    reason = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.record_kind} {self.record_id}"


class BatchUndo(models.Model):
    """Somebody wants back in review what a batch has filed; it ends when nothing is left to take out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="undos")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    # What is filed after this moment was decided anew, and stays.
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How often it went through what is left and something could not be taken out.
    troubles = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering: ClassVar = ["-asked_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch"], condition=Q(ended_at__isnull=True), name="one_undo_at_a_time_per_batch"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
