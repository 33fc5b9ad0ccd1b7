"""How rosters are written and read by the REST interface."""

import json
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from clinics.api.shapes import ListShape, PageQuery
from patients.models import Roster, RosterRow
from patients.roster_states import Outcome, RosterStatus
from patients.rosters import progress

OUTCOMES = (*(outcome.value for outcome in Outcome), "duplicate", "kept")
_STATUSES = [(status.value, status.value) for status in RosterStatus]
_REASON_CHARS = 500
_TEXT_CHARS = 200


class RosterErrorSerializer(serializers.Serializer[Mapping[str, str]]):
    """Why a roster failed, or is tried again."""

    code = serializers.CharField()
    message = serializers.CharField()


class RosterProgressSerializer(serializers.Serializer[Any]):
    """How far a worker is: rows done of a total, which is 0 while nobody knows it."""

    words = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()


class RosterColumnSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One column of the list: what it was taken for (empty: ignored), and its first cells."""

    index = serializers.IntegerField()
    header = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    samples = serializers.ListField(child=serializers.CharField())


class RosterSerializer(serializers.ModelSerializer[Roster]):
    """A roster. `counts` are its rows in numbers, `previewed` the same as they were when it was read, and
    `counts.differences` how many came out otherwise.
    """

    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    columns = serializers.SerializerMethodField()
    format = serializers.CharField(source="reading.format", default="", read_only=True)
    encoding = serializers.CharField(source="reading.encoding", default="", read_only=True)
    delimiter = serializers.CharField(source="reading.delimiter", default="", read_only=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    previewed = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    undo_until = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Roster
        fields = [
            *("id", "name", "origin", "size", "sha256", "status", "version", "created_by", "created_at"),
            *("format", "encoding", "delimiter", "columns", "counts", "previewed", "progress", "error"),
            *("read_at", "applied_at", "undo_until", "undone_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(RosterColumnSerializer(many=True))
    def get_columns(self, roster: Roster) -> list[dict[str, Any]]:
        """How the columns were understood."""
        names = ("index", "header", "field", "samples")
        return [{name: column[name] for name in names} for column in roster.reading.get("columns", [])]

    @extend_schema_field(RosterProgressSerializer(allow_null=True))
    def get_progress(self, roster: Roster) -> dict[str, Any] | None:
        """How far a worker is; null where none is at it."""
        told = progress.heard(roster.pk) if roster.is_busy else None
        return dict(RosterProgressSerializer(told).data) if told else None

    @extend_schema_field(RosterErrorSerializer(allow_null=True))
    def get_error(self, roster: Roster) -> dict[str, str] | None:
        """What went wrong last."""
        if not roster.error_code:
            return None
        return {"code": roster.error_code, "message": roster.error_message}


class RosterListSerializer(ListShape):
    """One page of rosters, the newest first."""

    rosters = RosterSerializer(many=True)


class RosterStatsSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How many rosters of the clinic stand where."""

    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())


class RosterRowSerializer(serializers.ModelSerializer[RosterRow]):
    """One line of a roster. `before` holds the old values of what it changes; `patient_id` is the record that
    bears its number, or the one that a new patient has or will have.
    """

    patient_id = serializers.UUIDField(read_only=True, allow_null=True)
    look_alike_id = serializers.UUIDField(read_only=True, allow_null=True)
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    before = serializers.DictField(allow_null=True)

    class Meta:
        model = RosterRow
        fields = [
            *("line", "mrn", "family_name", "given_names", "suffix", "birth_date", "sex", "outcome", "code"),
            *("why", "before", "patient_id", "look_alike_id", "kept"),
        ]
        read_only_fields = fields


class RosterRowListSerializer(ListShape):
    """One page of a roster's rows, in the order of the file."""

    rows = RosterRowSerializer(many=True)


class RosterQuery(PageQuery):
    """Which rosters."""

    status = serializers.ChoiceField(choices=_STATUSES, required=False)


class RecentRostersQuery(serializers.Serializer[Mapping[str, Any]]):
    """How many of the newest rosters."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=25)


class RowsChoice(serializers.Serializer[Mapping[str, Any]]):
    """Which rows: of one outcome (`duplicate`: may be somebody under another number; `kept`: an undo has left
    it), and of which every word of `q` is part of a name or begins the record number.
    """

    outcome = serializers.ChoiceField(choices=OUTCOMES, required=False, default="")
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=_TEXT_CHARS)


class RowQuery(RowsChoice, PageQuery):
    """The same, a page at a time."""


@extend_schema_field(
    {"type": "string", "description": 'JSON: {"0": "mrn", "1": "family_name", …}, "" to ignore.'}
)
class MappingField(serializers.DictField):
    """What each column holds; in a form it is JSON in a text field."""

    child = serializers.CharField(allow_blank=True)

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        """As it was sent: a form has no dictionaries."""
        return dictionary.get(self.field_name or "", empty)

    def to_internal_value(self, data: Any) -> Any:
        """The mapping, from a form or a body."""
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except ValueError as error:
                raise serializers.ValidationError('Write it as JSON, such as {"0": "mrn"}.') from error
        return super().to_internal_value(data)


class PreviewBody(serializers.Serializer[Mapping[str, Any]]):
    """One `file`, and what its columns hold, if that is not to be found out."""

    file = serializers.FileField(allow_empty_file=True)
    mapping = MappingField(required=False, allow_null=True, default=None)


class ImportBody(PreviewBody):
    """The same, applied as soon as it is read."""

    leave_out_duplicates = serializers.BooleanField(default=False)


class ColumnsBody(serializers.Serializer[Mapping[str, Any]]):
    """What each column holds, by its number from 0; empty to ignore it."""

    mapping = serializers.DictField(child=serializers.CharField(allow_blank=True))


class ApplyBody(serializers.Serializer[Mapping[str, Any]]):
    """Whether to leave out who looks like a patient under another number."""

    leave_out_duplicates = serializers.BooleanField(default=False)


class UndoRosterBody(serializers.Serializer[Mapping[str, Any]]):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=_REASON_CHARS)


def written_roster(roster: Roster) -> dict[str, Any]:
    """One roster as every answer shows it."""
    return dict(RosterSerializer(roster).data)
