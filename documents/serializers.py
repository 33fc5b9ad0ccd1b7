"""How documents, their pages and their types are written by the REST interface."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from clinics.api.shapes import ListShape, PageQuery
from documents.models import Document, Page, TextSource
from documents.spoken import NAMES, languages_of
from documents.types import DocumentType


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A document; it is in a chart when it has a patient. Sizes in bytes, addresses relative. `language` is
    that of the whole text, empty where it is in none clearly; `languages` are also those of single pages.
    `sha256` and `size` are those of the bytes that are kept.
    """

    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    twin_of = serializers.UUIDField(source="twin_of_id", read_only=True, allow_null=True)
    name = serializers.CharField(source="source_name", read_only=True)
    size = serializers.IntegerField(source="size_bytes", read_only=True)
    has_text = serializers.SerializerMethodField()
    languages = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    preview_url = serializers.SerializerMethodField()
    original_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            *("id", "patient_id", "name", "kind", "size", "sha256", "page_count", "has_text", "language"),
            "languages",
            *("processing_type", "encounter", "template", "episode", "type_code", "warnings", "twin_of"),
            *("is_reading", "filed_at", "created_at", "thumbnail_url", "preview_url", "original_url"),
        ]
        read_only_fields = fields

    def get_has_text(self, document: Document) -> bool:
        """False for a scan that was not recognised yet, and for one on which nothing stands."""
        return bool(document.facts.get("has_text"))

    def get_languages(self, document: Document) -> list[str]:
        """`es`, `en`, both or none."""
        return self._languages[document.pk]

    @cached_property
    def _languages(self) -> dict[UUID, list[str]]:
        """Of every document that is written, by one query."""
        written: Any = self.root.instance
        return languages_of([written] if isinstance(written, Document) else written)

    def get_warnings(self, document: Document) -> list[str]:
        """Codes of what was odd about the file, though it could be read."""
        return list(document.facts.get("warnings") or ())

    def get_thumbnail_url(self, document: Document) -> str:
        """[150] px."""
        return reverse("documents_api:thumbnail", args=[document.pk])

    def get_preview_url(self, document: Document) -> str:
        """[800] px."""
        return reverse("documents_api:preview", args=[document.pk])

    def get_original_url(self, document: Document) -> str | None:
        """Null while the document waits for review."""
        return reverse("documents_api:original", args=[document.pk]) if document.original_key else None


class DocumentListSerializer(ListShape):
    """One page of documents, the newest first."""

    documents = DocumentSerializer(many=True)


class DocumentQuery(PageQuery):
    """Which documents."""

    patient_id = serializers.UUIDField(required=False)
    type_code = serializers.CharField(max_length=16, required=False)
    language = serializers.ChoiceField(choices=list(NAMES), required=False)


class PageSerializer(serializers.ModelSerializer[Page]):
    """One page. `text_source`: from its text `layer`, by `ocr`, or `waiting` and `failed` for none yet.

    `confidence` is that of recognition, 0 to 100: 0 where something stands on the page and no word of it was
    recognised, null where nothing does. With `is_unsure` the original wants to be looked at. Of a document of
    the type `vectorized` no text is shown, not even while it is being read.
    """

    text_source = serializers.ChoiceField(source="source", choices=TextSource.choices, read_only=True)
    is_unsure = serializers.BooleanField(read_only=True)
    text = serializers.SerializerMethodField()

    class Meta:
        model = Page
        fields = ["number", "text", "text_source", "confidence", "is_unsure", "language", "error_code"]
        read_only_fields = fields

    def get_text(self, page: Page) -> str:
        """Empty where nothing is written on it, or where none is shown."""
        return page.text if page.document.is_text_shown else ""


class PagesSerializer(ListShape):
    """Pages of one document, in order."""

    pages = PageSerializer(many=True)


class TypeChangeSerializer(serializers.Serializer[Mapping[str, str]]):
    """Another kind of document; an empty code for none."""

    type_code = serializers.CharField(max_length=16, allow_blank=True)


class TypeSerializer(serializers.Serializer[DocumentType]):
    """One kind of document; a retired one is offered no more."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_retired = serializers.BooleanField()


class TypesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Every kind that the clinic has or had."""

    document_types = TypeSerializer(many=True)
