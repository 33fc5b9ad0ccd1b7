"""Two reviewers take each other's duplicates back at one moment: neither waits for the other for ever."""

from functools import partial

import pytest

from batches.actions.review import reject_file
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import User
from tests import factories
from tests.faults.decisions import at_once, fresh

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

ROUNDS = 8


def duplicate_of(first: BatchFile, batch: Batch) -> BatchFile:
    """The same bytes in another batch, set aside for the first."""
    key = factories.staged(b"x")
    return factories.make_file(
        batch, status=FileStatus.DUPLICATE, offset=1, storage_key=key, kind="jpeg", image=first.image
    )


def test_two_batches_free_each_others_duplicates(clinician: User) -> None:
    for seed in range(ROUNDS):
        batches = [factories.make_batch(clinician) for _ in range(2)]
        firsts = [
            factories.make_file_in_review(batch, seed=2 * seed + place) for place, batch in enumerate(batches)
        ]
        copies = [duplicate_of(firsts[0], batches[1]), duplicate_of(firsts[1], batches[0])]
        works = [partial(reject_file, file=file, actor=clinician) for file in fresh(firsts)]
        assert at_once(*works) == [None, None]
        assert {file.status for file in fresh(copies)} == {FileStatus.RECEIVED}
