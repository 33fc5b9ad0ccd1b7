"""Claims of the review desk: one group, one reviewer; let go when they leave, or when their time is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batches import desk
from batches.actions.review import assign_file
from batches.desk import Standing
from batches.models import Batch, BatchFile
from clinics.models import Clinic, Role, User
from imaging.models import Image
from patients.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db

FOUR = ("a/IMG_1.jpg", "a/IMG_2.jpg", "b/IMG_3.jpg", "b/IMG_4.jpg")


@pytest.fixture
def files(clinician: User) -> dict[str, BatchFile]:
    """Two groups of two: what lies in one folder and says nothing."""
    return waiting(factories.make_batch(clinician), *FOUR)


@pytest.fixture
def colleague(clinic: Clinic) -> User:
    return factories.make_user("colleague", clinic, Role.REVIEWER)


def waiting(batch: Batch, *paths: str) -> dict[str, BatchFile]:
    """They came one after the other."""
    came = timezone.now() - timedelta(hours=1)
    return {
        path: factories.make_file_in_review(
            batch, path, seed=batch.number * 50 + n, received_at=came + timedelta(seconds=n)
        )
        for n, path in enumerate(paths)
    }


def paths_of(place: Standing | None) -> list[str]:
    return [each.path for each in place.group.files] if place else []


def fade(clinic: Clinic) -> None:
    """Let the time of every hold be over."""
    past = timezone.now() - timedelta(seconds=1)
    BatchFile.objects.of(clinic).filter(review_until__isnull=False).update(review_until=past)


def test_groups_come_batch_by_batch_and_the_longest_waiting_first(
    clinic: Clinic, clinician: User, files: dict[str, BatchFile]
) -> None:
    later = waiting(factories.make_batch(clinician), "a/IMG_0.jpg")
    assert [paths_of(each) for each in desk.standing(clinic)] == [[*FOUR[:2]], [*FOUR[2:]], [*later]]


def test_two_reviewers_get_two_groups(
    clinic: Clinic, reviewer: User, colleague: User, files: dict[str, BatchFile]
) -> None:
    assert paths_of(desk.take_next(clinic, reviewer)) == [*FOUR[:2]]
    assert paths_of(desk.take_next(clinic, colleague)) == [*FOUR[2:]]
    assert desk.take_next(clinic, factories.make_user("third", clinic, Role.REVIEWER)) is None


def test_a_group_is_taken_whole_or_not_at_all(
    clinic: Clinic, reviewer: User, colleague: User, files: dict[str, BatchFile]
) -> None:
    first, second = (files[path] for path in FOUR[:2])
    assert desk.take(first.batch_id, [second.pk], colleague)
    assert not desk.take(first.batch_id, [first.pk, second.pk], reviewer)
    first.refresh_from_db()
    assert first.reviewer is None


def test_a_file_that_was_decided_meanwhile_takes_its_group_along(
    reviewer: User, patient: Patient, files: dict[str, BatchFile]
) -> None:
    first, second = (files[path] for path in FOUR[:2])
    assign_file(file=second, patient=patient, actor=reviewer)
    assert not desk.take(first.batch_id, [first.pk, second.pk], reviewer)


def test_a_sign_of_life_holds_longer_and_keeps_since_when(
    clinic: Clinic, reviewer: User, files: dict[str, BatchFile]
) -> None:
    place = desk.take_next(clinic, reviewer)
    assert place is not None
    (before, _) = desk.standing(clinic)
    assert desk.take(place.batch_id, place.file_ids, reviewer)
    (after, _) = desk.standing(clinic)
    assert before.hold is not None
    assert after.hold is not None
    assert after.hold.since == before.hold.since
    assert after.hold.until > before.hold.until
    assert after.hold.until - after.hold.since > timedelta(minutes=clinic.review_claim_minutes - 1)


def test_what_faded_can_be_taken_over(
    clinic: Clinic, reviewer: User, colleague: User, files: dict[str, BatchFile]
) -> None:
    desk.take_next(clinic, reviewer)
    fade(clinic)
    place = desk.take_next(clinic, colleague)
    assert paths_of(place) == [*FOUR[:2]]
    assert desk.standing(clinic)[0].is_held_by_another(reviewer)


def test_letting_go_frees_only_what_is_ones_own(
    clinic: Clinic, reviewer: User, colleague: User, files: dict[str, BatchFile]
) -> None:
    place = desk.take_next(clinic, reviewer)
    assert place is not None
    assert desk.release(clinic, place.file_ids, colleague) == 0
    assert desk.release(clinic, place.file_ids, reviewer) == 2
    assert desk.standing(clinic)[0].hold is None


def test_the_next_one_comes_behind_and_then_from_the_beginning(
    clinic: Clinic, clinician: User, reviewer: User, files: dict[str, BatchFile]
) -> None:
    later = waiting(factories.make_batch(clinician), "x/IMG_9.jpg")
    seen, after = [], files[FOUR[2]]
    for _ in range(3):
        place = desk.take_next(clinic, reviewer, after=after)
        assert place is not None
        seen.append(paths_of(place))
        desk.release(clinic, place.file_ids, reviewer)
        after = BatchFile.objects.get(pk=place.file_ids[0])
    assert seen == [[*later], [*FOUR[:2]], [*FOUR[2:]]]


def test_behind_a_decided_file_comes_what_came_behind_it(
    clinic: Clinic, reviewer: User, patient: Patient, files: dict[str, BatchFile]
) -> None:
    for path in FOUR[:2]:
        assign_file(file=files[path], patient=patient, actor=reviewer)
    decided = BatchFile.objects.get(pk=files[FOUR[1]].pk)
    assert paths_of(desk.take_next(clinic, reviewer, after=decided)) == [*FOUR[2:]]


def test_what_one_holds_already_is_given_only_to_who_asks_for_it(
    clinic: Clinic, reviewer: User, files: dict[str, BatchFile]
) -> None:
    given = [paths_of(desk.take_next(clinic, reviewer)) for _ in range(3)]
    assert given == [[*FOUR[:2]], [*FOUR[2:]], []]
    assert paths_of(desk.take_own(clinic, reviewer)) == [*FOUR[:2]]


def test_what_is_left_of_a_group_is_still_held(
    clinic: Clinic, reviewer: User, patient: Patient, files: dict[str, BatchFile]
) -> None:
    desk.take_next(clinic, reviewer)
    first, second = (files[path] for path in FOUR[:2])
    assign_file(file=first, patient=patient, actor=reviewer)
    assert desk.still_held(first.batch_id, reviewer) == [second.pk]


def test_a_batch_alone_is_worked_through_alone(
    clinic: Clinic, clinician: User, reviewer: User, files: dict[str, BatchFile]
) -> None:
    other = factories.make_batch(clinician)
    later = waiting(other, "x/IMG_9.jpg")
    assert paths_of(desk.take_next(clinic, reviewer, batch=other)) == [*later]
    assert [paths_of(each) for each in desk.standing(clinic, other)] == [[*later]]


def test_another_clinic_has_its_own_desk(
    other_clinic: Clinic, stranger: User, files: dict[str, BatchFile]
) -> None:
    assert desk.standing(other_clinic) == []
    assert desk.take_next(other_clinic, stranger) is None
    assert desk.release(other_clinic, [file.pk for file in files.values()], stranger) == 0


def test_the_same_bytes_in_a_chart_make_a_question_of_its_own(
    clinic: Clinic, patient: Patient, files: dict[str, BatchFile]
) -> None:
    stopped, first = files[FOUR[0]], files[FOUR[2]]
    twin = factories.make_image(clinic, patient, content=factories.tiny_jpeg(99))
    assert stopped.image is not None
    Image.objects.filter(pk=stopped.image.pk).update(twin_of=twin, is_twin=True)
    factories.make_image(clinic, patient, twin_of=first.image, is_twin=True)
    assert [paths_of(each) for each in desk.standing(clinic)] == [[path] for path in FOUR]


@pytest.mark.django_db(transaction=True)
def test_reviewers_who_ask_in_the_same_moment_get_different_groups(clinic: Clinic, clinician: User) -> None:
    batch = factories.make_batch(clinician)
    waiting(batch, *(f"f{n}/IMG_{shot}.jpg" for n in range(6) for shot in range(3)))
    people = [factories.make_user(f"r{n}", clinic, Role.REVIEWER) for n in range(4)]

    def ask(person: User) -> list[str]:
        try:
            return paths_of(desk.take_next(clinic, person))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        given = list(pool.map(ask, people))
    assert all(len(paths) == 3 for paths in given)
    assert len({path for paths in given for path in paths}) == 12
    for person, paths in zip(people, given, strict=True):
        held = BatchFile.objects.filter(reviewer=person).values_list("path", flat=True)
        assert sorted(held) == sorted(paths)
