"""Decisions that are killed half way: all of it happened, or none of it, and it can be done again."""

import time
from functools import partial
from types import ModuleType

import pytest

from batches import filing, undoing
from batches.actions import merge as merging
from batches.actions.many import assign_files, undo_files
from batches.actions.merge import merge_patients
from batches.actions.review import undo_file
from batches.actions.undo import undo_batch
from batches.models import Batch, BatchFile, BatchUndo, FileEvent
from batches.states import FileStatus
from batches.verification import verify
from clinics.models import User
from files import staging, storage
from imaging.models import Image
from patients.models import Patient, PatientMerge
from tests import factories
from tests.faults.decisions import (
    WHY,
    assert_in_order,
    filed,
    fresh,
    killed,
    originals,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("module", "name"),
    [(merging, "_move_files"), (merging, "_hand_over"), (merging, "_change"), (merging, "_note")],
    ids=["before the files", "before the pictures", "before the record", "before the commit"],
)
def test_a_merge_that_is_killed_has_moved_nothing_and_can_be_made_again(
    *,
    module: ModuleType,
    name: str,
    batch: Batch,
    garza: Patient,
    unknown: Patient,
    clinician: User,
) -> None:
    files = filed(batch, unknown, clinician, 3)
    access = factories.access_of(clinician)
    merge = partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY)
    killed(merge, module, name)
    assert {file.patient for file in fresh(files)} == {unknown}
    assert not PatientMerge.objects.exists()
    assert_in_order(files)
    merge()
    assert {file.patient for file in fresh(files)} == {garza}
    assert_in_order(files)


@pytest.mark.parametrize(
    ("module", "name", "back"),
    [
        (staging, "bring_back", 2),
        (filing, "decide", 2),
        (filing, "_note_move", 2),
        (storage, "delete", 3),
    ],
    ids=["before the bytes", "before the file", "before the commit", "before the old bytes go"],
)
def test_an_undo_that_is_killed_goes_on_where_it_stopped(
    *,
    module: ModuleType,
    name: str,
    back: int,
    batch: Batch,
    garza: Patient,
    clinician: User,
) -> None:
    files = filed(batch, garza, clinician, 5)
    killed(partial(undo_batch, batch=batch, actor=clinician, reason=WHY), module, name, time=3)
    stands = [file.status for file in fresh(files)]
    assert (stands.count(FileStatus.REVIEW), stands.count(FileStatus.COMPLETED)) == (back, 5 - back)
    assert _named_bytes_are_there(files)
    undo = BatchUndo.objects.get(ended_at=None)
    undoing.go_on(undo.pk)
    assert {file.status for file in fresh(files)} == {FileStatus.REVIEW}
    assert _named_bytes_are_there(files)
    assert not BatchUndo.objects.filter(ended_at=None).exists()
    assert FileEvent.objects.filter(code="undone").count() == 5, "each left its chart once"


def test_a_group_that_was_half_undone_can_be_assigned_to_somebody_else(
    batch: Batch, garza: Patient, okafor: Patient, clinician: User
) -> None:
    files = filed(batch, garza, clinician, 4)
    killed(partial(undo_files, files=files, actor=clinician), filing, "decide", time=3)
    open_files = [file for file in fresh(files) if file.status == FileStatus.REVIEW]
    assert not assign_files(files=open_files, patient=okafor, actor=clinician).refused
    whose = [file.patient for file in fresh(files)]
    assert whose == [okafor, okafor, garza, garza]
    assert_in_order(files)


def _named_bytes_are_there(files: list[BatchFile]) -> bool:
    """What is left over besides is swept; what a row names must be whole."""
    for number, file in enumerate(fresh(files)):
        assert file.image is not None
        if file.status == FileStatus.COMPLETED:
            content = storage.open_object(file.image.original_key).read()
        else:
            content = staging.path_of(file.storage_key).read_bytes()
        assert content == factories.tiny_jpeg(number)
    return True


def test_what_a_killed_undo_leaves_in_storage_is_swept_and_nothing_else(
    batch: Batch, garza: Patient, clinician: User
) -> None:
    files = filed(batch, garza, clinician, 3)
    killed(partial(undo_file, file=files[0], actor=clinician), storage, "delete")
    named = {image.original_key for image in Image.objects.exclude(original_key="")}
    (left,) = originals() - named
    found = verify(older_than=time.time() + 60, delete=True)
    assert (found.orphans, found.removed, found.missing) == ([left], 1, [])
    assert originals() == named
    assert_in_order(files)
