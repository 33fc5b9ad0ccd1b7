"""How a patient is written and read by the REST interface."""

from typing import Any

from rest_framework import serializers

from clinics.api.shapes import ListShape, PageQuery
from patients.models import Patient, mrn_key_of


class PatientSerializer(serializers.ModelSerializer[Patient]):
    """A patient of the directory; `mrn` is the record number."""

    class Meta:
        model = Patient
        fields = ["id", "mrn", "family_name", "given_names", "birth_date", "sex", "provisional"]
        read_only_fields = fields


class NewPatientSerializer(serializers.ModelSerializer[Patient]):
    """What is needed to register a patient; a provisional one without `mrn` gets a number (`P-…`)."""

    mrn = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")

    class Meta:
        model = Patient
        fields = ["mrn", "family_name", "given_names", "birth_date", "sex", "provisional"]

    def validate_mrn(self, mrn: str) -> str:
        """A record number without a digit or letter could never be found again."""
        if mrn and not mrn_key_of(mrn):
            raise serializers.ValidationError("A record number needs a digit other than 0, or a letter.")
        return mrn

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Only a provisional record may do without a number of the clinic's."""
        if not attrs["mrn"] and not attrs.get("provisional"):
            message = "Give the record number, or register the person as provisional."
            raise serializers.ValidationError({"mrn": [message]})
        return attrs


class PatientListSerializer(ListShape):
    """One page of the directory."""

    patients = PatientSerializer(many=True)


class PatientQuery(PageQuery):
    """Which patients: every word of `q` is part of a name or begins the record number."""

    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)


def written(patient: Patient) -> dict[str, Any]:
    """The patient as every answer shows it."""
    return dict(PatientSerializer(patient).data)
