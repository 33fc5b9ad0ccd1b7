"""What a merge of two records would move, and where they say different things, for who has to decide."""

from dataclasses import dataclass

from batches.models import BatchFile
from batches.states import FileStatus
from patients.models import Patient

_COMPARED = {
    "mrn": "Record number",
    "family_name": "Family names",
    "given_names": "Given names",
    "suffix": "Suffix",
    "birth_date": "Born",
    "sex": "Sex",
}


@dataclass(frozen=True)
class Compared:
    """One field of both records; `verdict` is `same`, `missing` (one record has nothing) or `differs`."""

    label: str
    loser: str
    survivor: str

    @property
    def verdict(self) -> str:
        """What a person who confirms the merge should look at."""
        if self.loser.casefold() == self.survivor.casefold():
            return "same"
        return "differs" if self.loser and self.survivor else "missing"


@dataclass(frozen=True)
class MergePreview:
    """What a merge would move, and where the two records say different things of the person."""

    loser: Patient
    survivor: Patient
    pictures: int
    documents: int
    open_files: int
    batches: int
    fields: list[Compared]

    @property
    def differences(self) -> list[Compared]:
        """The fields that cannot both be right, the numbers apart: those are expected to differ."""
        return [each for each in self.fields[1:] if each.verdict == "differs"]


def merge_preview(*, loser: Patient, survivor: Patient) -> MergePreview:
    """What `merge_patients` would do; changes nothing."""
    waiting = BatchFile.objects.filter(batch__clinic=loser.clinic_id, status=FileStatus.REVIEW)
    return MergePreview(
        loser=loser,
        survivor=survivor,
        pictures=loser.images.count(),
        documents=loser.documents.count(),
        open_files=waiting.filter(evidence__patient_id=str(loser.pk)).count(),
        batches=loser.batches.count(),
        fields=[
            Compared(label, _shown(loser, field), _shown(survivor, field))
            for field, label in _COMPARED.items()
        ],
    )


def _shown(patient: Patient, field: str) -> str:
    value = patient.get_sex_display() if field == "sex" and patient.sex else getattr(patient, field)
    return str(value or "")
