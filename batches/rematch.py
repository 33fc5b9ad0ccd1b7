"""What waits in review is matched again when the directory changes, or a card or a list has come.

Which files are due is written in their rows, so that any worker can go on where another was killed. Nothing
that a person has decided is touched, and every write is guarded by what was read before the match.
"""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from batches import filing, listed, transitions
from batches.context import Known, content_of, known_of, of_the_batch, spread_news
from batches.decided import UNTOUCHED
from batches.models import BatchFile
from batches.records import lock_with_duplicates, withdraw_unfiled
from batches.states import FileStatus
from batches.verdict import Verdict, facts_of, judge, register_stranger
from clinics import audit
from clinics.models import Clinic
from files.errors import Refused
from patients import matcher
from patients.directory import survivor_id
from patients.matching.results import MatchResult
from patients.owners import owners_of

log = logging.getLogger(__name__)

MATCHED_AGAIN = "matched-again"

_FILES_AT_ONCE = 100
_ATTEMPTS = 5  # at one file whose news, or whose directory, keeps changing under us
_ROUNDS = 3  # one file's end can be another's news
_WITH = ("batch__clinic", "batch__patient", "patient", "image__twin_of", "document__twin_of", "card")


def due() -> "QuerySet[BatchFile]":
    """Files to match again: waiting ones when news or a newer directory came, filed ones when news came.

    One that somebody looks at in review is left alone meanwhile, so that it does not change under the eyes.
    """
    is_older = Q(matched_at=None) | Q(matched_at__lt=F("batch__clinic__directory_changed_at"))
    waiting = Q(status=FileStatus.REVIEW) & (Q(news__gt=0) | is_older)
    filed = Q(status=FileStatus.COMPLETED, news__gt=0, patient__isnull=False)
    nobody_looks = Q(review_until=None) | Q(review_until__lt=Now())
    return BatchFile.objects.filter(UNTOUCHED, nobody_looks, waiting | filed, batch__paused_at=None)


def due_clinics() -> list[UUID]:
    """The clinics that have such files."""
    return list(due().order_by().values_list("batch__clinic_id", flat=True).distinct())


def match_clinic_again(
    clinic_id: UUID, *, seconds: float, may_go_on: Callable[[], bool] = lambda: True
) -> bool:
    """Match the clinic's due files again, one at least and then for about that long; True when some are left.

    `may_go_on` is asked before each: False when somebody else has taken over.
    """
    clinic = Clinic.objects.get(pk=clinic_id)
    files = due().filter(batch__clinic=clinic).order_by("pk")
    batch_ids = set(files.order_by().values_list("batch_id", flat=True).distinct())
    listed.look_up_again(clinic, batch_ids)
    until = time.monotonic() + seconds  # of matching: the look-up of a long list must not use it up
    last = UUID(int=0)
    while some := list(files.filter(pk__gt=last).values_list("pk", flat=True)[:_FILES_AT_ONCE]):
        for last in some:
            if not may_go_on():
                return False
            _match_or_report(last)
            if time.monotonic() > until:
                return files.filter(pk__gt=last).exists()
    return False


def catch_up(batch_id: UUID) -> None:
    """Match those files of a batch again for which cards and lists have brought news."""
    for _ in range(_ROUNDS):
        found = due().filter(batch=batch_id, news__gt=0)
        file_ids = list(found.order_by("taken_at", "pk").values_list("pk", flat=True))
        if not file_ids:
            return
        for file_id in file_ids:
            _match_or_report(file_id)


def match_again(file_id: UUID) -> None:
    """Match one file again if it is due; what a person or another worker has done meanwhile stays."""
    for _ in range(_ATTEMPTS):
        file = due().select_related(*_WITH).filter(pk=file_id).first()
        if file is None:
            return
        try:
            _match(file)
        except Refused:
            log.info("match again, overtaken file=%s", file_id)


def _match_or_report(file_id: UUID) -> None:
    try:
        match_again(file_id)
    except Exception as bug:  # noqa: BLE001 - the sweep tries this file again, and the others go on
        # The type only: a message could quote a patient or a file name.
        log.error("match again failed file=%s type=%s", file_id, type(bug).__name__)  # noqa: TRY400


