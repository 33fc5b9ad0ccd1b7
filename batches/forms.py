"""What people fill in about a batch, and about one decision in review."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from batches.actions.batch import BatchOptions
from batches.models import Batch, BatchFile, BatchQuerySet, Priority, Source, Start
from batches.states import BatchStatus
from clinics.models import Clinic
from clinics.views.page import zone_of
from documents.models import USUAL_PROCESSING, ProcessingType
from documents.scope import Filters
from documents.search import MOST_CHARS, Mode
from files.errors import Refused
from patients.forms import RecordNumberField
from patients.models import Patient

_LONGEST_NOTES = 5000


class BatchForm(forms.Form):
    """Everything that can be said of a batch before its first file; nothing of it must be."""

    patient = RecordNumberField(
        label="One patient for all files",
        help_text="Leave this empty, and each file finds its own patient by its name.",
    )
    source = forms.ChoiceField(
        choices=Source.choices, initial=Source.FOLDER_IMPORT, label="Where the files come from"
    )
    start = forms.ChoiceField(choices=Start.choices, initial=Start.ON_ARRIVAL, label="Process them")
    scheduled_for = forms.DateTimeField(
        required=False,
        label="At this time",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    priority = forms.ChoiceField(choices=Priority.choices, initial=Priority.NORMAL, label="Priority")
    processing_type = forms.ChoiceField(
        choices=ProcessingType.choices,
        initial=USUAL_PROCESSING,
        label="Text of documents",
        help_text="By meaning only: passages are kept for the search, and no text is ever shown.",
    )
    join_scans = forms.BooleanField(
        required=False,
        label="Each folder of scanned pages becomes one document",
        help_text="In the order of their names. It starts when every file has arrived.",
    )
    encounter = forms.CharField(max_length=64, required=False, label="Encounter or episode")
    template = forms.CharField(max_length=64, required=False, label="Template")
    notes = forms.CharField(
        max_length=_LONGEST_NOTES,
        required=False,
        label="Notes",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        RecordNumberField.of(self).clinic = clinic

    def clean(self) -> dict[str, Any]:
        """A batch for a given time needs that time; any other has none."""
        data = super().clean() or self.cleaned_data
        if data.get("start") != Start.SCHEDULED:
            data["scheduled_for"] = None
        elif data.get("scheduled_for") is None and "scheduled_for" not in self.errors:
            self.add_error("scheduled_for", "Say when the batch is to start.")
        return data

    def options(self) -> BatchOptions:
        """What was filled in, for `create_batch`; only for a valid form."""
        return BatchOptions(**self.cleaned_data)


class AboutForm(forms.Form):
    """Words about a batch and one patient for all its files, beside what the page showed of both."""

    notes = forms.CharField(
        max_length=_LONGEST_NOTES,
        required=False,
        label="Notes",
        show_hidden_initial=True,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    patient = RecordNumberField(label="One patient for all files", show_hidden_initial=True)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        RecordNumberField.of(self).clinic = clinic

    @classmethod
    def of(cls, batch: Batch) -> "AboutForm":
        """What is said of `batch` now."""
        initial = {"notes": batch.notes, "patient": batch.patient.mrn if batch.patient else ""}
        return cls(initial=initial, clinic=batch.clinic, auto_id="batch-%s")


class ReasonForm(forms.Form):
    """Why a filing is taken back or moved; kept in the audit only as the fact that a reason was given."""

    reason = forms.CharField(max_length=500, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))


class ReassignForm(ReasonForm):
    """Into whose chart something goes instead, and why; both charts keep the reason."""

    patient = RecordNumberField(label="Into the chart of")
    field_order = ("patient", "reason")

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        RecordNumberField.of(self).clinic = clinic

    def clean_patient(self) -> Patient:
        """Somebody must be named."""
        patient: Patient | None = self.cleaned_data["patient"]
        if patient is None:
            raise forms.ValidationError("Say whose it is.", code="patient-missing")
        return patient


class SurvivorForm(forms.Form):
    """Into which record another one is merged."""

    patient = RecordNumberField(label="The record that stays")

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        RecordNumberField.of(self).clinic = clinic

    def clean_patient(self) -> Patient:
        """Somebody must be named."""
        patient: Patient | None = self.cleaned_data["patient"]
        if patient is None:
            raise forms.ValidationError("Choose the record that stays.", code="patient-missing")
        return patient


class SearchForm(forms.Form):
    """A question to the documents of the clinic, and which of them are asked."""

    q = forms.CharField(
        max_length=MOST_CHARS,
        label="Words or a question",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    mode = forms.ChoiceField(
        choices=[
            (Mode.BOTH.value, "Words and meaning"),
            (Mode.WORDS.value, "Words only"),
            (Mode.MEANING.value, "Meaning only"),
        ],
        initial=Mode.BOTH.value,
        label="Look by",
        widget=forms.RadioSelect,
    )
    patient = RecordNumberField(label="Patient", takes_names=True)
    type_code = forms.CharField(
        max_length=32, required=False, label="Type of document", help_text="Its code, such as CONS or LAB."
    )
    batch = forms.CharField(max_length=64, required=False, label="Batch number")
    came_from = forms.DateField(
        required=False, label="Came on or after", widget=forms.DateInput(attrs={"type": "date"})
    )
    came_until = forms.DateField(
        required=False, label="Came on or before", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        RecordNumberField.of(self).clinic = clinic

    def clean(self) -> dict[str, Any]:
        """Days in the wrong order fit nothing, and are said."""
        data = super().clean() or self.cleaned_data
        try:
            check_days(data.get("came_from"), data.get("came_until"))
        except Refused as refusal:
            self.add_error("came_until", forms.ValidationError(str(refusal), code=refusal.code))
        return data

    def asked(self) -> dict[str, Any]:
        """What was filled in, to be asked again; a patient by the number, whatever was typed."""
        patient: Patient | None = self.cleaned_data["patient"]
        return {name: self[name].data for name in self.fields} | ({"patient": patient.mrn} if patient else {})

    def filters(self) -> Filters:
        """What was filled in beside the question; only for a valid form."""
        data = self.cleaned_data
        return search_filters(
            self.clinic,
            patient=data["patient"],
            type_code=data["type_code"],
            batch=data["batch"],
            came_from=data["came_from"],
            came_until=data["came_until"],
        )

    def is_filtered(self) -> bool:
        """Is anything beside the question filled in? Then the page shows the filters open."""
        return any(
            self[name].value() for name in ("patient", "type_code", "batch", "came_from", "came_until")
        )


def search_filters(
    clinic: Clinic,
    *,
    patient: Patient | None,
    type_code: str,
    batch: str,
    came_from: date | None,
    came_until: date | None,
) -> Filters:
    """The filters of a search; days are those of the clinic's clock, and both count.

    Raises Refused (400) "days-crossed".
    """
    check_days(came_from, came_until)
    number, zone = _number_in(batch), zone_of(clinic)
    files = BatchFile.objects.of(clinic).filter(batch__number=number or 0, document__isnull=False)
    return Filters(
        patient=patient,
        type_code=type_code.strip(),
        came_from=datetime.combine(came_from, time.min, zone) if came_from else None,
        came_before=datetime.combine(came_until, time.min, zone) + timedelta(days=1) if came_until else None,
        documents=None if number is None else files.order_by().values("document_id"),
    )


def check_days(came_from: date | None, came_until: date | None) -> None:
    """Raises Refused "days-crossed" where the last day comes before the first: nothing can have come then."""
    if came_from and came_until and came_until < came_from:
        message = (
            f"The last day, {came_until:%Y-%m-%d}, comes before the first, {came_from:%Y-%m-%d}, so "
            "that nothing can fit. Exchange them."
        )
        raise Refused("days-crossed", message)


class BatchFilter(forms.Form):
    """Which batches the list shows."""

    status = forms.ChoiceField(choices=[("", "All"), *((s, s) for s in BatchStatus)], required=False)
    q = forms.CharField(required=False, max_length=64, label="Batch number")

    def rows(self, clinic: Clinic) -> BatchQuerySet:
        """The clinic's batches that fit; a filter that makes no sense filters nothing."""
        self.is_valid()
        rows = Batch.objects.of(clinic).select_related("created_by", "patient")
        if status := self.cleaned_data.get("status"):
            rows = rows.filter(status=status)
        number = _number_in(self.cleaned_data.get("q") or "")
        return rows if number is None else rows.filter(number=number)


def _number_in(text: str) -> int | None:
    """`42`, `00042` and `B-2026-00042` all mean batch 42; other words mean a batch that does not exist."""
    digits = "".join(c for c in text.rpartition("-")[2] if c.isdigit())
    if not text.strip():
        return None
    return int(digits[:9]) if digits else 0
