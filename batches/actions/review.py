"""Verbs on one file: assign it, set it aside, keep it beside its twin, try it again, take a filing back."""

from contextlib import AbstractContextManager, nullcontext

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from batches import filing, transitions
from batches.actions.batch import put_back, send_files
from batches.after_commit import after_commit
from batches.filing import brought_back, decide, decided_already, record_in_review
from batches.models import BatchFile
from batches.records import Record, lock_with_duplicates, twin_of, withdraw_unfiled
from batches.states import FileStatus
from clinics import audit
from clinics.models import User
from files import staging
from files.errors import Refused
from imaging.models import Image
from patients.matching.results import MatchResult
from patients.models import Patient


def assign_file(
    *,
    file: BatchFile,
    patient: Patient,
    actor: User | None,
    reason: str = "",
    code: str = "assigned",
    found: MatchResult | None = None,
) -> None:
    """File what waits for review in `patient`'s chart: bytes first, then rows, then the staged copy goes.

    `actor` is None for the machine, which brings the match that says so as `found` and never touches what a
    person has decided. Refused (409) when somebody else has decided meanwhile, or when the patient was merged
    into another record.
    """
    filing.enter_chart(file, patient, actor=actor, code=code, reason=reason, found=found)


def reject_file(*, file: BatchFile, actor: User, reason: str = "") -> None:
    """Set a file in review aside: it goes to no chart. Its bytes stay until the batch's record is cleaned
    up.
    """
    record_in_review(file)
    with transaction.atomic():
        locked = lock_with_duplicates([file])
        changes = {"decision": "rejected", "image": None, "document": None}
        decide(file, FileStatus.CANCELLED, actor, "rejected", reason, **changes)
        send_files(withdraw_unfiled([file], locked))
        _note("file-rejected", file, actor, has_reason=bool(reason))


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
        _note("file-retried", file, actor)
        send_files([file])


def undo_file(*, file: BatchFile, actor: User, reason: str = "") -> None:
    """Take a filed picture or document out of its chart and back into review, bytes and all.

    What was set aside as a duplicate is read again, from its own bytes or its twin's, and comes back to a
    person. Refused (409) `not-filed`, `decided-already`; and of a duplicate `twin-in-review`, when its twin
    alone has the bytes and was taken out of its chart, or `batch-closed`.
    """
    if file.status == FileStatus.DUPLICATE:
        _put_back_on_road(file, actor, reason, code="brought-back", keep_both=False)
        _note("file-brought-back", file, actor, has_reason=bool(reason))
        return
    filing.leave_chart(file, actor=actor, reason=reason)


def reassign_file(*, file: BatchFile, patient: Patient, actor: User, reason: str) -> None:
    """Move a filed picture or document from its chart into `patient`'s; both charts keep why.

    Refused `reason-missing` (400), and (409) `same-patient`, `patient-gone`, `not-filed`, `decided-already`.
    """
    if not reason.strip():
        raise _reason_missing()
    filing.change_chart(filing.filed_record(file), patient, actor=actor, reason=reason, file=file)


def reassign_record(*, record: Record, patient: Patient, actor: User, reason: str) -> None:
    """The same for a picture or document, whether or not its batch has been cleaned up since."""
    file = BatchFile.objects.select_related("batch__clinic").filter(pk=record.pk).first()
    if not reason.strip():
        raise _reason_missing()
    filing.change_chart(record, patient, actor=actor, reason=reason, file=file)


def keep_file(*, file: BatchFile, actor: User, patient: Patient | None = None, reason: str = "") -> None:
    """Keep both: the file, and the record with the same bytes that stopped it.

    One in review is filed for `patient`, or for the patient it was meant for; a duplicate goes back on the
    road, which sets it aside no more. Refused (409) `patient-missing`, `no-twin`, or as `assign_file` is.
    """
    if file.status == FileStatus.DUPLICATE:
        if patient is not None:  # whoever chose a chart saw it in review, where it is no more
            raise decided_already()
        _put_back_on_road(file, actor, reason, code="kept-both", keep_both=True)
        _note("file-kept", file, actor, has_reason=bool(reason))
        return
    record_in_review(file)
    if twin_of(file) is None:
        raise _no_twin()
    meant_for = patient or _meant_for(file)
    if meant_for is None:
        message = "Nobody was found whose file this is. Say in whose chart it is to be kept."
        raise Refused("patient-missing", message, status=409)
    filing.enter_chart(file, meant_for, actor=actor, code="kept-both", reason=reason)


def set_aside_as_duplicate(*, file: BatchFile, actor: User, reason: str = "") -> None:
    """The record with the same bytes is enough: the file becomes its duplicate, and goes to no chart.

    Refused (409) `no-twin` when nothing here has the same bytes.
    """
    record_in_review(file)
    with transaction.atomic():
        locked = lock_with_duplicates([file])
        twin = _locked_twin(file)
        is_filed = twin.patient_id is not None
        changes = {"image": None, "document": None, _field_of(twin): twin, "decision": "duplicate"}
        # Until the twin is filed, the staged copy may become the only one that is left.
        kept_key = "" if is_filed else file.storage_key
        decide(file, FileStatus.DUPLICATE, actor, "same-bytes", reason, storage_key=kept_key, **changes)
        send_files(withdraw_unfiled([file], locked))
        _note("file-set-aside", file, actor, twin=str(twin.pk), has_reason=bool(reason))
        if is_filed:
            after_commit(staging.discard, file.storage_key)


def _put_back_on_road(file: BatchFile, actor: User, reason: str, *, code: str, keep_both: bool) -> None:
    with _staged_again(file) as key, transaction.atomic():
        transitions.change_batch(file.batch_id)
        clean_slate = {"lost_claims": 0, "troubles": 0, "retry_at": None, "sent_at": Now()}
        bytes_here = {"storage_key": key, "offset": F("size")}
        own_record = {"keep_both": keep_both, "image": None, "document": None}
        changes = clean_slate | bytes_here | own_record
        decide(file, FileStatus.RECEIVED, actor, code, reason, **changes)
        send_files([file])


def _staged_again(file: BatchFile) -> AbstractContextManager[str]:
    """A staging key with the bytes of a duplicate: its own, or those of its twin, which are the same."""
    twin = file.image or file.document
    if file.storage_key:
        return nullcontext(file.storage_key)
    if twin is None or not twin.original_key:
        message = "Its twin was taken out of its chart meanwhile. Decide about that one first."
        raise Refused("twin-in-review", message, status=409)
    return brought_back(file, twin)


def _meant_for(file: BatchFile) -> Patient | None:
    proposed = file.evidence.get("patient_id")
    living = Patient.objects.living().filter(clinic=file.batch.clinic_id)
    return living.filter(pk=proposed).first() if proposed else None


def _locked_twin(file: BatchFile) -> Record:
    """The twin, which nobody takes out of its chart before this is committed."""
    twin = twin_of(file)
    locked = twin and type(twin).objects.select_for_update(of=("self",)).filter(pk=twin.pk).first()
    if locked is None:
        raise _no_twin()
    return locked


def _field_of(record: Record) -> str:
    return "image" if isinstance(record, Image) else "document"


def _reason_missing() -> Refused:
    return Refused("reason-missing", "Say why it goes to another chart. Both charts keep the reason.")


def _no_twin() -> Refused:
    message = "Nothing else in this clinic has the same bytes, so there is nothing to keep it beside."
    return Refused("no-twin", message, status=409)


def _note(action: str, file: BatchFile, actor: User, **detail: object) -> None:
    audit.record(action, clinic=file.batch.clinic, actor=actor, target=file, **detail)
