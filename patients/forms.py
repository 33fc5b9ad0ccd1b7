"""What people type about patients: a record number that must be in the directory, a new patient's facts."""

from typing import Any

from django import forms

from clinics.models import Clinic
from patients.actions import PatientFacts
from patients.models import Patient, PatientQuerySet, mrn_key_of
from patients.search import search

# How many patients are offered by their numbers where a name fits several.
_OFFERED = 5


class RecordNumberField(forms.CharField):
    """A record number of the form's clinic; cleans to the patient, or None where it is left empty.

    With `takes_names` a name that fits one patient names that one: for filters, where a wrong guess shows
    too little. Where something is filed by it, a person says the number.
    """

    clinic: Clinic | None = None

    def __init__(self, *, takes_names: bool = False, **kwargs: Any) -> None:
        self.takes_names = takes_names
        attrs = {"autocomplete": "off", "data-picker": "", "placeholder": "Name or record number"}
        attrs |= {"data-takes-names": ""} if takes_names else {}
        super().__init__(required=False, max_length=64, widget=forms.TextInput(attrs=attrs), **kwargs)

    @classmethod
    def of(cls, form: forms.Form) -> "RecordNumberField":
        """The form's field named `patient`, to be told its clinic."""
        field = form.fields["patient"]
        if not isinstance(field, cls):
            raise TypeError("The form's field `patient` is not a record number.")
        return field

    def clean(self, value: Any) -> Patient | None:
        """The patient; a number written without its zeros or dots is found too, if it is nobody else's."""
        text: str = super().clean(value)
        if not text:
            return None
        living = Patient.objects.filter(clinic=self.clinic).living()
        exact = living.filter(mrn=text).first()
        if exact is not None:
            return exact
        near = list(living.filter(mrn_key=mrn_key_of(text))[:2]) if mrn_key_of(text) else []
        if len(near) == 1:
            return near[0]
        named = search(living, text)
        if self.takes_names and named.count() == 1:
            return named.get()
        raise _not_one(text, named)


def _not_one(text: str, named: PatientQuerySet) -> forms.ValidationError:
    """Why `text` says nobody's record number, with those whom it may mean."""
    number = named.count()
    if not number:
        message = f"No patient has the record number {text}. Nobody's name fits either."
        return forms.ValidationError(message, code="patient-unknown")
    some = "; ".join(f"{patient.mrn} {patient.display_name}" for patient in named[:_OFFERED])
    more = " …" if number > _OFFERED else ""
    fits = "1 patient fits" if number == 1 else f"{number:,} patients fit"
    message = f"{fits} “{text}”. Enter the record number of the one you mean: {some}{more}"
    return forms.ValidationError(message, code="patient-not-one")


class NewPatientForm(forms.Form):
    """What is needed to register a patient."""

    mrn = forms.CharField(
        max_length=64,
        required=False,
        label="Record number",
        help_text="May stay empty for a provisional record, which gets a number of its own (P-…).",
    )
    family_name = forms.CharField(max_length=200, label="Family names")
    given_names = forms.CharField(max_length=200, required=False, label="Given names")
    birth_date = forms.DateField(
        required=False, label="Birth date", widget=forms.DateInput(attrs={"type": "date"})
    )
    sex = forms.ChoiceField(choices=Patient.Sex.choices, required=False, label="Sex")
    provisional = forms.BooleanField(
        required=False, label="Provisional", help_text="The number or the name is still to be confirmed."
    )

    def clean_mrn(self) -> str:
        """A record number without a digit or letter could never be found again."""
        mrn: str = self.cleaned_data["mrn"]
        if mrn and not mrn_key_of(mrn):
            raise forms.ValidationError("A record number needs a digit other than 0, or a letter.")
        return mrn

    def clean(self) -> dict[str, Any]:
        """Only a provisional record may do without a number of the clinic's."""
        data = super().clean() or self.cleaned_data
        if data.get("mrn") == "" and not data.get("provisional"):
            self.add_error("mrn", "Give the record number, or tick Provisional.")
        return data

    def facts(self) -> PatientFacts:
        """What was filled in, for `register_patient`; only for a valid form."""
        return PatientFacts(**self.cleaned_data)
