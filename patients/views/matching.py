"""The settings page of matching: the clinic's policy, its check digit, its patterns in their order."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from clinics.access import MANAGE
from clinics.models import Clinic
from clinics.views.page import Page, Verb
from patients.bench import try_names
from patients.filename_patterns import understood
from patients.models import FilenamePattern, Patient
from patients.settings_actions import MOST_PATTERNS, change_policy, verify_check_digit
from patients.settings_forms import NamesForm, PolicyForm
from patients.views.patterns import MOST_TRIED
from patients.views.removed import removed_pattern
from patients.views.setting_words import BUILT_IN, rows_of, sum_of_rules

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

    def show(
        self,
        form: PolicyForm,
        *,
        said: str = "",
        status: int = 200,
        tried: Mapping[str, object] | None = None,
    ) -> HttpResponse:
        """The page; `tried` is what the bench below the rules shows."""
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
            "trial": NamesForm(auto_id="trial-%s"),
            **(tried or {}),
        }
        return self.render("patients/matching.html", context, status=status)


class TryPolicy(Matching):
    """Tries unsaved rules on names and stores nothing. POST only: names are in no address and no history."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """The page with the rules as they were filled in, and what each name would become."""
        form, trial = (
            PolicyForm(request.POST, instance=self.stored()),
            NamesForm(request.POST, auto_id="trial-%s"),
        )
        if not (form.is_valid() and trial.is_valid()):
            return self.show(form, status=400, tried={"trial": trial})
        names: list[str] = trial.cleaned_data["names"]
        trials = try_names(self.stored(), names[:MOST_TRIED], rules=form.rules())
        tried = {
            "left_out": max(len(names) - MOST_TRIED, 0),
            "most": MOST_TRIED,
            "rows": rows_of(trials),
            "says": sum_of_rules(trials),
            "trial": trial,
            "with_draft": True,
        }
        return self.show(form, tried=tried)


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
