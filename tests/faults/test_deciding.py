"""Decisions at the same moment, and decisions that are killed: no file ends on a dead or wrong patient.

Runs on both databases; threads meet at the worst moment by a gate, processes die at a step by SIGKILL.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction

from batches import filing, undoing
from batches.actions import merge as merging
from batches.actions.many import assign_files, undo_files
from batches.actions.merge import merge_patients, unmerge_patient
from batches.actions.review import assign_file, reassign_file, reject_file, undo_file
from batches.actions.undo import undo_batch
from batches.models import Batch, BatchFile, BatchUndo, FileEvent
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import Clinic, User
from files import staging, storage
from files.errors import Refused
from imaging.models import Image
from patients import matcher
from patients.models import Patient, PatientMerge
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "One person."
WAIT_SECONDS = 60


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


@pytest.fixture
def garza(clinic: Clinic) -> Patient:
    return factories.make_garza(clinic)


@pytest.fixture
def okafor(clinic: Clinic) -> Patient:
    return factories.make_patient(clinic, "3000004592", "Okafor", "Chidi")


@pytest.fixture
def unknown(clinic: Clinic) -> Patient:
    """A provisional record that turns out to be Garza's."""
    born = date(1957, 4, 23)
    return factories.make_patient(
        clinic, "77001", "Garza Tijerina", "María Esther", birth_date=born, provisional=True
    )


def waiting(batch: Batch, count: int, *, first: int = 0) -> list[BatchFile]:
    return [
        factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed) for seed in range(first, first + count)
    ]


def filed(batch: Batch, patient: Patient, actor: User, count: int) -> list[BatchFile]:
    files = waiting(batch, count)
    assert not assign_files(files=files, patient=patient, actor=actor).refused
    return fresh(files)


