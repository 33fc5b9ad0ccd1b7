"""The tables of states: every move that design allows, and no other."""

import pytest

from batches.states import (
    BATCH_MOVES,
    FILE_MOVES,
    BatchStatus,
    FileStatus,
    batch_sources,
    file_sources,
    status_of_batch,
)

F, B = FileStatus, BatchStatus


def test_every_state_says_where_it_may_go() -> None:
    assert set(FILE_MOVES) == set(FileStatus)
    assert set(BATCH_MOVES) == set(BatchStatus)


@pytest.mark.parametrize("status", list(FileStatus))
def test_a_file_can_always_reach_an_end(status: FileStatus) -> None:
    reached, frontier = {status}, [status]
    while frontier:
        for target in FILE_MOVES[frontier.pop()]:
            if target not in reached:
                reached.add(target)
                frontier.append(target)
    assert reached & {F.COMPLETED, F.DUPLICATE, F.FAILED, F.CANCELLED}


def test_nothing_is_filed_without_having_been_processed_or_reviewed() -> None:
    assert file_sources(F.COMPLETED) == {F.PROCESSING, F.REVIEW, F.COMPLETED}


def test_a_closed_batch_stays_closed() -> None:
    assert BATCH_MOVES[B.CANCELLED] == BATCH_MOVES[B.EXPIRED] == frozenset()
    assert B.EXPIRED not in batch_sources(B.COMPLETED)


@pytest.mark.parametrize(
    ("counts", "is_started", "expected"),
    [
        ({}, False, B.PENDING),
        ({F.PENDING: 3}, False, B.PENDING),
        ({F.PENDING: 2, F.UPLOADING: 1}, False, B.UPLOADING),
        ({F.PENDING: 2, F.RECEIVED: 1}, True, B.UPLOADING),
        ({F.PENDING: 1, F.COMPLETED: 9}, True, B.UPLOADING),
        ({F.RECEIVED: 3}, True, B.PROCESSING),
        ({F.RECEIVED: 3}, False, B.PENDING),
        ({F.PROCESSING: 1, F.COMPLETED: 9}, True, B.PROCESSING),
        ({F.COMPLETED: 9}, True, B.COMPLETED),
        ({F.COMPLETED: 8, F.DUPLICATE: 1}, True, B.COMPLETED),
        ({F.DUPLICATE: 2}, True, B.COMPLETED),
        ({F.COMPLETED: 8, F.FAILED: 1}, True, B.PARTIAL),
        ({F.COMPLETED: 8, F.REVIEW: 1}, True, B.PARTIAL),
        ({F.FAILED: 1, F.REVIEW: 1}, True, B.PARTIAL),
        ({F.FAILED: 2}, True, B.FAILED),
        ({F.FAILED: 2, F.CANCELLED: 1}, True, B.FAILED),
        ({F.CANCELLED: 2}, True, B.COMPLETED),
    ],
)
def test_a_batch_is_what_its_files_are(
    counts: dict[FileStatus, int], is_started: bool, expected: BatchStatus
) -> None:
    assert status_of_batch(counts, is_started=is_started) == expected
