"""A clinic's own file-name patterns: write one, try it on real names before it is saved, order them, take one
out and put it back.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinics.access import MANAGE, get_or_404
from clinics.views.page import Page, Verb
from files.errors import Refused
from patients import settings_actions
from patients.bench import try_names
from patients.filename_patterns import PatternRefused, understood
from patients.filename_patterns.placeholders import PLACEHOLDERS
from patients.models import FilenamePattern
from patients.settings_forms import PatternForm
from patients.views.removed import forget_removed, remember_removed, removed_pattern
from patients.views.setting_words import rows_of, sum_of

MOST_TRIED = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong with a pattern, and its text before, at and after the place, if there is one."""

    message: str
    before: str = ""
    at: str = ""
    after: str = ""


def fault_of(refusal: Refused, text: str) -> Fault:
    """The refusal, and where in the text that was written."""
    if not isinstance(refusal, PatternRefused) or refusal.position >= len(text):
        return Fault(refusal.message)
    at = refusal.position
    return Fault(refusal.message, text[:at], text[at], text[at + 1 :])


class PatternPage(Page):
    """What every page with a pattern on it shares: the form, and the bench below it."""

    needs = MANAGE
    nav = "settings"

    def pattern(self, pk: object) -> FilenamePattern:
        """The clinic's pattern of that number, or 404."""
        return get_or_404(FilenamePattern.objects.filter(clinic=self.access.clinic), self.access, pk)

    def show(
        self,
        form: PatternForm,
        pattern: FilenamePattern | None,
        *,
        template: str = "patients/pattern.html",
        status: int = 200,
        tried: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page, or with another template a part of it."""
        context = {"form": form, "pattern": pattern, "placeholders": PLACEHOLDERS.values(), **(tried or {})}
        return self.render(template, context, status=status)

    def tried(self, form: PatternForm, pattern: FilenamePattern | None) -> dict[str, Any]:
        """What the names become, with the form's pattern where it is one; `form` was validated."""
        names: list[str] = form.cleaned_data.get("names", [])
        draft = understood(form.cleaned_data.get("text", ""))
        trials = try_names(self.access.clinic, names[:MOST_TRIED], draft=draft, instead_of=pattern)
        return {
            "left_out": max(len(names) - MOST_TRIED, 0),
            "most": MOST_TRIED,
            "rows": rows_of(trials),
            "says": sum_of(trials, has_draft=draft is not None),
            "with_draft": draft is not None,
        }


class NewPattern(PatternPage):
    """A new pattern, tried before it is saved."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """An empty form and an empty bench."""
        return self.show(PatternForm(), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save it behind the others; a wrong one comes back with the bench as it was."""
        return self.save(None, PatternForm(request.POST))

    def save(self, pattern: FilenamePattern | None, form: PatternForm) -> HttpResponse:
        """Add or change; back to the list, or the form again with what is wrong."""
        form.is_valid()
        try:
            self.write(pattern, form.cleaned_data.get("text", ""))
        except Refused as refusal:
            tried = self.tried(form, pattern) | {
                "fault": fault_of(refusal, form.cleaned_data.get("text", ""))
            }
            return self.show(form, pattern, status=400, tried=tried)
        forget_removed(self.request)
        messages.success(self.request, "The pattern is saved. Files in review are tried again.")
        return redirect(f"{reverse('settings:matching')}#patterns")

    def write(self, pattern: FilenamePattern | None, text: str) -> None:
        """Store the text."""
        if pattern is None:
            settings_actions.add_pattern(access=self.access, text=text)
        else:
            settings_actions.change_pattern(access=self.access, pattern=pattern, text=text)


class EditPattern(NewPattern):
    """A pattern that is there, tried as it would be."""

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        """The form with its text."""
        pattern = self.pattern(pk)
        return self.show(PatternForm(initial={"text": pattern.text}), pattern)

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        """Save it in its place."""
        return self.save(self.pattern(pk), PatternForm(request.POST))


class Bench(PatternPage):
    """Tries a draft on names and stores nothing. POST only: names are in no address and no history."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """The table alone for a page that asks while somebody types, else the whole page."""
        pk = request.POST.get("pattern")
        pattern = self.pattern(pk) if pk else None
        form = PatternForm(self.fields(request))
        form.is_valid()
        text = form.cleaned_data.get("text", "")
        fault = fault_of(form.refusal, text) if form.refusal and text else None
        is_part = request.headers.get("HX-Request") == "true"
        template = "patients/_bench_answer.html" if is_part else "patients/pattern.html"
        tried = self.tried(form, pattern) | {"fault": fault}
        return self.show(form, pattern, template=template, tried=tried)

    def fields(self, request: HttpRequest) -> dict[str, str]:
        """What was written: the draft, and the names to try it on."""
        return {"text": request.POST.get("text", ""), "names": request.POST.get("names", "")}


class MovePattern(Verb, PatternPage):
    """One place up or down."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Move it."""
        by = -1 if request.POST.get("to") == "up" else 1
        settings_actions.move_pattern(access=self.access, pattern=self.pattern(kwargs["pk"]), by=by)
        return "The order is changed: the first pattern that fits a name reads it."

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """Back to the list."""
        return f"{reverse('settings:matching')}#patterns"


class RemovePattern(MovePattern):
    """Takes a pattern out; the list offers to put it back."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Remove it; the page itself says so and offers the way back."""
        pattern = self.pattern(kwargs["pk"])
        remember_removed(request, pattern)
        settings_actions.remove_pattern(access=self.access, pattern=pattern)
        return ""


class RestorePattern(MovePattern):
    """Puts the pattern back that was removed last."""

    refusals = (Refused,)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Add it where it stood."""
        removed = removed_pattern(request, self.access.clinic)
        if removed is None:
            return "There is nothing to put back."
        forget_removed(request)
        settings_actions.add_pattern(access=self.access, text=removed.text, position=removed.position)
        return "The pattern is back."