def _match(file: BatchFile) -> None:
    """One attempt; Refused when the file no longer stands as it was read."""
    card = file.card.number if hasattr(file, "card") else None
    known = known_of(file, content_of(file.evidence), card=card)
    found = matcher.match(
        file.batch.clinic,
        file.path,
        extra_clues=known.clues,
        batch_patient=file.batch.patient,
        listed=known.around.listed,
    )
    if file.status == FileStatus.COMPLETED:
        _look_at_filed(file, known, found)
    else:
        record = file.image or file.document
        _carry_out(file, known, found, judge(file, found, record.twin_of if record else None, card))


def _look_at_filed(file: BatchFile, known: Known, found: MatchResult) -> None:
    """Leave it in its chart, or take it back into review, where the next attempt finds it."""
    objection = _objection(file, known, found)
    if objection:
        filing.leave_chart(file, actor=None, code=objection)
    else:
        is_same = found.decision == "assign" and found.patient_id == _chart_of(file)
        _write(file, known, facts_of(found, Verdict(FileStatus.COMPLETED, "")) if is_same else {})


def _objection(file: BatchFile, known: Known, found: MatchResult) -> str:
    """`card-disagrees` or `list-disagrees` where one says another chart, or has fallen silent and the match
    without it would not file here; empty where the file may stay.
    """
    clues = known.around.clues
    owners = owners_of(file.batch.clinic, (clue.value for clue in clues))
    charts = {number: survivor_id(owner.pk) for number, owner in owners.items()}
    against = [clue for clue in clues if charts.get(clue.value) != _chart_of(file)]
    if not clues and not (found.decision == "assign" and found.patient_id == _chart_of(file)):
        against = list(of_the_batch(file.evidence))
    return f"{against[0].source}-disagrees" if against else ""


def _carry_out(file: BatchFile, known: Known, found: MatchResult, verdict: Verdict) -> None:
    if verdict.status is FileStatus.CANCELLED:
        _set_aside_as_card(file, known, found, verdict)
    elif verdict.status is not FileStatus.COMPLETED:
        _write(file, known, facts_of(found, verdict))
    elif verdict.patient is not None:
        seen = known.directory
        filing.enter_chart(
            file, verdict.patient, actor=None, code=MATCHED_AGAIN, found=found, matched_at=seen
        )
    else:
        _file_for_stranger(file, found, verdict)


def _file_for_stranger(file: BatchFile, found: MatchResult, verdict: Verdict) -> None:
    with transaction.atomic():
        transitions.lock_batch(file.batch_id)
        patient = register_stranger(file, verdict)
        if patient is None:
            raise filing.decided_already()
        filing.enter_chart(file, patient, actor=None, code=verdict.code, found=found)


def _set_aside_as_card(file: BatchFile, known: Known, found: MatchResult, verdict: Verdict) -> None:
    """Its number has an owner now: no picture of a patient any more, and news for the shots after it."""
    with transaction.atomic():
        locked = lock_with_duplicates([file])
        facts = facts_of(found, verdict) | {"matched_at": known.directory, "news": 0, "image": None}
        filing.decide(file, FileStatus.CANCELLED, None, verdict.code, **facts)
        withdraw_unfiled([file], locked, keep_drawings=True)
        spread_news(file)
        audit.record("card-set-aside", clinic=file.batch.clinic, actor=None, target=file)


def _write(file: BatchFile, known: Known, facts: dict[str, Any]) -> None:
    """The new evidence, where the file stays; without `facts` the old one is as good."""
    with transaction.atomic():
        batch = transitions.lock_batch(file.batch_id)
        rows = BatchFile.objects.filter(UNTOUCHED, pk=file.pk, status=file.status, news=file.news)
        rows = rows.filter(storage_key=file.storage_key, patient=file.patient_id)
        if not rows.update(matched_at=known.directory, news=0, **facts):
            raise filing.decided_already()
        if facts and facts["evidence"] != file.evidence:
            transitions.follow(batch)


def _chart_of(file: BatchFile) -> str:
    return survivor_id(file.patient_id) if file.patient_id else ""
