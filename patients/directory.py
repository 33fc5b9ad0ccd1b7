"""A clinic's directory in the database, as the matcher sees it; each process keeps its name words in memory,
and reads what has changed since.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinics.models import Clinic
from patients import bulk, index
from patients.index_entries import FIELDS, person_from
from patients.index_models import DirectoryState, IndexedPatient, PatientKey, Tally
from patients.matching.directory import MOST_CANDIDATES
from patients.matching.keys import within
from patients.matching.normalise import Person, number_of
from patients.matching.numbers import RARE, NumberShape
from patients.matching.vocabulary import Vocabulary
from patients.models import Patient, PatientMerge

_MOST_MERGES = 8
_COLUMNS = ("directory_id", *FIELDS)
_AS_TEXT = {"patient_id": "CAST(patient_id AS TEXT)"}
_VERSION = "SELECT id, version FROM patients_directorystate WHERE clinic_id = %s"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a process remembers of a directory between two files: how it was at one version."""

    state: DirectoryState
    vocabulary: Vocabulary
    shape: NumberShape


_NOTHING = Facts(
    DirectoryState(), Vocabulary({}, {}, {}, 0), NumberShape(frozenset(), frozenset(), lowest=0, highest=0)
)
_remembered: dict[UUID, Facts] = {}
_lock = threading.Lock()


class DatabaseDirectory:
    """One clinic's patients as they are now; made anew for each file."""

    def __init__(self, clinic: Clinic) -> None:
        """Read what has changed since the last file; cheap when nothing has."""
        self._clinic = clinic
        self._facts = _facts_of(clinic)
        self._found: dict[str, Person] = {}

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
        """See `Directory.find`: one indexed query, and one for the rows; equal counts keep the order in
        which patients came.
        """
        if not keys or self._facts.state.pk is None:
            return []
        own = within(sorted(keys), self._facts.state.pk)
        return self._keep(bulk.rows_of(find_sql(own), limit))

    @property
    def size(self) -> int:
        """How many living patients it has."""
        return self._facts.state.patients

    def who_have(self, keys: Sequence[int]) -> Iterator[Person]:
        """Everybody who has one of `keys`, living and once; nothing is remembered of them."""
        if not self.size:
            return
        own = within(keys, self._facts.state.pk)
        entries = PatientKey.objects.filter(key__in=own).values("entry")
        rows = IndexedPatient.objects.filter(pk__in=entries, merged=False).values_list(*_COLUMNS)
        for row in rows.iterator(chunk_size=5_000):
            if row[0] == self._facts.state.pk:
                yield person_from(row[1:])

    def people(self, patient_ids: Collection[str]) -> Sequence[Person]:
        """See `Directory.people`. A record that was merged answers with its own names and number, and the
        survivor's id.
        """
        unseen = [UUID(each) for each in patient_ids if each not in self._found]
        if unseen:
            self._keep(IndexedPatient.objects.filter(patient__in=unseen).values_list(*_COLUMNS))
        return [self._found[each] for each in patient_ids if each in self._found]

    def _keep(self, rows: Iterable[tuple[Any, ...]]) -> list[str]:
        """Keep these rows' people for `people`, as far as they are of this directory; returns the ids of the
        records themselves.
        """
        ids = []
        for row in rows:
            if row[0] != self._facts.state.pk:
                continue  # in the query this would lead SQLite to read the whole directory
            person = person_from(row[1:])
            is_merged = row[-1]
            ids.append(person.id)
            self._found[person.id] = person._replace(id=survivor_id(UUID(person.id))) if is_merged else person
        return ids


