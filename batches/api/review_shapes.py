"""How a file that needs a person is written: what was read from it, whose it may be, and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from batches.actions.many import MOST_AT_ONCE
from batches.api.file_shapes import (
    ErrorSerializer,
    EvidenceSerializer,
    FileSerializer,
    twin_id_of,
)
from batches.models import BatchFile
from batches.states import FileStatus
from clinics.api.shapes import ListShape
from clinics.models import Clinic
from patients.clues import Field
from patients.models import Patient
from patients.serializers import PatientSerializer, written

_REASON_CHARS = 500
# The fields that a reviewer reads first, each from the first kind of clue that has it.
_PARSED: Mapping[str, Sequence[Field]] = {
    "record_number": (Field.RECORD_NUMBER, Field.NUMBER),
    "name": (Field.NAME,),
    "birth_date": (Field.BIRTH_DATE, Field.DATE),
    "episode": (Field.EPISODE,),
    "document_type": (Field.DOCUMENT_TYPE,),
}


class ParsedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What the name, the folder and the content of a file say."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """One text for each thing that can be read."""
        return {name: serializers.CharField(allow_null=True) for name in _PARSED}


class CandidateSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A patient whose the file may be."""

    patient = PatientSerializer()
    confidence = serializers.FloatField()
    evidence = EvidenceSerializer(many=True)


class RunnerUpSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Who comes second."""

    patient = PatientSerializer()
    confidence = serializers.FloatField()


class DeciderSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The person who decided."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ReviewFileSerializer(FileSerializer):
    """A file with everything that a decision needs."""

    batch_id = serializers.UUIDField(read_only=True)
    batch_number = serializers.CharField(source="batch.batch_number", read_only=True)
    parsed = serializers.SerializerMethodField()
    candidates = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    rule_version = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()
    runner_up = serializers.SerializerMethodField()
    gap = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    preview_url = serializers.SerializerMethodField()

    class Meta(FileSerializer.Meta):
        fields = [
            *FileSerializer.Meta.fields,
            *("batch_id", "batch_number", "parsed", "candidates", "runner_up", "gap", "reason", "words"),
            *("rule_version", "decided_by", "keep_both", "matched_at", "thumbnail_url", "preview_url"),
        ]
        read_only_fields = fields

    @extend_schema_field(ParsedSerializer)
    def get_parsed(self, file: BatchFile) -> dict[str, str | None]:
        """The record number, the name and the rest, as they were written."""
        clues = file.evidence.get("clues", ())
        return {name: _first(clues, fields) for name, fields in _PARSED.items()}

    @extend_schema_field(CandidateSerializer(many=True))
    def get_candidates(self, file: BatchFile) -> list[dict[str, Any]]:
        """Whose it may be, the likeliest first; patients who are gone are left out."""
        patients: Mapping[str, dict[str, Any]] = self.context["patients"]
        return [
            {
                "patient": patients[candidate["patient_id"]],
                "confidence": candidate["confidence"],
                "evidence": candidate["evidence"],
            }
            for candidate in file.evidence.get("candidates", ())
            if candidate["patient_id"] in patients
        ]

    def get_reason(self, file: BatchFile) -> str | None:
        """Why nobody but a person can decide: a stable code."""
        is_twin = file.status == FileStatus.REVIEW and twin_id_of(file) is not None
        return "same-bytes" if is_twin else file.evidence.get("reason") or None

    def get_rule_version(self, file: BatchFile) -> str | None:
        """Which matcher said so."""
        return file.evidence.get("rule_version") or None

    def get_words(self, file: BatchFile) -> str | None:
        """Why it was decided so, as a sentence."""
        return file.evidence.get("words") or None

    @extend_schema_field(RunnerUpSerializer(allow_null=True))
    def get_runner_up(self, file: BatchFile) -> dict[str, Any] | None:
        """The likeliest besides the patient whom the confidence speaks of."""
        first = file.evidence.get("patient_id")
        others = [each for each in self.get_candidates(file) if each["patient"]["id"] != first]
        return {name: others[0][name] for name in ("patient", "confidence")} if others else None

    def get_gap(self, file: BatchFile) -> float | None:
        """How far the runner-up's confidence is behind."""
        gap: float | None = file.evidence.get("gap")
        return gap

    @extend_schema_field(DeciderSerializer(allow_null=True))
    def get_decided_by(self, file: BatchFile) -> dict[str, Any] | None:
        """Who confirmed, moved, set aside or took back; null while only the matcher has decided."""
        person = file.decided_by
        return {"id": person.pk, "name": person.get_full_name() or person.username} if person else None

    def get_thumbnail_url(self, file: BatchFile) -> str | None:
        """Relative."""
        return _drawing_url(file, "thumbnail")

    def get_preview_url(self, file: BatchFile) -> str | None:
        """Relative."""
        return _drawing_url(file, "preview")


class ReviewListSerializer(ListShape):
    """One page of files that need a person, the longest waiting first."""

    files = ReviewFileSerializer(many=True)


class AssignSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Whose the file is."""

    patient_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=_REASON_CHARS, allow_blank=True, default="")


class ReasonSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Why; it may be left out."""

    reason = serializers.CharField(max_length=_REASON_CHARS, allow_blank=True, default="")


class ReassignSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Whose the file is instead, and why."""

    patient_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=_REASON_CHARS)


class KeepSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Whose the file is, where that is not whom it was meant for."""

    patient_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=_REASON_CHARS, allow_blank=True, default="")


class DecideSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One decision for several files.

    `patient_id` belongs to `assign`, `reassign` and, where it is not whom a file was meant for, to `keep`;
    `reassign` needs a `reason`.
    """

    file_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE
    )
    action = serializers.ChoiceField(
        choices=["assign", "reassign", "reject", "keep", "duplicate", "retry", "undo"]
    )
    patient_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=_REASON_CHARS, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """To assign, somebody must be named; to re-assign, a reason too."""
        action = attrs["action"]
        if action in {"assign", "reassign"} and attrs["patient_id"] is None:
            raise serializers.ValidationError({"patient_id": ["Say whose the files are."]})
        if action == "reassign" and not attrs["reason"].strip():
            raise serializers.ValidationError({"reason": ["Say why they go to another chart."]})
        return attrs


class DecidedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What became of one file: its status now, or why the decision did not apply to it."""

    file_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[(status, status) for status in FileStatus], allow_null=True)
    error = ErrorSerializer(allow_null=True)


class DecisionsSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One result for each file that was named, in that order."""

    results = DecidedSerializer(many=True)
    decided = serializers.IntegerField()
    refused = serializers.IntegerField()


def written_for_review(files: Iterable[BatchFile], clinic: Clinic) -> list[dict[str, Any]]:
    """Files with their candidates; every patient is fetched by one query."""
    files = list(files)
    named = {UUID(row["patient_id"]) for file in files for row in file.evidence.get("candidates", ())}
    patients = Patient.objects.of(clinic).living().filter(pk__in=named)
    context = {"patients": {str(patient.pk): written(patient) for patient in patients}}
    return list(ReviewFileSerializer(files, many=True, context=context).data)


def _first(clues: Iterable[Mapping[str, str]], fields: Sequence[Field]) -> str | None:
    values = [clue["value"] for field in fields for clue in clues if clue["field"] == field]
    return values[0] if values else None


def _drawing_url(file: BatchFile, name: str) -> str | None:
    if file.image_id is not None:
        return reverse(f"imaging_api:{name}", args=[file.image_id])
    if file.document_id is not None:
        return reverse(f"documents_api:{name}", args=[file.document_id])
    return None
