"""Step five of the road, match: a file's path, and what else is known of it, against the clinic's
directory.
"""

from collections.abc import Iterable
from datetime import date
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from clinics.models import Clinic
from patients import bulk, index
from patients.clues import Clue
from patients.directory import DatabaseDirectory, survivor_id
from patients.filename_patterns import CompiledPattern, read_path, understood
from patients.matching import check_digits
from patients.matching.identify import identify
from patients.matching.policy import Policy
from patients.matching.results import MatchResult
from patients.models import Patient

# New keys fall all over their table, and each time most of it is written: few large steps cost least.
_PATIENTS_AT_ONCE = 25_000
_FEW_PATIENTS = 5_000
_PATTERNS = "SELECT text FROM patients_filenamepattern WHERE clinic_id = %s ORDER BY position, id"


def match(
    clinic: Clinic,
    path: str,
    *,
    extra_clues: Iterable[Clue] = (),
    batch_patient: Patient | None = None,
    listed: frozenset[UUID] = frozenset(),
) -> MatchResult:
    """Whose file is `path`? Reads the clinic's directory, writes nothing, never raises for what the path
    holds.

    `path` is the file's relative path; its folders are sources of their own. `extra_clues` come from
    elsewhere (EXIF, DICOM, a patient card, a list) and are judged source by source. `listed` are the patients
    of the list that came with the batch. With `batch_patient`, the file is that patient's unless a clue
    contradicts, and then it goes to review. A patient who was merged counts as the record that survived.
    """
    today = today_in(clinic)
    return identify(
        DatabaseDirectory(clinic),
        (*read_path(path, today=today, patterns=patterns_of(clinic)), *extra_clues),
        policy=policy_of(clinic),
        today=today,
        batch_patient=survivor_id(batch_patient.pk) if batch_patient is not None else "",
        listed=_survivors(listed),
    )


def _survivors(listed: frozenset[UUID]) -> frozenset[str]:
    if not listed:
        return frozenset()
    merged = Patient.objects.filter(pk__in=listed, merged_into__isnull=False).values_list("pk", flat=True)
    gone = frozenset(merged)
    return frozenset(map(str, listed - gone)) | frozenset(map(survivor_id, gone))


def policy_of(clinic: Clinic) -> Policy:
    """The clinic's own rules for filing without a look."""
    return Policy(
        assign_from=clinic.assign_confidence,
        review_from=clinic.review_confidence,
        bare_number=clinic.bare_number_policy,
        name_alone=clinic.name_alone,
    )


def patterns_of(clinic: Clinic) -> tuple[CompiledPattern, ...]:
    """The clinic's own file-name patterns, in their order; one that is no longer understood reads nothing."""
    found = (understood(text) for (text,) in bulk.rows_of(_PATTERNS, clinic.pk))
    return tuple(pattern for pattern in found if pattern is not None)


def today_in(clinic: Clinic) -> date:
    """The clinic's own day; no date in a file name is later."""
    return timezone.localdate(timezone=ZoneInfo(clinic.time_zone))


def refresh_keys(patient: Patient) -> None:
    """Make the patient's keys those of the row as it is now; call it in the transaction that writes the
    row.
    """
    refresh_keys_in_bulk([patient])


def refresh_keys_in_bulk(patients: Iterable[Patient]) -> None:
    """The same for many patients; only what differs is written, so that running it twice changes nothing."""
    rows = iter(patients)
    while chunk := list(islice(rows, _PATIENTS_AT_ONCE)):
        index.put_in(chunk)


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