def find_sql(keys: Sequence[int]) -> str:
    """The question for candidates who have one of `keys`, with a place for the limit.

    In words of its own, because it is asked for every file: a queryset takes longer to build than to answer.
    Identifiers come as text, because a driver takes longer to make objects of them than we to write them out;
    keys stand in it as the integers they are, because two hundred places take longer to fill than to answer.
    One key alone, a common name's perhaps, is not counted: its patients stand in their order already.
    """
    wanted = ", ".join(map(str, keys))
    shared, order = "COUNT(*)", "GROUP BY entry_id ORDER BY shared DESC, entry_id"
    if len(keys) == 1:
        shared, order = "1", "ORDER BY entry_id"
    return f"""
        SELECT {", ".join(_AS_TEXT.get(each, each) for each in _COLUMNS)} FROM (
            SELECT entry_id, {shared} AS shared FROM patients_patientkey WHERE "key" IN ({wanted})
            {order} LIMIT %s
        ) AS found
        JOIN patients_indexedpatient ON id = entry_id
        ORDER BY shared DESC, entry_id
    """  # noqa: S608 - nothing but our own names stands here


def survivor_id(patient_id: UUID) -> str:
    """The living record that `patient_id` was merged into, through any number of merges, or itself."""
    for _ in range(_MOST_MERGES):
        into = Patient.objects.filter(pk=patient_id).values_list("merged_into_id", flat=True).first()
        if into is None:
            break
        patient_id = into
    return str(patient_id)


def _facts_of(clinic: Clinic) -> Facts:
    """The directory as it is now, read from where this process left off.

    What this thread has written and not committed is seen, but not remembered: it may be rolled back.
    """
    with _lock:  # around the version, too: a slower thread must not find the faster one's ahead of its own
        known = _remembered.get(clinic.pk, _NOTHING)
        if bulk.rows_of(_VERSION, clinic.pk) == [(known.state.pk, known.state.version)]:
            return known
        state = next(iter(DirectoryState.objects.filter(clinic=clinic)), None)
        if state is None:
            return _NOTHING
        if known.state.pk != state.pk or known.state.version > state.version:
            known = _NOTHING
        known = _read_since(known, state)
        if index.is_settled(clinic.pk):
            _remembered[clinic.pk] = known
        return known


def _read_since(known: Facts, state: DirectoryState) -> Facts:
    tallies = Tally.objects.filter(directory=state, version__gt=known.state.version)
    if known is _NOTHING:
        tallies = tallies.filter(count__gt=0)
    changes: dict[str, dict[str, int]] = {kind: {} for kind in Tally.Kind.values}
    for kind, text, count in tallies.values_list("kind", "text", "count").iterator(chunk_size=5_000):
        changes[kind][text] = count
    vocabulary = known.vocabulary.changed(
        changes[Tally.Kind.FAMILY],
        changes[Tally.Kind.GIVEN],
        changes[Tally.Kind.JOINED],
        patients=state.patients,
    )
    return Facts(state, vocabulary, _shape_of(state))


def _shape_of(state: DirectoryState) -> NumberShape:
    """`patients.matching.numbers.shape_of` from the counts that are kept."""
    tallies = Tally.objects.filter(directory=state, count__gt=0)
    widths = dict(tallies.filter(kind=Tally.Kind.WIDTH).values_list("text", "count"))
    enough = RARE * sum(widths.values())
    letters = tallies.filter(kind=Tally.Kind.LETTERS, count__gte=enough).exclude(text="")
    return NumberShape(
        widths=frozenset(int(width) for width, count in widths.items() if count >= enough),
        letters=frozenset(letters.values_list("text", flat=True)),
        lowest=_number_at_the_end(state, "number"),
        highest=_number_at_the_end(state, "-number"),
        strays=_numbers_of_merged(state),
    )


def _numbers_of_merged(state: DirectoryState) -> frozenset[str]:
    merges = PatientMerge.objects.filter(clinic=state.clinic_id).order_by()
    return frozenset(number_of(mrn).digits for mrn in merges.values_list("merged__mrn", flat=True))


def _number_at_the_end(state: DirectoryState, order: str) -> int:
    entries = IndexedPatient.objects.filter(directory=state, number__isnull=False)
    first = entries.order_by(order).values_list("mrn", flat=True).first()
    return int(number_of(first).digits) if first is not None else 0
