"""Records into a chart, out of it, and from one chart to another: what people's verbs and the machine share.

Bytes first, then rows, then, after the commit, deletion of the copy that is no longer needed. Locks in this
order: batch, patients, then the rows of file and record.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import uuid4

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from batches import transitions
from batches.after_commit import after_commit
from batches.context import was_split_since
from batches.decided import UNTOUCHED
from batches.models import BatchFile, ChartMove
from batches.records import Record
from batches.states import FileStatus
from clinics import audit
from clinics.models import User
from files import staging, storage
from files.errors import Refused, Trouble
from files.kinds import FileKind
from patients.matching.results import MatchResult
from patients.models import Patient

RECORDS_APART = "records-apart"
"""Why a file is in review: the records of two people were one when it was matched."""


def enter_chart(
    file: BatchFile,
    patient: Patient,
    *,
    actor: User | None,
    code: str = "assigned",
    reason: str = "",
    found: MatchResult | None = None,
    matched_at: datetime | None = None,
) -> None:
    """File what waits for review in `patient`'s chart.

    `actor` is None for the machine, which never touches what a person has decided, and then `found` is the
    match that says so and `matched_at` the moment of the directory that it saw. Refused (409)
    `decided-already` when somebody else was faster, `patient-gone` when the patient was merged into another
    record.
    """
    record = record_in_review(file)
    with _new_object(record) as key:
        with _losing_is_no_trouble(file):
            storage.put_staged(key, staging.path_of(file.storage_key), FileKind(file.kind).media_type)
        with transaction.atomic():
            transitions.lock_batch(file.batch_id)
            _lock_living(record, patient)
            if matched_at is not None and was_split_since(patient, matched_at):
                raise decided_already()
            changes = _facts_of(found) | {"decision": "assigned" if actor else "assign"}
            decide(
                file, FileStatus.COMPLETED, actor, code, reason, patient=patient, storage_key="", **changes
            )
            _place(record, patient, key)
            _note_move(record, code, actor, reason, came_from=None, went_to=patient)
            _audit(file, f"file-{code}", actor, reason, patient=str(patient.pk), proposed=_proposed(file))
            after_commit(staging.discard, file.storage_key)


def leave_chart(file: BatchFile, *, actor: User | None, code: str = "undone", reason: str = "") -> None:
    """Take a filed picture or document out of its chart and back into review, bytes and all.

    `actor` is None for the machine, which takes back only what it has filed itself.
    """
    record = filed_record(file)
    filed_key, former = record.original_key, record.patient
    with brought_back(file, record) as staged_key, transaction.atomic():
        transitions.lock_batch(file.batch_id)
        _refuse_if_moved(record)
        changes = {"patient": None, "storage_key": staged_key, "decision": "undone" if actor else "review"}
        decide(file, FileStatus.REVIEW, actor, code, reason, **changes)
        _place(record, None, "")
        _note_move(record, code, actor, reason, came_from=former, went_to=None)
        _audit(file, f"file-{code}", actor, reason, patient=str(former.pk) if former else "")
        after_commit(storage.delete, filed_key)


def change_chart(
    record: Record, patient: Patient, *, actor: User, reason: str, file: BatchFile | None
) -> None:
    """Move a filed picture or document from its chart into `patient`'s, and its bytes to a new key.

    `file` is what it was in its batch, None where that was cleaned up. Refused (409) `same-patient`,
    `patient-gone`, `not-filed`, or `decided-already` when somebody was faster.
    """
    filed_key, former = record.original_key, record.patient
    if former is None or not filed_key:
        raise _not_filed()
    if former.pk == patient.pk:
        raise Refused("same-patient", "It is in this patient's chart already. Choose another.", status=409)
    with _new_object(record) as key:
        with _moving_is_no_trouble(record):
            storage.copy(filed_key, key, FileKind(record.kind).media_type)
        with transaction.atomic():
            _lock_batch_of(record, file)
            _lock_living(record, patient, besides=former)
            _refuse_if_moved(record)
            if file is not None:
                changes = {"patient": patient, "decision": "assigned"}
                decide(file, FileStatus.COMPLETED, actor, "reassigned", reason, **changes)
            _place(record, patient, key)
            _note_move(record, "reassigned", actor, reason, came_from=former, went_to=patient)
            _audit_charts(record, former, patient, actor)
            after_commit(storage.delete, filed_key)


def record_in_review(file: BatchFile) -> Record:
    """What the file became, while it waits for a person; Refused `decided-already` when it does not."""
    record = file.image or file.document
    if file.status != FileStatus.REVIEW or record is None or not file.storage_key:
        raise decided_already()
    return record


def decide(
    file: BatchFile, to: FileStatus, actor: User | None, code: str, reason: str = "", **changes: object
) -> None:
    """Move the file as somebody has decided, if it still stands as `file` was read."""
    guard = _stands_as_read(file)
    if actor is None:
        guard &= UNTOUCHED & Q(news=file.news)
    nobody_looks = {"reviewer": None, "review_since": None, "review_until": None}
    changes = nobody_looks | {"decided_by": actor} | changes
    if not transitions.move_file(file, to, code=code, actor=actor, reason=reason, guard=guard, **changes):
        raise decided_already()


def decided_already() -> Refused:
    """Somebody was faster."""
    return Refused(
        "decided-already", "Somebody has decided about this file already. Reload to see how.", status=409
    )


@contextmanager
def brought_back(file: BatchFile, record: Record) -> Iterator[str]:
    """The filed bytes under a staging key, which is given up when the file does not come back after all."""
    with _losing_is_no_trouble(file):
        key = staging.bring_back(record.original_key)
    try:
        yield key
    except Exception:
        with suppress(Trouble, DatabaseError):
            if not BatchFile.objects.filter(storage_key=key).exists():
                staging.discard(key)
        raise


def filed_record(file: BatchFile) -> Record:
    record = file.image or file.document
    if file.status != FileStatus.COMPLETED or record is None or not record.original_key:
        raise _not_filed()
    return record


def _not_filed() -> Refused:
    return Refused("not-filed", "Only a filed picture or document can be taken back or moved.", status=409)


def _lock_batch_of(record: Record, file: BatchFile | None) -> None:
    """Without its batch a record has no file either: one that has must be moved with it."""
    if file is not None:
        transitions.lock_batch(file.batch_id)
    elif BatchFile.objects.filter(pk=record.pk).exists():
        raise decided_already()


def _lock_living(record: Record, patient: Patient, *, besides: Patient | None = None) -> None:
    """Nobody merges `patient`, or the chart that it leaves, before this is committed."""
    wanted = [patient.pk] if besides is None else [patient.pk, besides.pk]
    rows = Patient.objects.filter(pk__in=wanted, clinic=record.clinic_id).order_by("pk")
    locked = {row.pk: row for row in rows.select_for_update(of=("self",))}
    found = locked.get(patient.pk)
    if found is None or found.merged_into_id is not None:
        message = "This patient's record was merged or removed. Choose the record that is in use."
        raise Refused("patient-gone", message, status=409)


def _refuse_if_moved(record: Record) -> None:
    rows = type(record).objects.filter(pk=record.pk, original_key=record.original_key)
    if not rows.filter(patient=record.patient_id).exists():
        raise decided_already()


def _place(record: Record, patient: Patient | None, key: str) -> None:
    record.patient, record.original_key = patient, key
    record.filed_at = timezone.now() if patient else None
    record.save(update_fields=["patient", "original_key", "filed_at"])


def _facts_of(found: MatchResult | None) -> dict[str, object]:
    if found is None:
        return {}
    return {
        "confidence": found.confidence,
        "evidence": found.as_json(),
        "matched_at": timezone.now(),
        "news": 0,
    }


def _note_move(
    record: Record,
    code: str,
    actor: User | None,
    reason: str,
    *,
    came_from: Patient | None,
    went_to: Patient | None,
) -> None:
    ChartMove.objects.create(
        clinic_id=record.clinic_id,
        record_kind=type(record).__name__.lower(),
        record_id=record.pk,
        from_patient=came_from,
        to_patient=went_to,
        code=code,
        reason=reason,
        actor=actor,
    )


def _audit(file: BatchFile, action: str, actor: User | None, reason: str, **detail: object) -> None:
    clinic = file.batch.clinic
    audit.record(action, clinic=clinic, actor=actor, target=file, has_reason=bool(reason), **detail)


def _audit_charts(record: Record, left: Patient, entered: Patient, actor: User) -> None:
    moves = {"left": str(left.pk), "entered": str(entered.pk)}
    audit.record("record-reassigned", clinic=record.clinic, actor=actor, target=record, **moves)
    for action, patient in (("record-left-chart", left), ("record-entered-chart", entered)):
        audit.record(action, clinic=record.clinic, actor=actor, target=patient, record=str(record.pk))


def _proposed(file: BatchFile) -> object:
    return file.evidence.get("patient_id")


@contextmanager
def _new_object(record: Record) -> Iterator[str]:
    """A key that no other filing uses, so that what is under it can go again when this one comes to
    nothing.
    """
    key = storage.original_key(record.clinic_id, uuid4())
    try:
        yield key
    except Exception:
        # What failed may have come after the commit: only a key that no row names is nobody's.
        with suppress(Trouble, DatabaseError):
            if not type(record).objects.filter(original_key=key).exists():
                storage.delete(key)
        raise


@contextmanager
def _losing_is_no_trouble(file: BatchFile) -> Iterator[None]:
    """Bytes that are gone because somebody has decided meanwhile mean just that, not a broken storage."""
    try:
        yield
    except Trouble as trouble:
        if BatchFile.objects.filter(_stands_as_read(file), pk=file.pk).exists():
            raise
        raise decided_already() from trouble


@contextmanager
def _moving_is_no_trouble(record: Record) -> Iterator[None]:
    """The same for a record that somebody has moved meanwhile."""
    try:
        yield
    except Trouble as trouble:
        if type(record).objects.filter(pk=record.pk, original_key=record.original_key).exists():
            raise
        raise decided_already() from trouble


def _stands_as_read(file: BatchFile) -> Q:
    # The staged key as well: a file that was filed and taken back meanwhile has its bytes elsewhere.
    return Q(status=file.status, storage_key=file.storage_key, patient=file.patient_id)
