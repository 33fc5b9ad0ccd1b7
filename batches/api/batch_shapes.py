"""How a batch is written and read by the REST interface."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from batches.actions.batch import BatchOptions
from batches.models import Batch, Priority, Source, Start
from batches.selectors import Progress, progress_of, progress_of_many
from batches.states import BatchStatus, FileStatus
from clinics.api.shapes import ListShape, PageQuery
from documents.models import USUAL_PROCESSING, ProcessingType
from patients.models import Patient

_NOTES_CHARS = 10_000
_SHORT_CHARS = 64
_NOTHING = Progress(dict.fromkeys(FileStatus, 0), 0, 0)


class CountsSerializer(serializers.Serializer[Mapping[str, int]]):
    """How many files stand where. Pages that were joined into a document are among the cancelled ones, the
    document is counted where it stands, and the receipt tells them apart.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """One number for each status of a file."""
        return {status.lower(): serializers.IntegerField() for status in FileStatus}


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch with its numbers; `progress` is the settled share of its files in whole percent."""

    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True)
    batch_number = serializers.CharField(read_only=True)
    total_files = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = [
            *("id", "batch_number", "source", "status", "patient_id", "processing_type", "priority", "start"),
            *("scheduled_for", "notes", "encounter", "template", "apply_clahe", "join_scans", "total_files"),
            *(
                "progress",
                "counts",
                "created_by",
                "created_at",
                "started_at",
                "ended_at",
                "paused_at",
                "expires_at",
            ),
            "version",
        ]
        read_only_fields = fields

    def get_total_files(self, batch: Batch) -> int:
        """Every file that was ever announced, and the documents that were made of joined pages."""
        return self._numbers(batch).total

    def get_progress(self, batch: Batch) -> int:
        """0 to 100."""
        return self._numbers(batch).percent

    @extend_schema_field(CountsSerializer)
    def get_counts(self, batch: Batch) -> dict[str, int]:
        """Files by status."""
        return counts_in_words(self._numbers(batch))

    def _numbers(self, batch: Batch) -> Progress:
        found: Progress = self.context["progress"].get(batch.pk, _NOTHING)
        return found


class BatchListSerializer(ListShape):
    """One page of batches, the newest first."""

    batches = BatchSerializer(many=True)


class StatusSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Where a batch stands, small enough to be asked for every two seconds."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[(status, status) for status in BatchStatus])
    progress = serializers.IntegerField(help_text="The settled share of the files in whole percent.")
    counts = CountsSerializer()
    version = serializers.IntegerField(
        help_text="Raised by every change of the batch or of one of its files."
    )


class BatchStatsSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How many batches of the clinic stand where."""

    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())


class BatchQuery(PageQuery):
    """Which batches."""

    status = serializers.ChoiceField(choices=[(status, status) for status in BatchStatus], required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]


class RecentQuery(serializers.Serializer[Mapping[str, Any]]):
    """How many of the newest batches."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=25)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["on_arrival", "manual"]},
            {"type": "string", "format": "date-time"},
        ],
        "default": "on_arrival",
    }
)
class StartField(serializers.DateTimeField):
    """`on_arrival`, `manual`, or the time at which the batch starts."""

    default_error_messages = {
        "invalid": "Say on_arrival, manual, or a time such as 2026-05-01T22:00:00Z.",
    }

    def to_internal_value(self, value: Any) -> Any:
        """The kind of start, and the time of a scheduled one."""
        if isinstance(value, str) and value in {Start.ON_ARRIVAL, Start.MANUAL}:
            return {"start": Start(value), "scheduled_for": None}
        return {"start": Start.SCHEDULED, "scheduled_for": super().to_internal_value(value)}


class DescriptionSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What can be said of a batch before its first file; nothing of it must be."""

    source = serializers.ChoiceField(choices=Source.choices, default=Source.API)  # type: ignore[assignment]
    patient_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    processing_type = serializers.ChoiceField(choices=ProcessingType.choices, default=USUAL_PROCESSING)
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    notes = serializers.CharField(max_length=_NOTES_CHARS, allow_blank=True, default="")
    apply_clahe = serializers.BooleanField(default=False)
    join_scans = serializers.BooleanField(
        default=False,
        help_text="The pictures of each folder become one document, in the order of their names.",
    )
    encounter = serializers.CharField(max_length=_SHORT_CHARS, allow_blank=True, default="")
    template = serializers.CharField(max_length=_SHORT_CHARS, allow_blank=True, default="")


class NewBatchSerializer(DescriptionSerializer):
    """A new batch."""

    start = StartField(required=False)


class NotesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Words about a batch."""

    notes = serializers.CharField(max_length=_NOTES_CHARS, allow_blank=True)


class BatchPatientSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Whose every file of the batch is; null for nobody's in particular."""

    patient_id = serializers.UUIDField(allow_null=True)


class UndoBatchSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Why everything that the batch filed is taken out of its charts."""

    reason = serializers.CharField(max_length=500)


def options_from(body: Mapping[str, Any], patient: Patient | None) -> BatchOptions:
    """The checked body of a new batch as the options of `create_batch`."""
    plain = {name: value for name, value in body.items() if name in vars(BatchOptions())}
    plain |= body.get("start", {})
    return BatchOptions(**plain | {"patient": patient})


def written_batch(batch: Batch) -> dict[str, Any]:
    """One batch as every answer shows it."""
    return dict(BatchSerializer(batch, context={"progress": {batch.pk: progress_of(batch.pk)}}).data)


def written_batches(batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """Several batches, their numbers by one query."""
    found = progress_of_many([batch.pk for batch in batches])
    return list(BatchSerializer(batches, many=True, context={"progress": found}).data)


def counts_in_words(progress: Progress) -> dict[str, int]:
    """`{pending: 0, uploading: 2, …}`"""
    return {status.lower(): number for status, number in progress.counts.items()}
