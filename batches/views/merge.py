"""Two records of one person: choose the one that stays, see what would move, confirm; and take them apart."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches.actions.merge import (
    may_merge,
    merge_patients,
    unmerge_patient,
    unmerge_preview,
    unmerge_until,
)
from batches.actions.merge_preview import merge_preview
from batches.forms import ReasonForm, SurvivorForm
from batches.parting import matched_as_one
from batches.views.queue import uuid_in
from clinics.access import REVIEW, get_or_404
from clinics.views.page import Page, Verb
from files.errors import Refused
from patients.models import Patient, PatientMerge

_MOST_LISTED = 200


class Merge(Page):
    """Merges the record in the address into another."""

    needs = REVIEW
    nav = "patients"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Which record stays? Then what would move."""
        if self.loser.merged_into is not None or not may_merge(self.access, self.loser):
            messages.error(request, "This record cannot be merged by you, or was merged already.")
            return redirect("batches:chart", pk=pk)
        survivor_id = uuid_in(request.GET.get("into", ""))
        if survivor_id is None:
            return self.choose(SurvivorForm(clinic=self.access.clinic))
        return self.confirm(self.survivor(survivor_id), ReasonForm())

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The choice, or the confirmation, which names the record by its identifier."""
        survivor_id = uuid_in(request.POST.get("into", ""))
        if survivor_id is not None:
            return self.merge(self.survivor(survivor_id), ReasonForm(request.POST))
        form = SurvivorForm(request.POST, clinic=self.access.clinic)
        if not form.is_valid():
            return self.choose(form, status=400)
        if form.cleaned_data["patient"].pk == pk:
            form.add_error("patient", "This is the same record. Choose the other one.")
            return self.choose(form, status=400)
        address = reverse("batches:merge", args=[pk])
        return redirect(f"{address}?into={form.cleaned_data['patient'].pk}")

    @cached_property
    def loser(self) -> Patient:
        """The record that goes, if it is this clinic's."""
        rows = Patient.objects.of(self.access.clinic).select_related("merged_into")
        return get_or_404(rows, self.access, self.kwargs["pk"])

    def survivor(self, survivor_id: UUID) -> Patient:
        """The record that stays, if it is this clinic's."""
        return get_or_404(Patient.objects.of(self.access.clinic), self.access, survivor_id)

    def choose(self, form: SurvivorForm, *, status: int = 200) -> HttpResponse:
        """The first page."""
        context = {"form": form, "patient": self.loser, "preview": None}
        return self.render("batches/merge.html", context, status=status)

    def confirm(self, survivor: Patient, form: ReasonForm, *, status: int = 200) -> HttpResponse:
        """The second page."""
        context = {
            "days": self.access.clinic.unmerge_days,
            "form": form,
            "patient": self.loser,
            "preview": merge_preview(loser=self.loser, survivor=survivor),
        }
        return self.render("batches/merge.html", context, status=status)

    def merge(self, survivor: Patient, form: ReasonForm) -> HttpResponse:
        """Do it; what speaks against it is said on the page."""
        if not form.is_valid():
            return self.confirm(survivor, form, status=400)
        reason = form.cleaned_data["reason"]
        try:
            merge_patients(access=self.access, loser=self.loser, survivor=survivor, reason=reason)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.confirm(survivor, form, status=refusal.status)
        messages.success(
            self.request, "Merged. What names the old record is filed in this chart from now on."
        )
        return redirect("batches:chart", pk=survivor.pk)


class Unmerge(Verb):
    """Takes two records apart that were merged."""

    needs = REVIEW
    nav = "patients"
    http_method_names = ["get", "post", "options"]
    refusals = (Refused,)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """What would go back, and what would stay."""
        context = {
            "merge": self.merge,
            "preview": unmerge_preview(self.merge),
            "since": matched_as_one(self.merge).select_related("batch")[:_MOST_LISTED],
            "until": unmerge_until(self.merge),
        }
        return self.render("batches/unmerge.html", context)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take them apart."""
        done = unmerge_patient(access=self.access, merge=self.merge)
        stayed = f" {done.stayed} were assigned anew since, and stay where they are." if done.stayed else ""
        asked = (
            f" In review, because they were filed here by themselves: {done.to_review}."
            if done.to_review
            else ""
        )
        return f"The records are apart again. Gone back: {done.back}.{stayed}{asked}"

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """The chart that got its own back, or the survivor's when that was refused."""
        self.merge.refresh_from_db()
        is_apart = self.merge.unmerged_at is not None
        return reverse("batches:chart", args=[self.merge.merged_id if is_apart else self.merge.survivor_id])

    @cached_property
    def merge(self) -> PatientMerge:
        """The merge, if it is this clinic's."""
        rows = PatientMerge.objects.filter(clinic=self.access.clinic)
        rows = rows.select_related("clinic", "merged", "survivor", "merged_by")
        return get_or_404(rows, self.access, self.kwargs["pk"])
