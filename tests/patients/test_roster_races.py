"""Several at once over one roster, and over one directory: exactly once, nothing half."""

from collections.abc import Callable, Iterable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from batches import rematch
from batches.models import Batch, BatchFile, FileEvent
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, User
from imaging.models import Image
from patients import roster_actions as actions
from patients.models import IndexedPatient, Patient, Roster
from patients.roster_states import RosterStatus
from patients.rosters import road, undo_planning
from tests import factories
from tests.patients.sheets import applied, previewed, row, worked_on

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = [
    row(mrn=f"7{n * 104_729:09d}", family_name=f"Zubarov{'abcdefgh'[n % 8]}", given_names="Ana")
    for n in range(40)
]


def at_once(*works: Callable[[], object]) -> None:
    """Do all of it at the same moment, each on a connection of its own; the first failure is raised."""
    barrier, failures = Barrier(len(works)), list[BaseException]()

    def go(work: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=go, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if failures:
        raise failures[0]


def test_workers_that_come_at_once_apply_it_once(clinic: Clinic, admin_user: User) -> None:
    roster = previewed(clinic, PEOPLE)
    actions.apply_roster(roster=roster, actor=admin_user)
    at_once(*[lambda: road.work_on(roster.pk)] * 3)
    roster.refresh_from_db()
    assert (roster.status, Patient.objects.count()) == (RosterStatus.APPLIED, len(PEOPLE))
    assert IndexedPatient.objects.count() == len(PEOPLE)
    assert AuditEntry.objects.filter(action="roster-applied").count() == 1


def test_two_lists_of_the_same_people_add_each_once(clinic: Clinic) -> None:
    rosters = [previewed(clinic, PEOPLE) for _ in range(2)]
    for roster in rosters:
        actions.apply_roster(roster=roster, actor=None)
    at_once(*[_worker(roster) for roster in rosters])
    added = [Roster.objects.get(pk=roster.pk).counts for roster in rosters]
    assert sorted((each["added"], each["unchanged"]) for each in added) == [(0, 40), (40, 0)]
    assert sorted(each["differences"] for each in added) == [0, 40]
    assert Patient.objects.count() == IndexedPatient.objects.count() == 40


def test_a_list_applied_while_files_are_matched_files_each_once(clinic: Clinic, clinician: User) -> None:
    roster = previewed(clinic, PEOPLE)
    actions.apply_roster(roster=roster, actor=clinician)
    batch: Batch = factories.make_batch(clinician)
    files = [
        factories.send_file(batch, f"{each['mrn']}_{each['family_name']}, Ana.jpg", factories.tiny_jpeg(seed))
        for seed, each in enumerate(PEOPLE[:8])
    ]
    at_once(_worker(roster), lambda: _process(files))
    rematch.match_clinic_again(clinic.pk, seconds=60)
    for file in BatchFile.objects.filter(batch=batch).select_related("patient"):
        assert file.status == FileStatus.COMPLETED, file.evidence.get("words")
        assert file.patient is not None
        assert file.path.startswith(f"{file.patient.mrn}_")
        assert FileEvent.objects.filter(file=file, to_status=FileStatus.COMPLETED).count() == 1


def test_a_picture_that_is_filed_meanwhile_is_not_left_without_a_patient(
    clinic: Clinic, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = applied(clinic, [row()])
    luz = Patient.objects.get()
    planned = undo_planning.plan

    def plan(*args: Any) -> Any:
        made = planned(*args)
        if not Image.objects.exists():
            factories.make_image(clinic, luz)
        return made

    monkeypatch.setattr(undo_planning, "plan", plan)
    actions.undo_roster(roster=roster, actor=admin_user, reason="the wrong list")
    worked_on(roster)
    assert (roster.status, roster.counts["removed"], roster.counts["kept"]) == (RosterStatus.UNDONE, 0, 1)
    assert Image.objects.get().patient == luz


def _worker(roster: Roster) -> Callable[[], object]:
    return lambda: road.work_on(roster.pk)


def _process(files: Iterable[BatchFile]) -> None:
    for file in files:
        run.process(file.pk)
