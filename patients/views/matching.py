"""The settings page of matching: the clinic's policy, its check digit, its patterns in their order."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from clinics.access import MANAGE
from clinics.models import Clinic
from clinics.views.page import Page, Verb
from patients.filename_patterns import understood
from patients.models import FilenamePattern, Patient
from patients.settings_actions import MOST_PATTERNS, change_policy, verify_check_digit
from patients.settings_forms import PolicyForm
from patients.views.removed import removed_pattern
from patients.views.setting_words import BUILT_IN

_SCHEME_WORDS = {
    "": "Your numbers carry no check digit that all of them follow, or there are fewer than ten of them.",
    "luhn": "Your numbers carry a Luhn check digit.",
    "mod11": "Your numbers carry a modulus 11 check digit.",
}


class Matching(Page):
    """For administrators of the clinic."""

    needs = MANAGE
    nav = "settings"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The policy as it is."""
        return self.show(PolicyForm(instance=self.stored()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change the policy; the answer is the page with what was changed."""
        form = PolicyForm(request.POST, instance=self.stored())
        if not form.is_valid():
            return self.show(form, status=400)
        changed = change_policy(access=self.access, policy=form.cleaned_data)
        return self.show(PolicyForm(instance=self.stored()), said=_said(form, list(changed)))

    def stored(self) -> Clinic:
        """The clinic as it is in the database; a form changes its own copy."""
        return Clinic.objects.get(pk=self.access.clinic.pk)

    def show(self, form: PolicyForm, *, said: str = "", status: int = 200) -> HttpResponse:
        """The page."""
        clinic = self.stored()
        rows = FilenamePattern.objects.filter(clinic=clinic)
        context = {
            "built_in": BUILT_IN,
            "form": form,
            "may_add": len(rows) < MOST_PATTERNS,
            "numbers": Patient.objects.of(clinic).living().filter(provisional=False).count(),
            "patterns": [(row, understood(row.text) is not None) for row in rows],
            "removed": removed_pattern(self.request, clinic),
            "said": said,
            "scheme": clinic.check_digit,
            "scheme_words": _SCHEME_WORDS[clinic.check_digit],
        }
        return self.render("patients/matching.html", context, status=status)


class VerifyCheckDigit(Verb):
    """Looks at every record number of the clinic now."""

    needs = MANAGE

    def act(self, request: HttpRequest, **kwargs: object) -> str:
        """Verify; the sentence says what was found."""
        return f"The record numbers were looked at. {_SCHEME_WORDS[verify_check_digit(access=self.access)]}"

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """Back to the page, where the numbers are spoken of."""
        return f"{reverse('settings:matching')}#numbers"


def _said(form: PolicyForm, changed: list[str]) -> str:
    if not changed:
        return "Nothing was changed."
    words = ", ".join(f"“{form.fields[field].label}”" for field in changed)
    return f"Saved: {words}. Files that wait in review are tried again."
