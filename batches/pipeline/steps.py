"""The seven steps of the road, each with its result: what `run` calls in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from batches import claims, context, filing, records, transitions
from batches.after_commit import after_commit
from batches.claims import Claim
from batches.context import PATIENT_CARD, Known
from batches.models import BatchFile, PatientCard
from batches.pipeline.handlers import HANDLERS, Handler, Record
from batches.states import FileStatus
from batches.verdict import Verdict, facts_of, judge, register_stranger
from files import drawings, sandbox, staging, storage
from files.errors import Trouble
from files.examined import Examined
from files.kinds import HEAD_BYTES, FileKind, sniff
from imaging import cards
from imaging import ingest as image_ingest
from patients import matcher
from patients.clues import Clue
from patients.matching.results import MatchResult
from patients.models import Patient

WAS_ENCRYPTED = "was-encrypted"
"""The warning on a document of which the copy is kept that its password has opened, and not what was sent."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The match, and everything beside the path that it was told."""

    result: MatchResult
    known: Known


def sniff_content(file: BatchFile) -> FileKind:
    """Step 1: the content decides the kind, not the name (which tells a list from other text); FileRejected
    where that is not allowed.
    """
    with staging.path_of(file.storage_key).open("rb") as bytes_of_file:
        return sniff(bytes_of_file.read(HEAD_BYTES), file.name)


def fingerprint(file: BatchFile, kind: FileKind, scratch: Path) -> Examined:
    """Step 2: SHA-256 of the bytes, and everything that one sandboxed reading tells (EXIF, pixels, pages,
    drawings).
    """
    path = staging.path_of(file.storage_key)
    sha256 = staging.sha256_of(file.storage_key)
    size_bytes = staging.size_of(file.storage_key)  # not what was announced, where a password has opened it
    handler = HANDLERS[kind]
    arguments = {"path": str(path), "scratch": str(scratch), **handler.job_arguments(kind)}
    facts: dict[str, Any] = sandbox.run(handler.job, limits=sandbox.usual_limits(), arguments=arguments)
    if file.locked_sha256:
        facts["warnings"] = [*facts["warnings"], WAS_ENCRYPTED]
    return Examined(file.pk, file.name, kind, size_bytes, sha256, facts, scratch)


def find_duplicate(file: BatchFile, examined: Examined) -> Record | None:
    """Step 3: the record in this clinic that has the same bytes, if there is one."""
    return HANDLERS[examined.kind].find_twin(file.batch.clinic, examined.sha256, file.pk)


def read_clues(file: BatchFile, examined: Examined) -> Known:
    """Step 4: what the content itself says about the patient, and what came with it: cards and lists.

    `file` bears its moment, its camera and the labels in it from here on. Only what is mostly label is a
    card; a wristband in a picture says whose that picture is.
    """
    file.taken_at, file.camera = _moment(file, examined)
    codes = examined.facts.get("codes", ())
    numbers = cards.numbers_on(codes)
    is_mostly_label = cards.share_of(codes) >= settings.INTAKE_CARD_CODE_SHARE
    card = context.card_among(file, numbers) if is_mostly_label else None
    file.label_numbers = [] if card is not None else list(numbers)
    clues = (Clue(**clue) for clue in examined.facts.get("clues", ()))
    return context.known_of(file, clues, card=card)


def match(file: BatchFile, known: Known) -> Matched:
    """Step 5: evidence, confidence and decision."""
    result = matcher.match(
        file.batch.clinic,
        file.path,
        extra_clues=known.clues,
        batch_patient=file.batch.patient,
        listed=known.around.listed,
    )
    return Matched(result, known)


def prepare(file: BatchFile, examined: Examined, found: Matched, twin: Record | None) -> None:
    """Step 6: the bytes into place, before any row names them; running it twice writes the same objects."""
    verdict = judge(file, found.result, twin, found.known.card)
    if verdict.status in {FileStatus.REVIEW, FileStatus.COMPLETED} or verdict.code == PATIENT_CARD:
        drawings.store(examined, file.batch.clinic_id)
    if verdict.status is FileStatus.COMPLETED:
        storage.put_staged(_original_key(file), staging.path_of(file.storage_key), examined.kind.media_type)


