"""What people fill in about themselves: a token's name, scopes and end; a filter of the audit."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from clinics.access import CAPTURE, IMPORT, MANAGE, REVIEW, VIEW

_SCOPE_WORDS = {
    VIEW: "See patients, pictures and documents",
    CAPTURE: "Upload and run batches",
    REVIEW: "Decide in review",
    IMPORT: "Import lists of patients",
    MANAGE: "Manage the clinic",
}


class TokenForm(forms.Form):
    """A new token can never do more than the person who makes it."""

    name = forms.CharField(
        max_length=100, label="What is it for?", help_text="For example: scanner in room 4."
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=list(_SCOPE_WORDS.items()),
        help_text="Nothing chosen: everything that you may do.",
    )
    expires_at = forms.DateField(
        label="Works until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: until it is revoked.",
    )

    def __init__(self, *args: Any, permissions: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        if isinstance(scopes, forms.MultipleChoiceField):
            scopes.choices = [(scope, words) for scope, words in _SCOPE_WORDS.items() if scope in permissions]

    def clean_expires_at(self) -> datetime | None:
        """The end of that day in the clinic's zone."""
        day: date | None = self.cleaned_data["expires_at"]
        if day is None:
            return None
        end = timezone.make_aware(datetime.combine(day, time.max))
        if end < timezone.now():
            raise forms.ValidationError("This day is over. Choose a later one.")
        return end


class AuditFilter(forms.Form):
    """Which entries of the audit to show."""

    action = forms.CharField(
        required=False, label="Action", widget=forms.TextInput(attrs={"list": "actions"})
    )
    who = forms.CharField(required=False, label="User name")
    object = forms.CharField(required=False, label="Identifier of a batch, file, patient or record")
    day = forms.DateField(required=False, label="Day", widget=forms.DateInput(attrs={"type": "date"}))
