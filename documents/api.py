"""The REST calls on documents: lists, facts, text, types, pictures of the first page, and the original."""

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinics import audit
from clinics.access import REVIEW, VIEW, Access, get_or_404, require
from clinics.api.problems import answers
from clinics.api.shapes import AnyAccept, PageQuery, checked, page_of
from documents import serving
from documents.models import Document
from documents.serializers import (
    DocumentListSerializer,
    DocumentQuery,
    DocumentSerializer,
    PageSerializer,
    PagesSerializer,
    TypeChangeSerializer,
    TypesSerializer,
)
from documents.spoken import spoken_in
from documents.types import types_of
from documents.types_actions import change_type
from files.kinds import FileKind

_HELD = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold.")
_DRAWN = answers(
    {(200, "image/jpeg"): OpenApiTypes.BINARY, 304: OpenApiResponse(description="As you hold it.")}, 404, 503
)
_ORIGINAL = answers(
    {(200, kind.media_type): OpenApiTypes.BINARY for kind in FileKind if kind.is_document}, 404, 409, 503
)


class DocumentsView(APIView):
    """`/documents`"""

    @extend_schema(
        operation_id="documents_list",
        parameters=[DocumentQuery],
        responses=answers({200: DocumentListSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """Documents by patient, type and language, also that of one page; those that wait for review only for
        who may review.
        """
        access = require(request, VIEW)
        query = checked(DocumentQuery, request.query_params)
        wanted = {name: query[name] for name in ("patient_id", "type_code") if name in query}
        rows = Document.objects.seen_by(access).filter(**wanted)
        if "language" in query:
            rows = spoken_in(rows, query["language"])
        page = page_of(rows, query)
        audit.record("documents-listed", clinic=access.clinic, actor=access.user, documents=len(page.rows))
        return Response(page.listed("documents", DocumentSerializer(page.rows, many=True).data))


class TypesView(APIView):
    """`/document-types`"""

    @extend_schema(operation_id="document_types", responses=answers({200: TypesSerializer}))
    def get(self, request: Request) -> Response:
        """The clinic's kinds of document by their codes."""
        access = require(request, VIEW)
        return Response({"document_types": [vars(each) for each in types_of(access.clinic)]})


class PagesView(APIView):
    """`/documents/{id}/pages`"""

    @extend_schema(
        operation_id="documents_pages",
        parameters=[PageQuery],
        responses=answers({200: PagesSerializer}, 400, 404),
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The text of the pages, and how it was read."""
        access, document = _own(request, document_id)
        query = checked(PageQuery, request.query_params)
        page = page_of(document.pages.all(), query)
        audit.record("text-read", clinic=access.clinic, actor=access.user, target=document)
        return Response(page.listed("pages", PageSerializer(page.rows, many=True).data))


class DocumentTypeView(APIView):
    """`/documents/{id}/type`"""

    @extend_schema(
        operation_id="documents_type",
        request=TypeChangeSerializer,
        responses=answers({200: DocumentSerializer}, 400, 404),
    )
    def put(self, request: Request, document_id: UUID) -> Response:
        """Give the document another kind, one of the clinic's own."""
        access = require(request, REVIEW)
        document = get_or_404(Document.objects.seen_by(access), access, document_id)
        change_type(
            access=access, document=document, code=checked(TypeChangeSerializer, request.data)["type_code"]
        )
        document.refresh_from_db()
        return Response(DocumentSerializer(document).data)


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
        """The bytes that were sent, as a download.

        Of a PDF that came encrypted (warning `was-encrypted`) it is the copy that its password has opened:
        that one is kept, and needs no password.
        """
        access, document = _own(request, document_id)
        return serving.original(access, document)


def _drawn(request: Request, document_id: UUID, name: str) -> HttpResponseBase:
    access, document = _own(request, document_id)
    return serving.variant(access, document, name, if_none_match=request.headers.get("If-None-Match", ""))


def _own(request: Request, document_id: UUID) -> tuple[Access, Document]:
    access = require(request, VIEW)
    return access, get_or_404(Document.objects.seen_by(access), access, document_id)
