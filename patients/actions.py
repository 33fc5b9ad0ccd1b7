"""Verbs on the directory: what people and scripts do with patients."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from clinics import audit
from clinics.access import Access
from files.errors import Refused
from patients import matcher
from patients.models import Patient


@dataclass(frozen=True, kw_only=True)
class PatientFacts:
    """What the directory holds of a person; `mrn` is the record number."""

    mrn: str
    family_name: str
    given_names: str = ""
    birth_date: date | None = None
    sex: str = ""
    provisional: bool = False


def register_patient(*, access: Access, facts: PatientFacts) -> Patient:
    """A new patient of the clinic, found by the matcher from the same moment on.

    Raises Refused (409 `mrn-taken`) when the clinic has the record number already.
    """
    with transaction.atomic():
        patient = _create(access, facts)
        matcher.refresh_keys(patient)
        matcher.note_number(access.clinic, patient.mrn)
        audit.record("patient-registered", clinic=access.clinic, actor=access.user, target=patient)
    return patient


def _create(access: Access, facts: PatientFacts) -> Patient:
    try:
        with transaction.atomic():
            return Patient.objects.create(clinic=access.clinic, **vars(facts))
    except IntegrityError as taken:
        message = (
            f"The record number {facts.mrn} is in the directory already. Use that record, or correct it."
        )
        raise Refused("mrn-taken", message, status=409) from taken
