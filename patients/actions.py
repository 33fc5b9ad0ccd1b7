"""Verbs on the directory: what people and scripts do with patients."""

import secrets
from dataclasses import dataclass, replace
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from clinics import audit
from clinics.access import Access
from clinics.models import Clinic, User
from files.errors import Refused
from patients import matcher
from patients.models import Patient

# Letters only, so that no record number of the clinic is ever near it, and none that read like digits.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LETTERS_IN_NUMBER = 6
_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class PatientFacts:
    """What the directory holds of a person; `mrn` is the record number, empty where a provisional record has
    none.
    """

    mrn: str
    family_name: str
    given_names: str = ""
    birth_date: date | None = None
    sex: str = ""
    provisional: bool = False


def register_patient(*, access: Access, facts: PatientFacts) -> Patient:
    """A new patient of the clinic, found by the matcher from the same moment on.

    A provisional record without a number gets one of its own (`P-…`) until the clinic's is known. Raises
    Refused: `mrn-taken` (409) when the clinic has the record number already, `mrn-missing` (400).
    """
    return register(clinic=access.clinic, facts=facts, actor=access.user)


def register(*, clinic: Clinic, facts: PatientFacts, actor: User | None) -> Patient:
    """The same; `actor` is None for the machine, where a clinic has switched provisional records on."""
    if not facts.mrn and not facts.provisional:
        raise Refused("mrn-missing", "Give the record number, or register the person as provisional.")
    with transaction.atomic():
        patient = _create(clinic, facts) if facts.mrn else _create_numbered(clinic, facts)
        matcher.refresh_keys(patient)
        if not patient.provisional:
            matcher.note_number(clinic, patient.mrn)
        audit.record(
            "patient-registered",
            clinic=clinic,
            actor=actor,
            target=patient,
            provisional=patient.provisional,
        )
    return patient


def withdraw_provisional(*, access: Access, patient: Patient) -> bool:
    """Take a provisional record back that was made for files of which none came into its chart.

    False when it is registered, or when anything is in the chart or in its history after all.
    """
    try:
        with transaction.atomic():
            rows = Patient.objects.of(access.clinic).living().filter(pk=patient.pk, provisional=True)
            empty = rows.select_for_update(of=("self",)).first()
            if empty is None:
                return False
            audit.record("patient-withdrawn", clinic=access.clinic, actor=access.user, target=empty)
            empty.delete()
    except ProtectedError:
        return False
    return True


def _create(clinic: Clinic, facts: PatientFacts) -> Patient:
    try:
        with transaction.atomic():
            return Patient.objects.create(clinic=clinic, **vars(facts))
    except IntegrityError as taken:
        message = (
            f"The record number {facts.mrn} is in the directory already. Use that record, or correct it."
        )
        raise Refused("mrn-taken", message, status=409) from taken


def _create_numbered(clinic: Clinic, facts: PatientFacts) -> Patient:
    for _ in range(_ATTEMPTS - 1):
        try:
            return _create(clinic, replace(facts, mrn=_provisional_number()))
        except Refused:
            continue  # one in sixty million: this number is somebody's
    return _create(clinic, replace(facts, mrn=_provisional_number()))


def _provisional_number() -> str:
    return "P-" + "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_IN_NUMBER))