def settle(claim: Claim, examined: Examined, found: Matched, twin: Record | None) -> None:
    """Step 7: file it, hold it, name its twin, or set a card aside, in one transaction under the claim.

    The unique index over a clinic's bytes is the judge of a race: who comes second finds its twin and
    settles again.
    """
    try:
        with transaction.atomic():
            _write(claim, examined, found, judge(claim.file, found.result, twin, found.known.card))
    except IntegrityError:
        first = find_duplicate(claim.file, examined)
        if first is None or twin is not None:
            raise
        settle(claim, examined, found, first)


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


def _write(claim: Claim, examined: Examined, found: Matched, verdict: Verdict) -> None:
    """Rows in lock order: batch and file first (the claim is tested there), then patient, then the record."""
    file = claim.file
    transitions.lock_batch(file.batch_id)
    verdict, has_news = _as_things_are_now(file, found, verdict)
    record = _record(file, examined, verdict, found.result.clues)
    was_card = _note_card(file, found.known.card)
    claims.settle(
        claim,
        verdict.status,
        code=verdict.code,
        news=int(has_news),
        **_facts(file, examined, found, verdict),
        **{HANDLERS[examined.kind].field: record},
    )
    context.spread_news(file, was_card=was_card)
    if not _keeps_staged_bytes(verdict):
        after_commit(staging.discard, file.storage_key)


def _as_things_are_now(file: BatchFile, found: Matched, verdict: Verdict) -> tuple[Verdict, bool]:
    """The verdict with its patient, who may be gone or new since the match; and whether a card or a list came
    meanwhile, so that the file is to be matched again.
    """
    has_news = context.around(file, found.known.card) != found.known.around
    if verdict.status is not FileStatus.COMPLETED:
        return verdict, has_news
    if verdict.patient is None:
        patient = register_stranger(file, verdict)
        if patient is None:
            return Verdict(FileStatus.REVIEW, "patient-new", twin=verdict.twin), True
        return replace(verdict, patient=patient), has_news
    if not _is_still_living(verdict.patient):
        return Verdict(FileStatus.REVIEW, "patient-gone", twin=verdict.twin), has_news
    if found.known.directory and context.was_split_since(verdict.patient, found.known.directory):
        return Verdict(FileStatus.REVIEW, filing.RECORDS_APART, twin=verdict.twin), True
    return verdict, has_news


def _record(file: BatchFile, examined: Examined, verdict: Verdict, clues: Sequence[Clue]) -> Record | None:
    handler: Handler = HANDLERS[examined.kind]
    if verdict.status is FileStatus.DUPLICATE:
        return verdict.twin
    if verdict.status is FileStatus.CANCELLED:
        return None
    key = _original_key(file) if verdict.patient else ""
    return handler.create(file, examined, verdict.patient, key, verdict.twin, clues)


def _note_card(file: BatchFile, card: str | None) -> bool:
    """Write down that the file is a card, or that it is none; True when it is, or was held for one before."""
    if card is None:
        return bool(PatientCard.objects.filter(file=file).delete()[0])
    facts = {"batch_id": file.batch_id, "number": card, "captured_at": file.taken_at, "camera": file.camera}
    PatientCard.objects.update_or_create(file=file, defaults=facts)
    return True


def _facts(file: BatchFile, examined: Examined, found: Matched, verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": examined.kind,
        "sha256": examined.sha256,
        "patient": verdict.patient,
        "matched_at": found.known.directory,
        "taken_at": file.taken_at,
        "camera": file.camera,
        "label_numbers": file.label_numbers,
        "error_code": "",
        "error_message": "",
        "storage_key": file.storage_key if _keeps_staged_bytes(verdict) else "",
        "processed_at": timezone.now(),
        **facts_of(found.result, verdict),
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


def _moment(file: BatchFile, examined: Examined) -> tuple[datetime | None, str]:
    """When and with what camera it was taken; a modality's clock is no camera's."""
    if not examined.kind.is_image or examined.kind is FileKind.DICOM:
        return None, ""
    return image_ingest.captured_at(examined.facts, file.batch.clinic), examined.facts.get("camera") or ""
