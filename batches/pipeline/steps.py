"""The seven steps of the road, each with its result: what `run` calls in order."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from batches import claims, records, transitions
from batches.claims import Claim
from batches.models import BatchFile
from batches.pipeline.handlers import HANDLERS, Handler, Record
from batches.states import FileStatus
from files import drawings, sandbox, staging, storage
from files.errors import Trouble
from files.examined import Examined
from files.kinds import HEAD_BYTES, FileKind, sniff
from patients import matcher
from patients.clues import Clue
from patients.matching.results import MatchResult
from patients.models import Patient


@dataclass(frozen=True)
class Verdict:
    """Where a file goes and why: `patient` is set exactly when it is filed, `twin` when the same bytes are
    here already.
    """

    status: FileStatus
    code: str
    patient: Patient | None = None
    twin: Record | None = None


def sniff_content(file: BatchFile) -> FileKind:
    """Step 1: the content decides the kind, not the name; FileRejected where that is not allowed."""
    with staging.path_of(file.storage_key).open("rb") as bytes_of_file:
        return sniff(bytes_of_file.read(HEAD_BYTES))


def fingerprint(file: BatchFile, kind: FileKind, scratch: Path) -> Examined:
    """Step 2: SHA-256 of the bytes, and everything that one sandboxed reading tells (EXIF, pixels, pages,
    drawings).
    """
    path = staging.path_of(file.storage_key)
    sha256 = staging.sha256_of(file.storage_key)
    handler = HANDLERS[kind]
    arguments = {"path": str(path), "scratch": str(scratch), **handler.job_arguments(kind)}
    facts = sandbox.run(handler.job, limits=_limits(), arguments=arguments)
    return Examined(file.pk, file.name, kind, file.size, sha256, facts, scratch)


def find_duplicate(file: BatchFile, examined: Examined) -> Record | None:
    """Step 3: the record in this clinic that has the same bytes, if there is one."""
    return HANDLERS[examined.kind].find_twin(file.batch.clinic, examined.sha256, file.pk)


def read_clues(file: BatchFile, examined: Examined) -> tuple[Clue, ...]:
    """Step 4: what the content itself says about the patient, beside the path that the matcher reads."""
    del file
    return tuple(Clue(**clue) for clue in examined.facts.get("clues", ()))


def match(file: BatchFile, clues: tuple[Clue, ...]) -> MatchResult:
    """Step 5: evidence, confidence and decision."""
    return matcher.match(file.batch.clinic, file.path, extra_clues=clues, batch_patient=file.batch.patient)


def prepare(file: BatchFile, examined: Examined, found: MatchResult, twin: Record | None) -> None:
    """Step 6: the bytes into place, before any row names them; running it twice writes the same objects."""
    verdict = judge(found, twin)
    if verdict.status is not FileStatus.DUPLICATE:
        drawings.store(examined, file.batch.clinic_id)
    if verdict.patient is not None:
        storage.put_staged(_original_key(file), staging.path_of(file.storage_key), examined.kind.media_type)


def settle(claim: Claim, examined: Examined, found: MatchResult, twin: Record | None) -> None:
    """Step 7: file it, hold it, or name its twin, in one transaction under the claim.

    The unique index over a clinic's bytes is the judge of a race: who comes second finds its twin and
    settles again.
    """
    try:
        with transaction.atomic():
            _write(claim, examined, found, judge(found, twin))
    except IntegrityError:
        first = find_duplicate(claim.file, examined)
        if first is None or twin is not None:
            raise
        settle(claim, examined, found, first)


def judge(found: MatchResult, twin: Record | None) -> Verdict:
    """Filed, held or duplicate: the match and the twin together decide.

    The same bytes under another patient's name stop the file, whatever the confidence: one of the two charts
    is wrong.
    """
    patient = Patient.objects.living().filter(pk=found.patient_id).first() if found.patient_id else None
    is_sure = found.decision == "assign" and patient is not None
    if twin is None:
        return (
            Verdict(FileStatus.COMPLETED, found.reason, patient)
            if is_sure
            else Verdict(FileStatus.REVIEW, found.reason)
        )
    if patient is not None and twin.patient_id is None:
        return Verdict(FileStatus.REVIEW, "same-bytes-in-review", twin=twin)
    if patient is not None and twin.patient_id not in {None, patient.pk}:
        return Verdict(FileStatus.REVIEW, "same-bytes-other-patient", twin=twin)
    return Verdict(FileStatus.DUPLICATE, "same-bytes", twin=twin)


def digest_or_empty(file: BatchFile) -> str:
    """The SHA-256 that the receipt shows of a file that was refused before it had one."""
    try:
        return staging.sha256_of(file.storage_key)
    except Trouble:
        return ""


def clear_away_cancelled(file: BatchFile) -> None:
    """Remove what was prepared for a file that was cancelled meanwhile; a living attempt's bytes are never
    touched.
    """
    if BatchFile.objects.filter(pk=file.pk).exclude(status=FileStatus.CANCELLED).exists():
        return
    records.discard_prepared(file.batch.clinic_id, file.pk)


def _write(claim: Claim, examined: Examined, found: MatchResult, verdict: Verdict) -> None:
    """Rows in lock order: batch and file first (the claim is tested there), then patient, then the record."""
    transitions.lock_batch(claim.file.batch_id)
    if verdict.patient is not None and not _is_still_living(verdict.patient):
        verdict = Verdict(FileStatus.REVIEW, "patient-gone", twin=verdict.twin)
    record = _record(claim.file, examined, verdict)
    claims.settle(
        claim,
        verdict.status,
        code=verdict.code,
        **_facts(claim.file, examined, found, verdict),
        **{HANDLERS[examined.kind].field: record},
    )
    if not _keeps_staged_bytes(verdict):
        transaction.on_commit(partial(staging.discard, claim.file.storage_key))


def _record(file: BatchFile, examined: Examined, verdict: Verdict) -> Record | None:
    handler: Handler = HANDLERS[examined.kind]
    if verdict.status is FileStatus.DUPLICATE:
        return verdict.twin
    key = _original_key(file) if verdict.patient else ""
    return handler.create(file, examined, verdict.patient, key, verdict.twin)


def _facts(file: BatchFile, examined: Examined, found: MatchResult, verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": examined.kind,
        "sha256": examined.sha256,
        "patient": verdict.patient,
        "confidence": found.confidence,
        "decision": found.decision,
        "evidence": found.as_json(),
        "error_code": "",
        "error_message": "",
        "storage_key": file.storage_key if _keeps_staged_bytes(verdict) else "",
        "processed_at": timezone.now(),
    }


def _keeps_staged_bytes(verdict: Verdict) -> bool:
    """Until somebody has filed the picture, or its twin, the staged copy is the one that counts."""
    if verdict.status is FileStatus.COMPLETED:
        return False
    is_twin_filed = verdict.twin is not None and verdict.twin.patient_id is not None
    return not (verdict.status is FileStatus.DUPLICATE and is_twin_filed)


def _is_still_living(patient: Patient) -> bool:
    return Patient.objects.living().select_for_update().filter(pk=patient.pk).exists()


def _original_key(file: BatchFile) -> str:
    return storage.original_key(file.batch.clinic_id, file.pk)


def _limits() -> sandbox.Limits:
    return sandbox.Limits(
        memory_bytes=settings.INTAKE_SANDBOX_MEMORY_BYTES,
        cpu_seconds=settings.INTAKE_SANDBOX_CPU_SECONDS,
        wall_seconds=settings.INTAKE_SANDBOX_WALL_SECONDS,
        file_bytes=settings.INTAKE_SANDBOX_FILE_BYTES,
    )
