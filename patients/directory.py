"""A clinic's directory in the database, as the matcher sees it; its name words are kept in memory by each
process.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count

from clinics.models import Clinic
from patients.matching.directory import MOST_CANDIDATES
from patients.matching.normalise import Person, person_of
from patients.matching.numbers import NumberShape, shape_of
from patients.matching.vocabulary import Vocabulary
from patients.models import Patient, PatientKey

_SMALL = 5_000  # patients; words of so small a directory are read again at every change
_PATIENCE_SECONDS = 60.0  # those of a larger one at most this often
_PATIENCE_FACTOR = 20.0  # nor more often than reading them is worth
_MOST_MERGES = 8
_FIELDS = ("id", "mrn", "family_name", "given_names", "suffix", "birth_date", "provisional", "merged_into_id")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a process remembers of a directory between two files."""

    vocabulary: Vocabulary
    shape: NumberShape
    stamp: int
    read_at: float
    took_seconds: float

    def are_fresh(self, stamp: int) -> bool:
        """Has nothing changed since, or not for long enough to read a large directory again?"""
        if stamp == self.stamp:
            return True
        patience = max(_PATIENCE_SECONDS, _PATIENCE_FACTOR * self.took_seconds)
        return self.vocabulary.patients > _SMALL and time.monotonic() - self.read_at < patience


_remembered: dict[UUID, Facts] = {}
_lock = threading.Lock()


class DatabaseDirectory:
    """One clinic's patients. Candidates come from the key table as it is now; only word frequencies may be
    a minute old.
    """

    def __init__(self, clinic: Clinic) -> None:
        """Ready for any number of files; cheap to make."""
        self._clinic = clinic
        self._facts = _facts_of(clinic)

    @property
    def vocabulary(self) -> Vocabulary:
        """See `Directory.vocabulary`."""
        return self._facts.vocabulary

    @property
    def shape(self) -> NumberShape:
        """See `Directory.shape`."""
        return self._facts.shape

    @property
    def check_digit(self) -> str:
        """The scheme that `verify_check_digit` has stored for this clinic."""
        return self._clinic.check_digit

    def find(self, keys: Collection[int], *, limit: int = MOST_CANDIDATES) -> Sequence[str]:
        """See `Directory.find`: one indexed query."""
        if not keys:
            return []
        rows = PatientKey.objects.filter(clinic=self._clinic, key__in=list(keys))
        counted = rows.values("patient_id").annotate(shared=Count("id")).order_by("-shared", "patient_id")
        return [str(row["patient_id"]) for row in counted[:limit]]

    def people(self, patient_ids: Collection[str]) -> Sequence[Person]:
        """See `Directory.people`. A record that was merged answers with its own names and number, and the
        survivor's id.
        """
        rows = Patient.objects.of(self._clinic).filter(pk__in=[UUID(each) for each in patient_ids])
        people, merged = [], {}
        for row in rows.values_list(*_FIELDS):
            people.append(_person(row))
            if row[-1] is not None:
                merged[str(row[0])] = row[-1]
        survivors = {patient_id: survivor_id(into) for patient_id, into in merged.items()}
        return [replace(person, id=survivors.get(person.id, person.id)) for person in people]


def survivor_id(patient_id: UUID) -> str:
    """The living record that `patient_id` was merged into, through any number of merges, or itself."""
    for _ in range(_MOST_MERGES):
        into = Patient.objects.filter(pk=patient_id).values_list("merged_into_id", flat=True).first()
        if into is None:
            break
        patient_id = into
    return str(patient_id)


def person_from(patient: Patient) -> Person:
    """A patient's row made comparable."""
    return _person(tuple(getattr(patient, field) for field in _FIELDS))


def _person(row: tuple[object, ...]) -> Person:
    patient_id, mrn, family, given, suffix, birth_date, provisional, _ = row
    return person_of(
        str(patient_id),
        str(mrn),
        family=str(family),
        given=str(given),
        suffix=str(suffix),
        birth_date=birth_date,  # type: ignore[arg-type]
        is_provisional=bool(provisional),
    )


def _facts_of(clinic: Clinic) -> Facts:
    """Read the directory's words again when its keys have changed; every change of a patient writes keys."""
    stamp = PatientKey.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with _lock:
        known = _remembered.get(clinic.pk)
        if known is None or not known.are_fresh(stamp):
            known = _remembered[clinic.pk] = _read_facts(clinic, stamp)
        return known


def _read_facts(clinic: Clinic, stamp: int) -> Facts:
    started = time.monotonic()
    vocabulary = Vocabulary.of(_everybody(clinic))
    shape = shape_of(person.number for person in _everybody(clinic))
    return Facts(vocabulary, shape, stamp, time.monotonic(), time.monotonic() - started)


def _everybody(clinic: Clinic) -> Iterator[Person]:
    rows = Patient.objects.of(clinic).living().values_list(*_FIELDS)
    return (_person(row) for row in rows.iterator(chunk_size=5_000))
