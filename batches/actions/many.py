"""The same decision about several files: each in its own transaction, so that one refusal stops no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from batches.actions import review
from batches.models import BatchFile
from clinics.models import User
from files.errors import Refused, Trouble
from patients.models import Patient

MOST_AT_ONCE = 500
"""More than anybody has looked at, and as many as a request has time for."""


@dataclass(frozen=True)
class Decided:
    """What became of each file: done, or refused with a stable code and a sentence."""

    done: list[UUID]
    refused: list[tuple[UUID, str, str]]


def assign_files(*, files: Iterable[BatchFile], patient: Patient, actor: User, reason: str = "") -> Decided:
    """See `assign_file`."""
    return _each(files, partial(review.assign_file, patient=patient, actor=actor, reason=reason))


def reject_files(*, files: Iterable[BatchFile], actor: User, reason: str = "") -> Decided:
    """See `reject_file`."""
    return _each(files, partial(review.reject_file, actor=actor, reason=reason))


def retry_files(*, files: Iterable[BatchFile], actor: User) -> Decided:
    """See `retry_file`."""
    return _each(files, partial(review.retry_file, actor=actor))


def undo_files(*, files: Iterable[BatchFile], actor: User, reason: str = "") -> Decided:
    """See `undo_file`."""
    return _each(files, partial(review.undo_file, actor=actor, reason=reason))


def keep_files(
    *, files: Iterable[BatchFile], actor: User, patient: Patient | None = None, reason: str = ""
) -> Decided:
    """See `keep_file`."""
    return _each(files, partial(review.keep_file, actor=actor, patient=patient, reason=reason))


def set_aside_files(*, files: Iterable[BatchFile], actor: User, reason: str = "") -> Decided:
    """See `set_aside_as_duplicate`."""
    return _each(files, partial(review.set_aside_as_duplicate, actor=actor, reason=reason))


def reassign_files(*, files: Iterable[BatchFile], patient: Patient, actor: User, reason: str) -> Decided:
    """See `reassign_file`."""
    return _each(files, partial(review.reassign_file, patient=patient, actor=actor, reason=reason))


def _each(files: Iterable[BatchFile], decide: Callable[..., None]) -> Decided:
    decided = Decided([], [])
    for file in files:
        try:
            decide(file=file)
        except (Refused, Trouble) as error:
            decided.refused.append((file.pk, error.code, error.message))
        else:
            decided.done.append(file.pk)
    return decided
