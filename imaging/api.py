"""The REST calls on pictures: facts, the sizes drawn from them, and the original."""

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
from files.kinds import FileKind
from imaging import serving
from imaging.models import Image

_HELD = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold.")
_DRAWN = answers(
    {(200, "image/jpeg"): OpenApiTypes.BINARY, 304: OpenApiResponse(description="As you hold it.")}, 404, 503
)
_ORIGINAL = answers(
    {(200, kind.media_type): OpenApiTypes.BINARY for kind in FileKind if kind.is_image}, 404, 409, 503
)


class ImageSerializer(serializers.ModelSerializer[Image]):
    """A picture; it is in a chart when it has a patient. Sizes in bytes and pixels, addresses relative."""

    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    twin_of = serializers.UUIDField(source="twin_of_id", read_only=True, allow_null=True)
    name = serializers.CharField(source="source_name", read_only=True)
    size = serializers.IntegerField(source="size_bytes", read_only=True)
    camera = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    preview_url = serializers.SerializerMethodField()
    original_url = serializers.SerializerMethodField()

    class Meta:
        model = Image
        fields = [
            *(
                "id",
                "patient_id",
                "name",
                "kind",
                "size",
                "sha256",
                "width",
                "height",
                "frames",
                "captured_at",
            ),
            *("camera", "warnings", "twin_of", "filed_at", "created_at"),
            *("thumbnail_url", "preview_url", "original_url"),
        ]
        read_only_fields = fields

    def get_camera(self, image: Image) -> str | None:
        """As the file says."""
        return image.facts.get("camera") or None

    def get_warnings(self, image: Image) -> list[str]:
        """Codes of what was odd about the file, though it could be read."""
        return list(image.facts.get("warnings") or ())

    def get_thumbnail_url(self, image: Image) -> str:
        """[150] px."""
        return reverse("imaging_api:thumbnail", args=[image.pk])

    def get_preview_url(self, image: Image) -> str:
        """[800] px."""
        return reverse("imaging_api:preview", args=[image.pk])

    def get_original_url(self, image: Image) -> str | None:
        """Null while the picture waits for review."""
        return reverse("imaging_api:original", args=[image.pk]) if image.original_key else None


class ImageView(APIView):
    """`/images/{id}`"""

    @extend_schema(operation_id="images_get", responses=answers({200: ImageSerializer}, 404))
    def get(self, request: Request, image_id: UUID) -> Response:
        """Facts of one picture."""
        access, image = _own(request, image_id)
        audit.record("record-read", clinic=access.clinic, actor=access.user, target=image)
        return Response(ImageSerializer(image).data)


class ThumbnailView(APIView):
    """`/images/{id}/thumbnail`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="images_thumbnail", parameters=[_HELD], responses=_DRAWN)
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """A JPEG of at most [150] px."""
        return _drawn(request, image_id, "thumbnail")


class PreviewView(APIView):
    """`/images/{id}/preview`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="images_preview", parameters=[_HELD], responses=_DRAWN)
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """A JPEG of at most [800] px."""
        return _drawn(request, image_id, "preview")


class OriginalView(APIView):
    """`/images/{id}/original`"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="images_original", responses=_ORIGINAL)
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """The bytes that were sent, as a download."""
        access, image = _own(request, image_id)
        return serving.original(access, image)


def _drawn(request: Request, image_id: UUID, name: str) -> HttpResponseBase:
    access, image = _own(request, image_id)
    return serving.variant(access, image, name, if_none_match=request.headers.get("If-None-Match", ""))


def _own(request: Request, image_id: UUID) -> tuple[Access, Image]:
    access = require(request, VIEW)
    return access, get_or_404(Image.objects.seen_by(access), access, image_id)
