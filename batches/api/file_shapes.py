"""How a file of a batch is written and read by the REST interface."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from batches.api.batch_shapes import BatchSerializer
from batches.models import BatchFile
from batches.states import FileStatus
from clinics.api.shapes import ListShape, PageQuery

MOST_ENTRIES = 500
_LARGEST_SIZE = 2**63 - 1
_PATH_CHARS = 8192
# Seconds since 1970 reach this in the year 5138; a larger number counts milliseconds, as browsers do.
_MILLISECONDS_FROM = 10**11


class EvidenceSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What one field says about one patient."""

    field = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    verdict = serializers.ChoiceField(choices=["agrees", "close", "absent", "disagrees"])
    words = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class ErrorSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Why a file failed: `code` is stable, `message` says what helps."""

    code = serializers.CharField()
    message = serializers.CharField()


class FileSerializer(serializers.ModelSerializer[BatchFile]):
    """A file of a batch; what is not known yet is null."""

    name = serializers.CharField(read_only=True)
    sha256 = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    decision = serializers.SerializerMethodField()
    evidence = serializers.SerializerMethodField()
    image_id = serializers.UUIDField(read_only=True, allow_null=True)
    document_id = serializers.UUIDField(read_only=True, allow_null=True)
    roster_id = serializers.UUIDField(read_only=True, allow_null=True)
    duplicate_of = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = BatchFile
        fields = [
            *(
                "id",
                "path",
                "name",
                "size",
                "sha256",
                "kind",
                "status",
                "patient_id",
                "confidence",
                "decision",
            ),
            *("evidence", "image_id", "document_id", "roster_id", "duplicate_of", "error", "attempts"),
            *("received_at", "processed_at"),
        ]
        read_only_fields = fields

    def get_sha256(self, file: BatchFile) -> str | None:
        """In hex."""
        return file.sha256 or None

    def get_kind(self, file: BatchFile) -> str | None:
        """What its content is."""
        return file.kind or None

    def get_decision(self, file: BatchFile) -> str | None:
        """`assign`, `review` or `none` by the matcher; `assigned`, `rejected` or `undone` by a person."""
        return file.decision or None

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_evidence(self, file: BatchFile) -> list[dict[str, Any]]:
        """What spoke for and against the patient whom the confidence speaks of."""
        return list(file.evidence.get("evidence", ()))

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_duplicate_of(self, file: BatchFile) -> str | None:
        """The picture or document of this clinic that has the same bytes."""
        twin_id = twin_id_of(file)
        return str(twin_id) if twin_id else None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, file: BatchFile) -> dict[str, str] | None:
        """Why it failed, or why it is tried again."""
        return {"code": file.error_code, "message": file.error_message} if file.error_code else None


class FileListSerializer(ListShape):
    """One page of files."""

    files = FileSerializer(many=True)


class BatchDetailSerializer(BatchSerializer):
    """A batch with one page of its files."""

    files = FileSerializer(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "files", "total", "page", "limit"]
        read_only_fields = fields


class FileQuery(PageQuery):
    """Which files of a batch."""

    status = serializers.ChoiceField(choices=[(status, status) for status in FileStatus], required=False)


@extend_schema_field(
    {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}], "nullable": True}
)
class MomentField(serializers.DateTimeField):
    """ISO 8601, or a number since 1970 in seconds, or in milliseconds as JavaScript has it."""

    def to_internal_value(self, value: Any) -> datetime:
        """The moment in UTC."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return super().to_internal_value(str(value))
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        try:
            return datetime.fromtimestamp(seconds, tz=UTC)
        except (ValueError, OverflowError, OSError):
            self.fail("invalid", format="ISO 8601, or seconds or milliseconds since 1970")


class EntrySerializer(serializers.Serializer[Mapping[str, Any]]):
    """One file that will be sent; `size` in bytes, `path` relative to the folder that was dropped."""

    path = serializers.CharField(trim_whitespace=False, max_length=_PATH_CHARS)
    size = serializers.IntegerField(min_value=0, max_value=_LARGEST_SIZE)
    mtime = MomentField(required=False, allow_null=True, default=None)
    sha256 = serializers.RegexField(
        r"^[0-9a-fA-F]{64}$", required=False, allow_null=True, help_text="Accepted, and not compared yet."
    )


class ManifestSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What will be sent. Call again after a crash: what is here already is not asked for twice."""

    entries = serializers.ListField(child=EntrySerializer(), allow_empty=False, max_length=MOST_ENTRIES)


class PlaceSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Where the sending of one announced file goes on."""

    file_id = serializers.UUIDField()
    path = serializers.CharField()
    state = serializers.ChoiceField(
        choices=["new", "partial", "complete", "duplicate", "refused"],
        help_text="Bytes are wanted for `new` and `partial` only, from `offset` on.",
    )
    status = serializers.ChoiceField(choices=[(status, status) for status in FileStatus])
    offset = serializers.IntegerField()
    upload_url = serializers.CharField(allow_null=True, help_text="Relative, for tus HEAD and PATCH.")
    error = ErrorSerializer(allow_null=True)


class PlacesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One place for each entry of the manifest, in its order."""

    entries = PlaceSerializer(many=True)


def twin_id_of(file: BatchFile) -> object:
    """The record with the same bytes: what a duplicate stands for, or the twin of a file in review."""
    record = file.image or file.document
    if record is None:
        return None
    return record.pk if file.status == FileStatus.DUPLICATE else record.twin_of_id


def written_file(file: BatchFile) -> dict[str, Any]:
    """One file as every answer shows it."""
    return dict(FileSerializer(file).data)
