"""The directory's pages: the list with its search, a new patient, and the choices under a picker."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinics.access import REVIEW, VIEW
from clinics.views.page import Page
from files.errors import Refused
from patients.actions import register_patient
from patients.forms import NewPatientForm
from patients.models import Patient, PatientQuerySet
from patients.search import search

_ROWS = 50
_CHOICES = 8


class PatientList(Page):
    """The patients of the clinic by name."""

    needs = VIEW
    nav = "patients"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Those that fit the search, a page at a time."""
        words = request.GET.get("q", "").strip()
        page = Paginator(self.living(words), _ROWS).get_page(request.GET.get("page"))
        return self.render("patients/list.html", {"page": page, "q": words})

    def living(self, words: str) -> PatientQuerySet:
        """Patients whose record is in use and who fit `words`."""
        return search(Patient.objects.of(self.access.clinic).living(), words)


class Choices(PatientList):
    """The first few patients that fit what somebody types into a picker."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The choices alone, without a page around them."""
        words = request.GET.get("q", "").strip()
        found = list(self.living(words)[:_CHOICES]) if words else []
        return self.render("patients/_choices.html", {"found": found, "q": words})


class NewPatient(Page):
    """Registers a patient, who is known to the matcher from then on."""

    needs = REVIEW
    nav = "patients"

    def get(self, request: HttpRequest) -> HttpResponse:
        """An empty form."""
        return self.render("patients/new.html", {"form": NewPatientForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register, and go to the new chart."""
        form = NewPatientForm(request.POST)
        if form.is_valid():
            try:
                patient = register_patient(access=self.access, facts=form.facts())
                return redirect("batches:chart", pk=patient.pk)
            except Refused as refusal:
                form.add_error("mrn", str(refusal))
        return self.render("patients/new.html", {"form": form}, status=400)
