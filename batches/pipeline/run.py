"""The road of one file: seven calls in order, and what each kind of failure means.

A list of patients takes a short road of its own; after either, files of the batch for which a card or a list
has brought news are matched again.
"""

import logging
import time
from uuid import UUID

from django.db import OperationalError, connection

from batches import claims, rematch
from batches.claims import Claim, ClaimLost
from batches.pipeline import lists, opened_before, steps
from batches.pipeline.lease import keep_claim
from batches.states import FileStatus
from files import scratch
from files.errors import FileRejected, Trouble

log = logging.getLogger(__name__)

# Each try waits for a locked database as long as the connection does [20 s].
_TRIES, _AGAIN_SECONDS = 6, 1.0


def process(file_id: UUID) -> None:
    """Take one received file to its place; nothing happens when it is not ours to take.

    The sender's fault ends as FAILED with its reason, the environment's is tried again, ours is reported and
    tried again.
    """
    claim = claims.take(file_id)
    if claim is None:
        return
    try:
        with keep_claim(claim):
            _walk(claim)
    except FileRejected as rejection:
        _fail(claim, rejection)
    except Trouble as trouble:
        _release(claim, trouble.code, str(trouble))
    except ClaimLost:
        _leave(claim)
    except Exception as bug:  # noqa: BLE001 - whatever it was, the file must not be lost with it
        # The type only: a message could quote a patient or a file name.
        log.error("pipeline error file=%s type=%s", file_id, type(bug).__name__)  # noqa: TRY400
        _release(
            claim, "internal-error", "Something went wrong on our side; the file is safe and is tried again."
        )
    else:
        rematch.catch_up(claim.file.batch_id)


def _walk(claim: Claim) -> None:
    file = claim.file
    with scratch.folder(file.pk) as folder:
        kind = steps.sniff_content(file)
        if kind.is_list:
            lists.take_in(claim, folder)
            return
        try:
            examined = steps.fingerprint(file, kind, folder)
        except FileRejected as rejection:
            if opened_before.is_settled(claim, rejection, folder):
                return
            raise
        twin = steps.find_duplicate(file, examined)
        known = steps.read_clues(file, examined)
        found = steps.match(file, known)
        steps.prepare(file, examined, found, twin)
        steps.settle(claim, examined, found, twin)


def _fail(claim: Claim, rejection: FileRejected) -> None:
    try:
        claims.settle(
            claim,
            FileStatus.FAILED,
            code=rejection.code,
            sha256=steps.digest_or_empty(claim.file),
            error_code=rejection.code,
            error_message=str(rejection),
        )
    except ClaimLost:
        _leave(claim)


def _release(claim: Claim, code: str, message: str) -> None:
    """Give the file back. A database that somebody holds for long is waited for, with the claim kept: a lease
    that ran out would count as a worker that died.
    """
    # What failed may have been the connection to the database, and then it takes a new one to say so.
    connection.close_if_unusable_or_obsolete()
    with keep_claim(claim):
        for _ in range(_TRIES):
            try:
                claims.release(claim, code=code, message=message)
            except ClaimLost:
                _leave(claim)
            except OperationalError as error:
                log.warning("file not released yet file=%s type=%s", claim.file.pk, type(error).__name__)
                time.sleep(_AGAIN_SECONDS)
                continue
            return


def _leave(claim: Claim) -> None:
    log.info("claim lost file=%s attempt=%s", claim.file.pk, claim.attempt)
    steps.clear_away_cancelled(claim.file)
