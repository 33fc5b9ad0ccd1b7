"""What hangs on patients that would not let a record go: pictures, documents, batches, merges, accounts.

Asked of every table that points to patients, so that a new one is not forgotten.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import DO_NOTHING, SET_NULL

from patients import bulk
from patients.models import IndexedPatient, Patient

_IDS_AT_ONCE = 2_000
_DELETE = "DELETE FROM patients_patient WHERE id = %s"
_WORDS: Mapping[str, str] = {
    "imaging.image": "a picture in the chart",
    "documents.document": "a document in the chart",
    "batches.batch": "a batch that was given to this patient",
    "batches.batchfile": "a file of a batch",
    "batches.chartmove": "a move between charts",
    "patients.patientmerge": "a merge with another record",
    "patients.patient": "a merge with another record",
}


def hanging_on(patient_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """For each of these patients that something hangs on: what, in words."""
    found: dict[UUID, set[str]] = {}
    for relation in _relations():
        if relation.on_delete not in {SET_NULL, DO_NOTHING}:
            for patient_id in _pointed_at(relation, patient_ids):
                found.setdefault(patient_id, set()).add(_words_for(relation.related_model))
    return found


def remove(patient_ids: Sequence[UUID]) -> None:
    """Delete patients on whom nothing hangs and whom the index has forgotten; call it in a transaction.

    Where something came to hang on one meanwhile the database refuses it, at the commit at the latest, by an
    IntegrityError. That spares asking again while everybody waits.
    """
    for relation in _relations():
        if relation.on_delete is SET_NULL:
            name = relation.field.attname
            for some in _in_parts(patient_ids):
                _rows_of(relation).filter(**{f"{name}__in": some}).update(**{name: None})
    bulk.write(_DELETE, ((patient_id,) for patient_id in patient_ids))


def _relations() -> Iterator[Any]:
    """Every pointer to patients, also those that have no name on this side; not the index's own."""
    for each in Patient._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django's documented way to ask
        if each.auto_created and not each.concrete and each.related_model is not IndexedPatient:
            yield each


def _pointed_at(relation: Any, patient_ids: Sequence[UUID]) -> Iterator[UUID]:
    name = relation.field.attname
    for some in _in_parts(patient_ids):
        rows = _rows_of(relation).filter(**{f"{name}__in": some})
        yield from rows.order_by().values_list(name, flat=True).distinct()


def _rows_of(relation: Any) -> Any:
    return relation.related_model._base_manager  # noqa: SLF001 - also rows that a manager hides


def _words_for(model: Any) -> str:
    return _WORDS.get(model._meta.label_lower, f"a {model._meta.verbose_name}")  # noqa: SLF001 - Django's way


def _in_parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
