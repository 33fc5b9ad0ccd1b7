"""Decisions at the same moment, on both databases: no file ends on a dead or wrong patient."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from batches.actions import merge as merging
from batches.actions.many import assign_files
from batches.actions.merge import merge_patients, unmerge_patient
from batches.actions.review import assign_file, reassign_file, reject_file, undo_file
from batches.models import Batch, FileEvent
from batches.states import FileStatus
from clinics.models import User
from files import storage
from files.errors import Refused
from patients.models import Patient, PatientMerge
from tests import factories
from tests.faults.decisions import (
    WHY,
    assert_in_order,
    at_once,
    filed,
    fresh,
    meanwhile,
    meet_at,
    originals,
    waiting,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
