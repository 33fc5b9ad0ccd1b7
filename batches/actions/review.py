"""Verbs on one file: assign it to a patient, set it aside, try it again, take a filing back."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from batches import transitions
from batches.actions.batch import put_back, send_files
from batches.models import BatchFile
from batches.pipeline.handlers import Record
from batches.records import withdraw_unfiled
from batches.states import FileStatus
from clinics import audit
from clinics.models import User
from files import staging, storage
from files.errors import Refused
from files.kinds import FileKind
from patients.models import Patient


def assign_file(*, file: BatchFile, patient: Patient, actor: User, reason: str = "") -> None:
    """File what waits for review in `patient`'s chart: bytes first, then rows, then the staged copy goes.

    Refused (409) when somebody else has decided meanwhile, or when the patient was merged into another
    record.
    """
    record = _record_in_review(file)
    # Each filing has a key of its own, so that the clean-up after an undo never meets the next filing.
    key = storage.original_key(file.batch.clinic_id, staging.id_of(file.storage_key))
    storage.put_staged(key, staging.path_of(file.storage_key), FileKind(file.kind).media_type)
    with transaction.atomic():
        transitions.lock_batch(file.batch_id)
        _refuse_unless_living(patient)
        _decide(file, FileStatus.COMPLETED, actor, "assigned", reason=reason, patient=patient, storage_key="")
        record.patient, record.original_key, record.filed_at = patient, key, timezone.now()
        record.save(update_fields=["patient", "original_key", "filed_at"])
        audit.record(
            "file-assigned",
            clinic=file.batch.clinic,
            actor=actor,
            target=file,
            patient=str(patient.pk),
            has_reason=bool(reason),
            proposed=file.evidence.get("patient_id"),
        )
        transaction.on_commit(partial(staging.discard, file.storage_key))


def reject_file(*, file: BatchFile, actor: User, reason: str = "") -> None:
    """Set a file in review aside: it goes to no chart. Its bytes stay until the batch's record is cleaned
    up.
    """
    _record_in_review(file)
    with transaction.atomic():
        transitions.lock_batch(file.batch_id)
        _decide(file, FileStatus.CANCELLED, actor, "rejected", reason=reason, image=None, document=None)
        send_files(withdraw_unfiled([file]))
        audit.record(
            "file-rejected", clinic=file.batch.clinic, actor=actor, target=file, has_reason=bool(reason)
        )


def retry_file(*, file: BatchFile, actor: User) -> None:
    """Process a failed file, or one that was set aside by mistake, again from the bytes that are here."""
    sources = frozenset({FileStatus.FAILED, FileStatus.CANCELLED})
    with transaction.atomic():
        transitions.change_batch(file.batch_id)
        if not put_back(file.batch_id, Q(pk=file.pk), sources=sources, actor=actor):
            raise Refused(
                "not-retriable",
                "This file has not failed, or its bytes are no longer here. Upload it again.",
                status=409,
            )
        audit.record("file-retried", clinic=file.batch.clinic, actor=actor, target=file)
        send_files([file])


def undo_file(*, file: BatchFile, actor: User, reason: str = "") -> None:
    """Take a filed picture or document out of its chart and back into review, bytes and all."""
    record = file.image or file.document
    if file.status != FileStatus.COMPLETED or record is None or not record.original_key:
        raise Refused("not-filed", "Only a filed picture or document can be taken back.", status=409)
    filed_key, staged_key = record.original_key, staging.new_key()
    with storage.open_object(filed_key) as original:
        staging.create(staged_key)
        for offset, block in _blocks(original.chunks()):
            staging.write_at(staged_key, offset, block)
    with transaction.atomic():
        transitions.lock_batch(file.batch_id)
        former = str(record.patient_id)
        _refuse_if_filed_anew(record, filed_key)
        _decide(file, FileStatus.REVIEW, actor, "undone", reason=reason, patient=None, storage_key=staged_key)
        record.patient, record.original_key, record.filed_at = None, "", None
        record.save(update_fields=["patient", "original_key", "filed_at"])
        audit.record(
            "file-undone",
            clinic=file.batch.clinic,
            actor=actor,
            target=file,
            patient=former,
            has_reason=bool(reason),
        )
        transaction.on_commit(partial(storage.delete, filed_key))


def _record_in_review(file: BatchFile) -> Record:
    record = file.image or file.document
    if file.status != FileStatus.REVIEW or record is None or not file.storage_key:
        raise _decided_already()
    return record


def _decide(file: BatchFile, to: FileStatus, actor: User, code: str, **changes: Any) -> None:
    # The staged key as well: a file that was filed and taken back meanwhile has its bytes elsewhere.
    guard = Q(status=file.status, storage_key=file.storage_key)
    written = transitions.move_file(
        file, to, code=code, actor=actor, guard=guard, decided_by=actor, decision=code, **changes
    )
    if not written:
        raise _decided_already()


def _refuse_if_filed_anew(record: Record, filed_key: str) -> None:
    if not type(record).objects.filter(pk=record.pk, original_key=filed_key).exists():
        raise _decided_already()


def _refuse_unless_living(patient: Patient) -> None:
    if not Patient.objects.living().select_for_update(of=("self",)).filter(pk=patient.pk).exists():
        message = "This patient's record was merged or removed. Choose the record that is in use."
        raise Refused("patient-gone", message, status=409)


def _decided_already() -> Refused:
    return Refused(
        "decided-already", "Somebody has decided about this file already. Reload to see how.", status=409
    )


def _blocks(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    offset = 0
    for chunk in chunks:
        yield offset, chunk
        offset += len(chunk)
