"""Documents as clinical records: what was filed, its pages of text, and the pictures of its first page."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from clinics.access import REVIEW, Access
from clinics.models import Clinic
from documents.search_models import PageWords, Passage, SearchState
from patients.models import Patient

__all__ = [
    "USUAL_PROCESSING",
    "Document",
    "DocumentQuerySet",
    "DocumentVariant",
    "Page",
    "PageWords",
    "Passage",
    "ProcessingType",
    "SearchState",
]


class ProcessingType(models.TextChoices):
    """What is done with a document's text.

    Of a vectorized one no page keeps its text; its passages are kept for search by meaning, and never shown.
    """

    VECTORIZED = "vectorized", "Searchable by meaning only"
    COMPLETE = "complete", "Full text kept"
    BOTH = "both", "Full text and search by meaning"


USUAL_PROCESSING = ProcessingType.BOTH
"""What a batch does where nobody chose: whoever searches by meaning finds it, and whoever reads it can."""


class TextSource(models.TextChoices):
    """Where the text of a page comes from, or why there is none yet."""

    LAYER = "layer", "Text layer"
    OCR = "ocr", "Recognised"
    WAITING = "waiting", "Waits to be recognised"
    FAILED = "failed", "Could not be recognised"


class TypeCode(models.Model):
    """One kind of document that the clinic knows, by the code that its file names end with.

    A retired one is offered no more, and documents that bear it keep it.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="type_codes")
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=100)
    is_retired = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "code"], name="one_type_code_per_clinic")
        ]

    def __str__(self) -> str:
        return self.code


class DocumentQuerySet(models.QuerySet["Document"]):
    """Questions about one clinic's documents."""

    def of(self, clinic: Clinic) -> "DocumentQuerySet":
        """The documents of `clinic`, and nobody else's."""
        return self.filter(clinic=clinic)

    def seen_by(self, access: Access) -> "DocumentQuerySet":
        """The clinic's documents that this person may see: those in charts, and for who reviews also those
        that are held. Lists, pages, text, drawings, originals, search and REST all ask here.
        """
        rows = self.of(access.clinic)
        return rows if access.may(REVIEW) else rows.filed()

    def filed(self) -> "DocumentQuerySet":
        """Those that are in a chart."""
        return self.filter(patient__isnull=False)


class Document(models.Model):
    """One document; in a chart when it has a patient, held for review while it has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="documents")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="documents"
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
    page_count = models.PositiveIntegerField()
    processing_type = models.CharField(
        max_length=16, choices=ProcessingType.choices, default=ProcessingType.COMPLETE
    )
    encounter = models.CharField(max_length=64, blank=True)
    template = models.CharField(max_length=64, blank=True)
    # What the file name says: the number of the episode, and the kind of document by the clinic's own codes.
    episode = models.CharField("episode number", max_length=64, blank=True)
    type_code = models.CharField("type of document", max_length=16, blank=True)
    # "es", "en", or empty where the text does not tell.
    language = models.CharField(max_length=8, blank=True)
    # Pages wait to be recognised, or to be handed to search; and until when a worker has them.
    is_reading = models.BooleanField(default=False, editable=False)
    reading_until = models.DateTimeField(null=True, blank=True, editable=False)
    facts = models.JSONField(default=dict)
    filed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            # Two workers with the same bytes at the same moment: this index decides which one is the twin.
            models.UniqueConstraint(
                fields=["clinic", "sha256"], condition=Q(is_twin=False), name="one_document_per_bytes"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-created_at"], name="document_by_chart"),
            models.Index(fields=["clinic", "type_code", "-created_at"], name="document_by_type"),
            models.Index(fields=["created_at"], condition=Q(is_reading=True), name="document_being_read"),
            # Every search by meaning says how many documents it does not look at.
            models.Index(
                fields=["clinic", "patient"],
                condition=Q(processing_type="complete"),
                name="document_by_words",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_text_shown(self) -> bool:
        """Can its text be read here? Of one that is searchable by meaning only, no page and no line can."""
        return self.processing_type != ProcessingType.VECTORIZED


class Page(models.Model):
    """The text of one page, as its text layer has it or as it was recognised.

    A document that is searchable by meaning only has its pages here without their text.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    source = models.CharField(max_length=8, choices=TextSource.choices, default=TextSource.LAYER)
    # Mean confidence of the recognised words, 0 to 100; 0 where none of what stands there was recognised,
    # none where nothing stands there.
    confidence = models.FloatField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    # How often a worker has begun to recognise it; one that dies with it is counted.
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="one_text_per_page")
        ]
        indexes: ClassVar = [
            models.Index(fields=["document"], condition=Q(source="waiting"), name="page_that_waits")
        ]

    def __str__(self) -> str:
        return f"page {self.number}"

    @property
    def is_unread(self) -> bool:
        """Does something stand there of which recognition made no word, a handwritten or a faint page?"""
        return self.source == TextSource.OCR and self.confidence == 0

    @property
    def is_unsure(self) -> bool:
        """Were its words recognised with less than [75] of 100, so that they want to be read with care?"""
        return self.confidence is not None and self.confidence < settings.INTAKE_OCR_LOW_CONFIDENCE


class DocumentVariant(models.Model):
    """A JPEG of the first page: `thumbnail`, `preview`, or a size the operator added."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    key = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "name"], name="one_document_variant_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.width}×{self.height}"
