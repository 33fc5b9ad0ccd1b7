"""The people and rules around every file: users, clinics, memberships, tokens, and what was done by whom."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person or a device that signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class Clinic(models.Model):
    """A tenant: nothing of one clinic is ever seen by another."""

    class BareNumber(models.TextChoices):
        """When a record number alone may assign a file."""

        CHECK_DIGIT = "check_digit", "Only where the numbers carry a verified check digit"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    class CheckDigit(models.TextChoices):
        """The check digit that the product has verified on the clinic's own directory."""

        NONE = "", "None verified"
        LUHN = "luhn", "Luhn"
        MOD11 = "mod11", "Modulus 11"

    class UnknownPatients(models.TextChoices):
        """What becomes of a file that names, in full, somebody who is not in the directory."""

        HOLD = "hold", "Hold it for review"
        PROVISIONAL = "provisional", "File it under a new provisional patient"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=8, default="en")
    max_files_per_batch = models.PositiveIntegerField(default=100, validators=[MinValueValidator(1)])
    max_file_bytes = models.PositiveBigIntegerField(
        default=50 * 1024 * 1024, validators=[MinValueValidator(1)]
    )
    batch_expiry_hours = models.PositiveIntegerField(default=24, validators=[MinValueValidator(1)])
    retention_days = models.PositiveIntegerField(default=30, validators=[MinValueValidator(1)])
    assign_confidence = models.FloatField(
        default=0.95, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    review_confidence = models.FloatField(
        default=0.60, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    bare_number_policy = models.CharField(
        max_length=16, choices=BareNumber.choices, default=BareNumber.CHECK_DIGIT
    )
    check_digit = models.CharField(max_length=8, choices=CheckDigit.choices, blank=True, default="")
    name_alone = models.BooleanField(
        "a full, clear name alone may assign",
        default=False,
        help_text="Breaks with two identifiers: about one wrong file in ten thousand.",
    )
    unknown_patients = models.CharField(
        max_length=16, choices=UnknownPatients.choices, default=UnknownPatients.HOLD
    )
    card_pause_minutes = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    review_claim_minutes = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1)])
    unmerge_days = models.PositiveSmallIntegerField(default=30)
    # When a patient last came, changed or went: what waits in review and was matched before is tried again.
    directory_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def file_limit_bytes(self) -> int:
        """How large a file may be: the clinic's own limit, never above the installation's."""
        return min(self.max_file_bytes, settings.INTAKE_MAX_FILE_BYTES)


class Role(models.TextChoices):
    """What a member does in a clinic; `clinics.access` says what each role may do."""

    ADMIN = "admin", "Administrator"
    CLINICIAN = "clinician", "Clinician"
    REVIEWER = "reviewer", "Reviewer"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """One user's place in one clinic."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "clinic"], name="one_membership_per_clinic")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.clinic} · {self.get_role_display()}"


class ApiToken(models.Model):
    """A key for scripts and devices; only its digest is kept, so it is shown once and never again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.user})"


class AuditIsAppendOnlyError(Exception):
    """Somebody tried to change or delete an audit row."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Reads and appends; refuses everything else."""

    def update(self, **_kwargs: Any) -> int:
        """Never: an audit row is written once."""
        raise AuditIsAppendOnlyError

    def delete(self) -> tuple[int, dict[str, int]]:
        """Never: an audit row stays."""
        raise AuditIsAppendOnlyError


class AuditEntry(models.Model):
    """One thing that somebody did, or was refused; holds identifiers, never names."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=32, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-id"], name="audit_by_clinic"),
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append this row; a row that already exists is refused."""
        if not self._state.adding:
            raise AuditIsAppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never: an audit row stays."""
        raise AuditIsAppendOnlyError
