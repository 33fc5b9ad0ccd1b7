"""What an administrator fills in about matching: the clinic's policy, a pattern, and names to try it on."""

from typing import Any

from django import forms

from clinics.models import Clinic
from patients.bench import Rules
from patients.filename_patterns import PatternRefused, compile_pattern
from patients.matching.policy import Policy
from patients.settings_actions import POLICY_FIELDS

_LONGEST_LINES = 300_000


class PolicyForm(forms.ModelForm[Clinic]):
    """The clinic's rules for filing without a look, and its times."""

    class Meta:
        model = Clinic
        fields = POLICY_FIELDS
        labels = {
            "assign_confidence": "File without a look from",
            "review_confidence": "Suggest a patient from",
            "bare_number_policy": "A record number alone may file",
            "name_alone": "A full, clear name alone may file",
            "unknown_patients": "A file that names, in full, somebody who is not in the directory",
            "card_pause_minutes": "A patient card holds until a pause of",
            "review_claim_minutes": "A group in review stays with its reviewer for",
            "unmerge_days": "Merged records can be separated for",
        }
        help_texts = {
            "assign_confidence": "From 0 to 1; 0.95 is usual. Two identifiers must agree as well.",
            "review_confidence": "From 0 to 1; 0.6 is usual. Below it, nobody is suggested.",
            "name_alone": "",
            "unknown_patients": "A provisional patient is made only where a record number and a full name "
            "were both read; a person confirms or merges the record later. Otherwise the file waits.",
            "card_pause_minutes": "Minutes between two shots, by the camera's clock.",
            "review_claim_minutes": "Minutes without a decision; then somebody else may take it.",
            "unmerge_days": "Days. With 0, a merge is final.",
        }
        widgets = {
            "assign_confidence": forms.NumberInput(attrs={"min": 0, "max": 1, "step": "any"}),
            "review_confidence": forms.NumberInput(attrs={"min": 0, "max": 1, "step": "any"}),
            "bare_number_policy": forms.RadioSelect,
            "name_alone": forms.CheckboxInput(attrs={"aria-describedby": "name_alone_warning"}),
            "unknown_patients": forms.RadioSelect,
        }

    def rules(self) -> Rules:
        """What is filled in, for the bench; only for a valid form."""
        data = self.cleaned_data
        policy = Policy(
            assign_from=data["assign_confidence"],
            review_from=data["review_confidence"],
            bare_number=data["bare_number_policy"],
            name_alone=data["name_alone"],
        )
        return Rules(policy, data["unknown_patients"] == Clinic.UnknownPatients.PROVISIONAL)

    def clean(self) -> dict[str, Any]:
        """What is sure enough to be filed is sure enough to be suggested."""
        data = super().clean() or self.cleaned_data
        assign, review = data.get("assign_confidence"), data.get("review_confidence")
        if assign is not None and review is not None and assign < review:
            message = f"This must not be lower than what is needed to suggest a patient ({review})."
            self.add_error("assign_confidence", forms.ValidationError(message, code="bands-crossed"))
        return data


class NamesField(forms.CharField):
    """File names to try something on, one a line; cleans to those lines that say something."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 8, "autocomplete": "off", "spellcheck": "false", "class": "mono", "wrap": "off"}
        super().__init__(
            label="File names to try it on",
            required=False,
            max_length=_LONGEST_LINES,
            widget=forms.Textarea(attrs=attrs),
            help_text="One a line, with folders if they matter. They are matched here and not kept.",
            **kwargs,
        )

    def clean(self, value: Any) -> list[str]:
        """The lines."""
        text: str = super().clean(value)
        return [line for line in map(str.strip, text.splitlines()) if line]


class NamesForm(forms.Form):
    """The names on the bench of the rules."""

    names = NamesField()


class PatternForm(forms.Form):
    """One pattern, and names to try it on. What the language says against it is `refusal`, not an error of
    the field: the bench shows it anew at every key.
    """

    text = forms.CharField(
        label="Pattern",
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "mono",
                "aria-describedby": "fault",
            }
        ),
    )
    names = NamesField()
    refusal: PatternRefused | None = None

    def clean_text(self) -> str:
        """The text; `refusal` says what is wrong with it."""
        text: str = self.cleaned_data["text"]
        try:
            compile_pattern(text)
        except PatternRefused as refusal:
            self.refusal = refusal
        return text
