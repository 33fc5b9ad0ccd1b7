"""Finds patients for a person who types the beginning of a name or of a record number."""

from django.db.models import Q

from patients.models import PatientQuerySet, mrn_key_of

# More words than a person has names; each is a condition, and databases take only so many.
_MOST_WORDS = 12


def search(patients: PatientQuerySet, text: str) -> PatientQuerySet:
    """Those of `patients` of whom every word of `text` is part of a name or begins the record number."""
    for word in text.replace("\0", " ").split()[:_MOST_WORDS]:
        patients = patients.filter(_has(word))
    return patients


def _has(word: str) -> Q:
    in_name = Q(family_name__icontains=word) | Q(given_names__icontains=word)
    number = mrn_key_of(word)
    return in_name | Q(mrn_key__startswith=number) if number else in_name
