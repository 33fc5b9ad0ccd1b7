"""What people fill in about rosters: the file, the columns, a filter of the rows, a reason."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django import forms

from patients.roster_shapes import OUTCOMES

_COLUMN = "column-"


class UploadForm(forms.Form):
    """A list of patients."""

    file = forms.FileField(
        label="List of patients", allow_empty_file=True, error_messages={"required": "Choose a list first."}
    )


class ReasonForm(forms.Form):
    """Why a roster is taken back."""

    reason = forms.CharField(max_length=500, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))


class RowFilter(forms.Form):
    """Which rows are shown."""

    outcome = forms.ChoiceField(choices=[("", ""), *((each, each) for each in OUTCOMES)], required=False)
    q = forms.CharField(max_length=200, required=False)

    def chosen(self) -> tuple[str, str]:
        """Outcome and words; what is not understood chooses nothing."""
        self.is_valid()
        return self.cleaned_data.get("outcome", ""), self.cleaned_data.get("q", "")

    def query(self) -> str:
        """The same as a query string."""
        outcome, text = self.chosen()
        return urlencode({name: value for name, value in (("outcome", outcome), ("q", text)) if value})


def mapping_from(fields: Mapping[str, str]) -> dict[str, str]:
    """What each column holds, from the form's fields `column-0`, `column-1`, …"""
    return {
        name.removeprefix(_COLUMN): str(value) for name, value in fields.items() if name.startswith(_COLUMN)
    }
