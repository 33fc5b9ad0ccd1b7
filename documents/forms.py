"""What people fill in about documents: which to list, and a kind of document."""

from typing import Any

from django import forms

from clinics.access import REVIEW, Access
from documents.models import Document, DocumentQuerySet
from documents.spoken import NAMES, spoken_in
from documents.types import types_of


class DocumentFilter(forms.Form):
    """Which documents are listed; what is not understood narrows nothing."""

    type = forms.ChoiceField(required=False, label="Type")
    language = forms.ChoiceField(
        required=False,
        label="Language",
        choices=[("", "Every language"), *NAMES.items()],
    )
    state = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "All"),
            ("filed", "In a chart"),
            ("held", "Waiting for review"),
            ("reading", "Being read"),
        ],
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access
        every = [(each.code, f"{each.code} · {each.name}") for each in types_of(access.clinic)]
        type_field: Any = self.fields["type"]
        type_field.choices = [("", "Every type"), ("-", "Without a type"), *every]
        if not access.may(REVIEW):
            state_field: Any = self.fields["state"]
            state_field.choices = [each for each in state_field.choices if each[0] != "held"]

    def rows(self) -> DocumentQuerySet:
        """The documents that fit and that this person may see, the newest first."""
        self.is_valid()
        rows = Document.objects.seen_by(self.access)
        if code := self.cleaned_data.get("type"):
            rows = rows.filter(type_code="" if code == "-" else code)
        if language := self.cleaned_data.get("language"):
            rows = spoken_in(rows, language)
        wanted: dict[str, dict[str, bool]] = {
            "filed": {"patient__isnull": False},
            "held": {"patient__isnull": True},
            "reading": {"is_reading": True},
        }
        return rows.filter(**wanted.get(self.cleaned_data.get("state", ""), {}))


class TypeForm(forms.Form):
    """A kind of document: its code, and what the clinic calls it."""

    code = forms.CharField(
        max_length=16,
        label="Code",
        help_text="As file names end: LAB in “…_6001467010_LAB.pdf”. Letters without accents, and digits.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "mono"}
        ),
    )
    name = forms.CharField(max_length=100, label="Name")


class TypeNameForm(forms.Form):
    """Another name for a kind of document."""

    name = forms.CharField(max_length=100, label="Name")
