"""Verbs on two records of one person: merge them, and take them apart again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from batches import parting, tasks, transitions
from batches.models import Batch, BatchFile, ListedPatient
from batches.states import FileStatus
from clinics import audit
from clinics.access import MANAGE, REVIEW, Access
from clinics.models import User
from documents.models import Document
from files.errors import Refused
from imaging.models import Image
from patients import matcher
from patients.models import Patient, PatientMerge

# How often a file may come in beside the merge before somebody is asked to wait.
_TRIES = 5
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Unmerged:
    """How many records go back to the chart they came from, how many stay because somebody has moved them
    since, and how many go to review because they were filed by themselves while both were one.
    """

    back: int
    stayed: int
    to_review: int = 0


class _MoreBatchesError(Exception):
    """A file came into the chart of one of the two while the batches were locked."""


def may_merge(access: Access, loser: Patient) -> bool:
    """A provisional record is a reviewer's to merge away; a registered one only who runs the clinic may."""
    return access.may(MANAGE) or (access.may(REVIEW) and loser.provisional)


def merge_patients(*, access: Access, loser: Patient, survivor: Patient, reason: str) -> PatientMerge:
    """Everything of `loser` becomes `survivor`'s, and files that name either of them from now on.

    Refused: `reason-missing` (400), `merge-not-allowed` (403), `patient-unknown` (404), and (409)
    `merge-self`, `merged-already`, `survivor-merged`, `merge-busy`.
    """
    if not reason.strip():
        raise Refused("reason-missing", "Say why both records are one person. Both charts keep the reason.")
    merge = partial(_merge, access, loser.pk, survivor.pk, reason)
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return merge()
        except _MoreBatchesError:
            continue
    message = "Files are being filed under this record right now. Try again in a moment."
    raise Refused("merge-busy", message, status=409)


def unmerge_preview(merge: PatientMerge) -> Unmerged:
    """What `unmerge_patient` would do; changes nothing."""
    images, documents = _still_there(Image.objects.all(), merge), _still_there(Document.objects.all(), merge)
    return _sum_up(merge, len(images) + len(documents), parting.matched_as_one(merge).count())


def unmerge_patient(*, access: Access, merge: PatientMerge) -> Unmerged:
    """Take two records apart: what came by the merge and is where it was left goes back.

    What somebody has assigned or re-assigned since stays. What was filed by itself since was matched with
    both people as one: up to [100] of it wait in review when this returns, more follow. Refused
    `merge-not-allowed` (403), and (409) `unmerged-already`, `unmerge-too-late`, `survivor-merged`.
    """
    done = _unmerge(access, merge)
    if done.to_review and parting.take_out(merge.pk):
        tasks.send_parting(merge.pk)
    return done


def _unmerge(access: Access, merge: PatientMerge) -> Unmerged:
    with transaction.atomic():
        files = BatchFile.objects.filter(pk__in=merge.moved.get("files", ()))
        of_files = files.values_list("batch_id", flat=True)
        transitions.lock_batches({*of_files, *map(UUID, merge.moved.get("batches", ()))})
        loser, survivor = _locked(access, merge.merged_id, merge.survivor_id)
        merge = PatientMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        _refuse_unless_apart(access, merge, loser, survivor)
        back = _give_back(merge, loser, access.user)
        _change(loser, None)
        since = [str(pk) for pk in parting.matched_as_one(merge).values_list("pk", flat=True)]
        merge.moved |= {"since": since}
        merge.unmerged_by, merge.unmerged_at = access.user, timezone.now()
        merge.save(update_fields=["unmerged_by", "unmerged_at", "moved"])
        matcher.refresh_keys_in_bulk([loser, survivor])
        _note("patient-unmerged", "patient-split", access, merge, records=back, to_review=len(since))
    return _sum_up(merge, back, len(since))


def unmerge_until(merge: PatientMerge) -> datetime:
    """Until when the clinic lets a merge be taken apart."""
    return merge.merged_at + timedelta(days=merge.clinic.unmerge_days)


def _merge(access: Access, loser_id: UUID, survivor_id: UUID, reason: str) -> PatientMerge:
    """Locks in the order of everybody: batches, patients, then the rows of files and records."""
    named = _batches_naming(loser_id)
    transitions.lock_batches(named)
    loser, survivor = _locked(access, loser_id, survivor_id)
    _refuse_unless_mergeable(access, loser, survivor)
    if _batches_naming(loser_id) - named:
        raise _MoreBatchesError
    merge = PatientMerge.objects.create(
        clinic=access.clinic,
        merged=loser,
        survivor=survivor,
        moved=_move_all(named, loser, survivor, access.user),
        reason=reason,
        merged_by=access.user,
    )
    _change(loser, survivor)
    matcher.refresh_keys_in_bulk([loser, survivor])
    counts = {kind: len(ids) for kind, ids in merge.moved.items()}
    _note("patient-merged", "patient-absorbed", access, merge, **counts)
    return merge


def _batches_naming(patient_id: UUID) -> set[UUID]:
    named = Q(patient=patient_id) | Q(pk__in=_batch_ids(BatchFile.objects.filter(patient=patient_id)))
    return set(Batch.objects.filter(named).values_list("pk", flat=True))


def _batch_ids(files: QuerySet[BatchFile]) -> QuerySet[Any, Any]:
    ids: QuerySet[Any, Any] = files.order_by().values("batch_id")
    return ids


