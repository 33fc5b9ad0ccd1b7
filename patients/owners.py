"""Whose record number is it? For numbers that a machine wrote: a label, a wristband, a list."""

import re
from collections.abc import Collection, Iterable

from clinics.models import Clinic
from patients.directory import DatabaseDirectory
from patients.models import Patient, mrn_key_of

_NOT_IN_A_NUMBER = re.compile(r"[^0-9A-Za-z]")
_WITH_LETTERS = re.compile(r"([A-Z]{1,4})(\d+)")
_AT_ONCE = 500


def owners_of(clinic: Clinic, numbers: Iterable[str]) -> dict[str, Patient]:
    """The patient behind each number, by the number as written; who is not in the directory is left out.

    Equal means: the same letters and digits, zeros included. `P-0012345` is also `0012345` where no number
    of the clinic begins with P, and `0012345` is `MX-0012345` where its numbers begin so. A number that fits
    two people is nobody's. The record may have been merged; its survivor is the one to file under.
    """
    wanted = sorted(set(filter(None, numbers)))
    if not wanted:
        return {}
    letters = DatabaseDirectory(clinic).shape.letters
    forms = {number: _forms(number, letters) for number in wanted}
    rows = _rows_by_form(clinic, {form for each in forms.values() for form in each})
    found = {number: _the_one(rows, each) for number, each in forms.items()}
    return {number: patient for number, patient in found.items() if patient is not None}


def _forms(number: str, letters: Collection[str]) -> tuple[str, ...]:
    """How the number may stand in the directory, the likeliest first."""
    plain = _plain(number)
    with_letters = _WITH_LETTERS.fullmatch(plain)
    if with_letters and with_letters[1] not in letters:
        return plain, with_letters[2]
    if plain.isdigit():
        return plain, *(f"{each}{plain}" for each in sorted(letters))
    return (plain,)


def _rows_by_form(clinic: Clinic, forms: Collection[str]) -> dict[str, list[Patient]]:
    keys = sorted({mrn_key_of(form) for form in forms})
    found: dict[str, list[Patient]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        rows = Patient.objects.of(clinic).filter(mrn_key__in=keys[start : start + _AT_ONCE])
        for patient in rows:
            found.setdefault(_plain(patient.mrn), []).append(patient)
    return found


def _the_one(rows: dict[str, list[Patient]], forms: Iterable[str]) -> Patient | None:
    found = next((rows[form] for form in forms if form in rows), [])
    return found[0] if len(found) == 1 else None


def _plain(number: str) -> str:
    return _NOT_IN_A_NUMBER.sub("", number).upper()
