"""The verb on a file that asks for a password: open it once, keep what needs none, and go on.

The password lives in the request, in the pipe to the sandboxed child, and nowhere else: no row, log, session,
task or file ever holds it. Decrypting happens here, in the request, because a queue would have to store it.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from batches import transitions
from batches.actions.batch import send_files
from batches.models import BatchFile
from batches.states import FileStatus
from clinics import audit
from clinics.models import User
from documents import errors
from files import sandbox, scratch, staging
from files.errors import FileRejected, Refused

JOB = "documents.unlock:unlock"
ASKS_FOR_PASSWORD = errors.ENCRYPTED
LONGEST_PASSWORD = 1024


def unlock_file(*, file: BatchFile, password: str, actor: User) -> None:
    """Put an encrypted PDF back on the road as a copy that needs no password, which is what is kept of it.

    The SHA-256 of the bytes as they came stays noted, so that they are known when they come again. Refused
    `password-missing` (400), `not-locked` (409), `wrong-password`, `not-encrypted` and `pdf-damaged`; after
    each of them the file stands as it stood.
    """
    if not password or len(password) > LONGEST_PASSWORD:
        message = f"Enter the password of this PDF, of at most {LONGEST_PASSWORD:,} characters."
        raise Refused("password-missing", message, limit=LONGEST_PASSWORD)
    if not is_locked(file):
        raise _not_locked()
    with _opened_copy(file, password, actor) as key, transaction.atomic():
        transitions.change_batch(file.batch_id)
        came_as = file.locked_sha256 or staging.sha256_of(file.storage_key)
        if not _put_back(file, key, came_as, actor):
            raise _not_locked()
        audit.record("file-unlocked", clinic=file.batch.clinic, actor=actor, target=file)
        send_files([file])
        transaction.on_commit(partial(staging.discard, file.storage_key))


def is_locked(file: BatchFile) -> bool:
    """Does the file wait for a password, with its bytes still here?"""
    is_asking = file.status == FileStatus.FAILED and file.error_code == ASKS_FOR_PASSWORD
    return is_asking and file.has_all_bytes


@contextmanager
def _opened_copy(file: BatchFile, password: str, actor: User) -> Iterator[str]:
    """The staging key of the decrypted copy, which is given up when the file does not go on with it."""
    # A name of its own: a worker may have a folder for the same file.
    with scratch.folder(uuid.uuid5(file.pk, "unlock")) as folder:
        key = staging.take_in(_decrypted(file, password, folder, actor))
    try:
        yield key
    except Exception:
        if not BatchFile.objects.filter(storage_key=key).exists():
            staging.discard(key)
        raise


def _decrypted(file: BatchFile, password: str, folder: Path, actor: User) -> Path:
    arguments = {
        "path": str(staging.path_of(file.storage_key)),
        "scratch": str(folder),
        "password": password,
    }
    try:
        made = sandbox.run(JOB, limits=sandbox.usual_limits(), arguments=arguments)
    except FileRejected as rejection:
        if rejection.code == "wrong-password":
            audit.record("file-password-wrong", clinic=file.batch.clinic, actor=actor, target=file)
        raise
    # Only the bare name: what a child says is not trusted to stay in its folder.
    return folder / Path(str(made["file"])).name


def _put_back(file: BatchFile, key: str, came_as: str, actor: User) -> bool:
    """Back on the road, if it still is what was opened; size and offset stay those of what was sent."""
    moved = transitions.move_files(
        file.batch_id,
        FileStatus.RECEIVED,
        sources=frozenset({FileStatus.FAILED}),
        code="unlocked",
        actor=actor,
        only=Q(pk=file.pk, storage_key=file.storage_key, error_code=ASKS_FOR_PASSWORD),
        storage_key=key,
        locked_sha256=came_as,
        sent_at=Now(),
        lost_claims=0,
        troubles=0,
        retry_at=None,
        error_code="",
        error_message="",
    )
    return bool(moved)


def _not_locked() -> Refused:
    message = "This file does not wait for a password. Reload the page to see where it stands."
    return Refused("not-locked", message, status=409)