def _locked(access: Access, loser_id: UUID, survivor_id: UUID) -> tuple[Patient, Patient]:
    rows = Patient.objects.of(access.clinic).filter(pk__in=[loser_id, survivor_id]).order_by("pk")
    found = {row.pk: row for row in rows.select_for_update(of=("self",))}
    if loser_id not in found or survivor_id not in found:
        raise Refused("patient-unknown", "There is no such patient in this clinic.", status=404)
    return found[loser_id], found[survivor_id]


def _refuse_unless_mergeable(access: Access, loser: Patient, survivor: Patient) -> None:
    if loser.pk == survivor.pk:
        raise Refused("merge-self", "A record cannot be merged into itself. Choose another.", status=409)
    if loser.merged_into_id is not None:
        raise Refused("merged-already", "This record was merged into another already.", status=409)
    if survivor.merged_into_id is not None:
        message = "The other record was merged itself. Merge into the record that is in use."
        raise Refused("survivor-merged", message, status=409)
    _refuse_unless_allowed(access, loser)


def _refuse_unless_apart(access: Access, merge: PatientMerge, loser: Patient, survivor: Patient) -> None:
    if merge.unmerged_at is not None or loser.merged_into_id != survivor.pk:
        raise Refused("unmerged-already", "These two records are apart already.", status=409)
    if survivor.merged_into_id is not None:
        message = "The record that absorbed it was merged itself since. Take that apart first."
        raise Refused("survivor-merged", message, status=409)
    if timezone.now() > unmerge_until(merge):
        days = merge.clinic.unmerge_days
        message = f"A merge can be taken apart for {days} days. Register the person anew, and re-assign."
        raise Refused("unmerge-too-late", message, status=409, days=days)
    _refuse_unless_allowed(access, loser)


def _refuse_unless_allowed(access: Access, loser: Patient) -> None:
    if not may_merge(access, loser):
        message = "Only an administrator of the clinic merges a registered record. A provisional one you may."
        raise Refused("merge-not-allowed", message, status=403)


def _move_all(
    batch_ids: Iterable[UUID], loser: Patient, survivor: Patient, actor: User
) -> dict[str, list[str]]:
    """What moved, by kind: the identifiers that an unmerge looks at."""
    files = _move_files(batch_ids, Q(patient=loser), survivor, code="merged", actor=actor)
    batches = list(Batch.objects.filter(patient=loser).values_list("pk", flat=True))
    for pk in batches:
        transitions.change_batch(pk, unless=(), patient=survivor)
    return {
        "images": _hand_over(Image.objects.filter(patient=loser), survivor),
        "documents": _hand_over(Document.objects.filter(patient=loser), survivor),
        "files": [str(pk) for pk in files],
        "batches": [str(pk) for pk in batches],
        "listed": _hand_over(ListedPatient.objects.filter(patient=loser), survivor),
    }


def _give_back(merge: PatientMerge, loser: Patient, actor: User) -> int:
    """The number of pictures and documents that went back."""
    images, documents = _still_there(Image.objects.all(), merge), _still_there(Document.objects.all(), merge)
    moved = BatchFile.objects.filter(pk__in=merge.moved.get("files", ()), patient=merge.survivor_id)
    of_records = Q(pk__in=moved) & (Q(image__in=images) | Q(document__in=documents))
    batches = set(_batch_ids(moved).values_list("batch_id", flat=True))
    _move_files(batches, of_records, loser, code="unmerged", actor=actor)
    named = Batch.objects.filter(pk__in=merge.moved.get("batches", ()), patient=merge.survivor_id)
    for pk in list(named.values_list("pk", flat=True)):
        transitions.change_batch(pk, unless=(), patient=loser)
    listed = ListedPatient.objects.filter(pk__in=merge.moved.get("listed", ()))
    _hand_over(listed.filter(patient=merge.survivor_id), loser)
    _hand_over(Image.objects.filter(pk__in=images), loser)
    _hand_over(Document.objects.filter(pk__in=documents), loser)
    return len(images) + len(documents)


def _move_files(
    batch_ids: Iterable[UUID], only: Q, patient: Patient, *, code: str, actor: User
) -> list[UUID]:
    filed = frozenset({FileStatus.COMPLETED})
    move = partial(transitions.move_files, sources=filed, code=code, actor=actor, only=only, patient=patient)
    return [pk for batch_id in sorted(batch_ids) for pk in move(batch_id, FileStatus.COMPLETED)]


def _hand_over(rows: QuerySet[Row], patient: Patient) -> list[str]:
    ids = list(rows.values_list("pk", flat=True))
    rows.filter(pk__in=ids).update(patient=patient)
    return [str(pk) for pk in ids]


def _still_there(rows: QuerySet[Row], merge: PatientMerge) -> list[UUID]:
    """Of the records that moved with the merge, those that nobody has filed anew since."""
    kind = f"{rows.model.__name__.lower()}s"
    moved = rows.filter(pk__in=merge.moved.get(kind, ()), patient=merge.survivor_id)
    return list(moved.exclude(filed_at__gt=merge.merged_at).values_list("pk", flat=True))


def _change(loser: Patient, into: Patient | None) -> None:
    loser.merged_into = into
    loser.save(update_fields=["merged_into", "updated_at"])


def _sum_up(merge: PatientMerge, back: int, to_review: int) -> Unmerged:
    moved = len(merge.moved.get("images", ())) + len(merge.moved.get("documents", ()))
    return Unmerged(back, moved - back, to_review)


def _note(of_loser: str, of_survivor: str, access: Access, merge: PatientMerge, **counts: int) -> None:
    for action, patient in ((of_loser, merge.merged), (of_survivor, merge.survivor)):
        audit.record(
            action, clinic=access.clinic, actor=access.user, target=patient, merge=str(merge.pk), **counts
        )
