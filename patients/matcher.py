"""Step five of the road, match: a file's path, and what else is known of it, against the clinic's
directory.
"""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from clinics.models import Clinic
from patients.clues import Clue
from patients.directory import DatabaseDirectory, person_from, survivor_id
from patients.filename_patterns import read_path
from patients.matching import check_digits
from patients.matching.identify import identify
from patients.matching.keys import keys_of
from patients.matching.policy import Policy
from patients.matching.results import MatchResult
from patients.models import Patient, PatientKey

_ROWS_AT_ONCE = 2_000
_FEW_PATIENTS = 5_000


def match(
    clinic: Clinic, path: str, *, extra_clues: Iterable[Clue] = (), batch_patient: Patient | None = None
) -> MatchResult:
    """Whose file is `path`? Reads the clinic's directory, writes nothing, never raises for what the path
    holds.

    `path` is the file's relative path; its folders are sources of their own. `extra_clues` come from
    elsewhere (EXIF, DICOM). With `batch_patient`, the file is that patient's unless a clue contradicts, and
    then it goes to review. A patient who was merged counts as the record that survived.
    """
    today = today_in(clinic)
    return identify(
        DatabaseDirectory(clinic),
        (*read_path(path, today=today), *extra_clues),
        policy=policy_of(clinic),
        today=today,
        batch_patient=survivor_id(batch_patient.pk) if batch_patient is not None else "",
    )


def policy_of(clinic: Clinic) -> Policy:
    """The clinic's own rules for filing without a look."""
    return Policy(
        assign_from=clinic.assign_confidence,
        review_from=clinic.review_confidence,
        bare_number=clinic.bare_number_policy,
        name_alone=clinic.name_alone,
    )


def today_in(clinic: Clinic) -> date:
    """The clinic's own day; no date in a file name is later."""
    return timezone.localdate(timezone=ZoneInfo(clinic.time_zone))


def refresh_keys(patient: Patient) -> None:
    """Make the patient's keys those of the row as it is now; call it in the transaction that writes the
    row.
    """
    refresh_keys_in_bulk([patient])


def refresh_keys_in_bulk(patients: Iterable[Patient]) -> None:
    """The same for many patients; only keys that are new or gone are written, so that running it twice
    changes nothing.
    """
    chunk: list[Patient] = []
    for patient in patients:
        chunk.append(patient)
        if len(chunk) >= _ROWS_AT_ONCE:
            _refresh(chunk)
            chunk = []
    if chunk:
        _refresh(chunk)


@transaction.atomic
def _refresh(patients: list[Patient]) -> None:
    wanted = {(patient.pk, key): patient for patient in patients for key in keys_of(person_from(patient))}
    clinics = {patient.clinic_id for patient in patients}
    Clinic.objects.filter(pk__in=clinics).update(directory_changed_at=Now())
    rows = PatientKey.objects.filter(patient__in=patients).values_list("id", "patient_id", "key")
    there = {(patient_id, key): row_id for row_id, patient_id, key in rows}
    gone = [row_id for pair, row_id in there.items() if pair not in wanted]
    for start in range(0, len(gone), _ROWS_AT_ONCE):
        PatientKey.objects.filter(pk__in=gone[start : start + _ROWS_AT_ONCE]).delete()
    PatientKey.objects.bulk_create(
        (
            PatientKey(clinic_id=patient.clinic_id, patient=patient, key=key)
            for (patient_id, key), patient in wanted.items()
            if (patient_id, key) not in there
        ),
        batch_size=_ROWS_AT_ONCE,
    )


def verify_check_digit(clinic: Clinic) -> str:
    """Find out which check digit the clinic's record numbers carry, store it on the clinic, and return it
    (`""` for none).
    """
    patients = Patient.objects.of(clinic).living().filter(provisional=False)
    clinic.check_digit = check_digits.verify(patients.values_list("mrn", flat=True).iterator())
    clinic.save(update_fields=["check_digit"])
    return clinic.check_digit


def note_number(clinic: Clinic, mrn: str) -> None:
    """A new record number may make a check digit believable, or end the belief in one: look again, if it can.

    A directory of more than [5,000] is looked at every night instead, because that reads all of it.
    """
    speaks_for_one = any(
        check_digits.satisfies(scheme, mrn) for scheme in (check_digits.LUHN, check_digits.MOD11)
    )
    could_change = (
        not check_digits.satisfies(clinic.check_digit, mrn) if clinic.check_digit else speaks_for_one
    )
    if could_change and Patient.objects.of(clinic).count() <= _FEW_PATIENTS:
        verify_check_digit(clinic)