def fresh(files: list[BatchFile]) -> list[BatchFile]:
    rows = BatchFile.objects.select_related("batch__clinic", "image", "document", "patient", "decided_by")
    found = rows.in_bulk([file.pk for file in files])
    return [found[file.pk] for file in files]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread and on a connection of its own, all let go at the same moment."""
    start = threading.Barrier(len(works))

    def do(work: Callable[[], Any]) -> Any:
        try:
            start.wait(WAIT_SECONDS)
            return work()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def meet_at(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, number: int) -> None:
    """The first `number` threads that have done this step wait there for each other."""
    gate, turns, real = threading.Barrier(number), iter(range(number)), getattr(module, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs)
        if next(turns, None) is not None:
            gate.wait(WAIT_SECONDS)
        return done

    monkeypatch.setattr(module, name, step)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, work: Callable[[], Any]
) -> None:
    """Once, right after the first time that this step was done, somebody else does `work`."""
    works, real = iter([work]), getattr(module, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs)
        if (other := next(works, None)) is not None:
            at_once(other)
        return done

    monkeypatch.setattr(module, name, step)


def assert_in_order(files: list[BatchFile]) -> None:
    """Every file and its picture agree, the patient is living, and the bytes are in one place."""
    for number, file in enumerate(fresh(files)):
        image = file.image
        assert image is not None
        assert image.patient_id == file.patient_id
        assert file.patient is None or file.patient.merged_into_id is None
        is_filed = file.status == FileStatus.COMPLETED
        assert (bool(image.original_key), bool(file.storage_key)) == (is_filed, not is_filed)
        content = (
            storage.open_object(image.original_key).read()
            if is_filed
            else staging.path_of(file.storage_key).read_bytes()
        )
        assert content == factories.tiny_jpeg(number)
    keys = {image.original_key for image in Image.objects.exclude(original_key="")}
    assert originals() == keys, "nothing is stored that no row names"


def originals() -> set[str]:
    folder = Path(default_storage.path("originals"))
    return {f"originals/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}


# --- two at once


def test_two_reviewers_decide_about_the_same_group_and_each_file_has_one_winner(
    batch: Batch, garza: Patient, okafor: Patient, clinician: User, reviewer: User
) -> None:
    files = waiting(batch, 8)
    one = partial(assign_files, files=fresh(files), patient=garza, actor=clinician)
    other = partial(assign_files, files=fresh(files)[::-1], patient=okafor, actor=reviewer)
    done = at_once(one, other)
    won = [set(each.done) for each in done]
    assert won[0] | won[1] == {file.pk for file in files}
    assert not won[0] & won[1]
    assert {code for each in done for _, code, _ in each.refused} <= {"decided-already"}
    whose = {file.pk: file.patient for file in fresh(files)}
    assert whose == dict.fromkeys(won[0], garza) | dict.fromkeys(won[1], okafor)
    assert FileEvent.objects.filter(code="assigned").count() == len(files)
    assert_in_order(files)


def test_both_have_put_the_bytes_into_place_before_either_decides(
    *,
    batch: Batch,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    reviewer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file,) = waiting(batch, 1)
    meet_at(monkeypatch, storage, "put_staged", 2)
    done = at_once(
        partial(assign_file, file=fresh([file])[0], patient=garza, actor=clinician),
        partial(assign_file, file=fresh([file])[0], patient=okafor, actor=reviewer),
    )
    assert sorted(done, key=str) == [None, "decided-already"]
    assert_in_order([file])


@pytest.mark.parametrize("second", ["undo", "move elsewhere"])
def test_two_who_correct_the_same_filing_at_once_do_not_lose_it(
    *,
    second: str,
    batch: Batch,
    garza: Patient,
    okafor: Patient,
    unknown: Patient,
    clinician: User,
    reviewer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file,) = filed(batch, garza, clinician, 1)
    works: dict[str, Callable[[], Any]] = {
        "undo": partial(undo_file, file=fresh([file])[0], actor=reviewer),
        "move elsewhere": partial(
            reassign_file, file=fresh([file])[0], patient=unknown, actor=reviewer, reason=WHY
        ),
    }
    other = works[second]
    done = at_once(
        partial(reassign_file, file=fresh([file])[0], patient=okafor, actor=clinician, reason=WHY), other
    )
    assert sorted(done, key=str) == [None, "decided-already"]
    assert fresh([file])[0].patient != garza
    assert_in_order([file])


def test_a_rejection_that_comes_first_leaves_nothing_of_the_assignment(
    batch: Batch, garza: Patient, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = waiting(batch, 1)
    rejection = partial(reject_file, file=fresh([file])[0], actor=clinician)
    meanwhile(monkeypatch, storage, "put_staged", rejection)
    with pytest.raises(Refused):
        assign_file(file=fresh([file])[0], patient=garza, actor=clinician)
    assert fresh([file])[0].status == FileStatus.CANCELLED
    assert originals() == set()


# --- a merge in the middle


def test_a_file_assigned_to_a_record_that_is_merged_at_that_moment_is_refused(
    *,
    batch: Batch,
    garza: Patient,
    unknown: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file,) = waiting(batch, 1)
    access = factories.access_of(clinician)
    merge = partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY)
    meanwhile(monkeypatch, storage, "put_staged", merge)
    with pytest.raises(Refused) as refused:
        assign_file(file=file, patient=unknown, actor=clinician)
    assert refused.value.code == "patient-gone"
    assert_in_order([file])


@pytest.mark.parametrize("batches", [1, 4], ids=["one batch", "several batches"])
def test_whatever_comes_first_nothing_is_left_with_a_merged_record(
    batches: int, garza: Patient, unknown: Patient, clinician: User
) -> None:
    made = [factories.make_batch(clinician) for _ in range(batches)]
    files = [
        file for n, each in enumerate(made) for file in waiting(each, 8 // batches, first=n * 8 // batches)
    ]
    access = factories.access_of(clinician)
    merge = partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY)
    halves = [
        partial(assign_files, files=fresh(half), patient=unknown, actor=clinician)
        for half in (files[::2], files[1::2])
    ]
    merged, *decided = at_once(merge, *halves)
    assert isinstance(merged, PatientMerge)
    won = {pk for each in decided for pk in each.done}
    assert {code for each in decided for _, code, _ in each.refused} <= {"patient-gone"}
    assert {file.pk for file in fresh(files) if file.patient == garza} == won
    assert_in_order(files)


def test_a_file_filed_while_the_batches_are_counted_moves_with_the_rest(
    *,
    batch: Batch,
    garza: Patient,
    unknown: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time: nothing comes in between")
    (file,) = waiting(batch, 1)
    late = partial(assign_file, file=file, patient=unknown, actor=clinician)
    meanwhile(monkeypatch, merging, "_batches_naming", late)
    merge_patients(access=factories.access_of(clinician), loser=unknown, survivor=garza, reason=WHY)
    assert fresh([file])[0].patient == garza
    assert_in_order([file])


def test_taken_apart_and_moved_at_once_it_is_in_one_chart(
    *, batch: Batch, garza: Patient, okafor: Patient, unknown: Patient, clinician: User
) -> None:
    files = filed(batch, unknown, clinician, 4)
    access = factories.access_of(clinician)
    merge = merge_patients(access=access, loser=unknown, survivor=garza, reason=WHY)
    moved = fresh(files)[0]
    apart, moving = at_once(
        partial(unmerge_patient, access=access, merge=merge),
        partial(reassign_file, file=moved, patient=okafor, actor=clinician, reason=WHY),
    )
    assert (apart.back, moving) in {(4, "decided-already"), (3, None)}
    expected = unknown if moving else okafor
    assert [file.patient for file in fresh(files)] == [expected, unknown, unknown, unknown]
    assert_in_order(files)


def test_two_merges_of_one_record_have_one_winner(
    garza: Patient, okafor: Patient, unknown: Patient, clinician: User, admin_user: User
) -> None:
    access = factories.access_of(clinician)
    done = at_once(
        partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY),
        partial(merge_patients, access=access, loser=unknown, survivor=okafor, reason=WHY),
    )
    assert sum(isinstance(each, PatientMerge) for each in done) == 1
    assert "merged-already" in done


def test_two_records_merged_into_each_other_at_once_make_no_circle(
    garza: Patient, okafor: Patient, admin_user: User
) -> None:
    access = factories.access_of(admin_user)
    done = at_once(
        partial(merge_patients, access=access, loser=okafor, survivor=garza, reason=WHY),
        partial(merge_patients, access=access, loser=garza, survivor=okafor, reason=WHY),
    )
    assert sum(isinstance(each, PatientMerge) for each in done) == 1
    assert Patient.objects.filter(merged_into=None).count() == 1


# --- the road, while people change the directory


def on_the_road(batch: Batch, patient: Patient, *, seed: int = 0) -> BatchFile:
    name = f"{seed}/{patient.mrn}_{patient.family_name}_{patient.given_names}.jpg"
    return factories.send_file(batch, name, factories.tiny_jpeg(seed))


def test_a_patient_merged_between_match_and_filing_gets_nothing(
    *,
    batch: Batch,
    garza: Patient,
    unknown: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = on_the_road(batch, unknown)
    access = factories.access_of(clinician)
    merge = partial(merge_patients, access=access, loser=unknown, survivor=garza, reason=WHY)
    meanwhile(monkeypatch, matcher, "match", merge)
    run.process(file.pk)
    assert fresh([file])[0].patient in {None, garza}
    assert_in_order([file])


def test_a_patient_deleted_between_match_and_filing_leaves_the_file_in_review(
    batch: Batch, okafor: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = on_the_road(batch, okafor)
    meanwhile(monkeypatch, matcher, "match", okafor.delete)
    run.process(file.pk)
    assert (fresh([file])[0].status, fresh([file])[0].patient) == (FileStatus.REVIEW, None)
    assert_in_order([file])


def test_a_file_moved_while_its_batch_runs_stays_where_it_was_moved(
    *,
    batch: Batch,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (on_the_road(batch, garza, seed=seed) for seed in range(2))
    run.process(first.pk)
    before = fresh([first])[0]
    move = partial(reassign_file, file=before, patient=okafor, actor=clinician, reason=WHY)
    meanwhile(monkeypatch, matcher, "match", move)
    run.process(second.pk)
    assert fresh([first])[0].patient == okafor
    assert fresh([second])[0].patient in {None, garza}
    assert_in_order([first, second])


def test_a_list_of_patients_applied_while_files_are_matched_misleads_none(
    batch: Batch, garza: Patient, okafor: Patient
) -> None:
    files = [on_the_road(batch, (garza, okafor)[seed % 2], seed=seed) for seed in range(6)]

    def apply() -> None:
        for chunk in range(5):
            with transaction.atomic():
                rows = [_neighbour(garza, chunk * 40 + number) for number in range(40)]
                matcher.refresh_keys_in_bulk(Patient.objects.bulk_create(rows))

    def match() -> None:
        for file in files:
            run.process(file.pk)

    at_once(apply, match)
    for number, file in enumerate(fresh(files)):
        assert file.patient in {None, (garza, okafor)[number % 2]}
        assert file.status in {FileStatus.COMPLETED, FileStatus.REVIEW}
    assert_in_order(files)


def _neighbour(garza: Patient, number: int) -> Patient:
    """Somebody with the same surnames and a number nearby."""
    patient = Patient(
        clinic=garza.clinic, mrn=f"{3000003800 + number}", family_name="Garza Tijerina", given_names="Ana"
    )
    patient.mrn_key = patient.mrn
    return patient


# --- killed half way


@contextmanager
def _dying_at(module: ModuleType, name: str, time: int) -> Iterator[None]:
    """This process is gone, as by `kill -9`, when it comes to this step for the given time."""
    real, turns = getattr(module, name), iter(range(1, time))

    def step(*args: Any, **kwargs: Any) -> Any:
        if next(turns, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(module, name, step)
    yield


def killed(work: Callable[[], Any], module: ModuleType, name: str, *, time: int = 1) -> None:
    """Do `work` in a process of its own, which is killed at that step."""

    def child() -> None:
        with _dying_at(module, name, time):
            work()

    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(WAIT_SECONDS)
    assert process.exitcode == -signal.SIGKILL


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
