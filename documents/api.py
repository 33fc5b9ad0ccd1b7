"""The REST calls on documents: facts, pictures of the first page, and the original."""

from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinics import audit
from clinics.access import VIEW, Access, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import AnyAccept
from documents import serving
from documents.models import Document
from files.kinds import FileKind

_HELD = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold.")
_DRAWN = answers(
    {(200, "image/jpeg"): OpenApiTypes.BINARY, 304: OpenApiResponse(description="As you hold it.")}, 404, 503
)
_ORIGINAL = answers(
    {(200, kind.media_type): OpenApiTypes.BINARY for kind in FileKind if kind.is_document}, 404, 409, 503
)


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A document; it is in a chart when it has a patient. Sizes in bytes, addresses relative."""

    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    twin_of = serializers.UUIDField(source="twin_of_id", read_only=True, allow_null=True)
    name = serializers.CharField(source="source_name", read_only=True)
    size = serializers.IntegerField(source="size_bytes", read_only=True)
    has_text = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    preview_url = serializers.SerializerMethodField()
    original_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            *("id", "patient_id", "name", "kind", "size", "sha256", "page_count", "has_text"),
            *("processing_type", "encounter", "template", "warnings", "twin_of", "filed_at", "created_at"),
            *("thumbnail_url", "preview_url", "original_url"),
        ]
        read_only_fields = fields

    def get_has_text(self, document: Document) -> bool:
        """False for a scan without a text layer."""
        return bool(document.facts.get("has_text"))

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


class DocumentView(APIView):
    """`/documents/{id}`"""

    @extend_schema(operation_id="documents_get", responses=answers({200: DocumentSerializer}, 404))
    def get(self, request: Request, document_id: UUID) -> Response:
        """Facts of one document."""
        access, document = _own(request, document_id)
        audit.record("record-read", clinic=access.clinic, actor=access.user, target=document)
        return Response(DocumentSerializer(document).data)


class ThumbnailView(APIView):
    """`/documents/{id}/thumbnail`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="documents_thumbnail", parameters=[_HELD], responses=_DRAWN)
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The first page as a JPEG of at most [150] px."""
        return _drawn(request, document_id, "thumbnail")


class PreviewView(APIView):
    """`/documents/{id}/preview`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="documents_preview", parameters=[_HELD], responses=_DRAWN)
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The first page as a JPEG of at most [800] px."""
        return _drawn(request, document_id, "preview")


class OriginalView(APIView):
    """`/documents/{id}/original`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="documents_original", responses=_ORIGINAL)
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The bytes that were sent, as a download."""
        access, document = _own(request, document_id)
        return serving.original(access, document)


def _drawn(request: Request, document_id: UUID, name: str) -> HttpResponseBase:
    access, document = _own(request, document_id)
    return serving.variant(access, document, name, if_none_match=request.headers.get("If-None-Match", ""))


def _own(request: Request, document_id: UUID) -> tuple[Access, Document]:
    access = require(request, VIEW)
    return access, get_or_404(Document.objects.of(access.clinic), access, document_id)
