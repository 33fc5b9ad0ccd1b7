"""What a person has ever decided stays a person's, also when it goes down the road once more."""

from collections.abc import Callable

import pytest

from batches.actions.review import (
    assign_file,
    keep_file,
    reject_file,
    retry_file,
    set_aside_as_duplicate,
    undo_file,
)
from batches.demo import pictures
from batches.models import BatchFile
from batches.pipeline import run
from batches.receipt import review_reason
from batches.states import FileStatus
from clinics.models import User
from patients.models import Patient
from tests.batches.conftest import Send
from tests.batches.shoot import label

pytestmark = pytest.mark.django_db

PICTURE = pictures.photograph(1, None)
NAMED = "3000003792_Garza Tijerina_María Esther.jpg"
Story = Callable[[BatchFile, User], None]


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def _again(file: BatchFile) -> BatchFile:
    """Down the road once more, as a worker would take it."""
    assert _fresh(file).status == FileStatus.RECEIVED
    run.process(file.pk)
    return _fresh(file)


def _taken_out_and_set_aside(file: BatchFile, by: User) -> None:
    undo_file(file=file, actor=by, reason="Not hers.")
    reject_file(file=_fresh(file), actor=by)
    retry_file(file=_fresh(file), actor=by)


def _taken_out_and_moved(file: BatchFile, by: User) -> None:
    undo_file(file=file, actor=by, reason="Not hers.")
    other = Patient.objects.get(mrn="3000004592")
    assign_file(file=_fresh(file), patient=other, actor=by)
    undo_file(file=_fresh(file), actor=by)
    reject_file(file=_fresh(file), actor=by)
    retry_file(file=_fresh(file), actor=by)


@pytest.mark.parametrize("story", [_taken_out_and_set_aside, _taken_out_and_moved])
def test_what_was_taken_out_of_a_chart_is_never_filed_there_by_itself_again(
    send: Send, garza: Patient, okafor: Patient, clinician: User, story: Story
) -> None:
    file = send(NAMED, PICTURE, walk=True)
    assert file.patient == garza
    story(file, clinician)
    again = _again(file)
    assert (again.status, again.patient, again.events.latest("id").code) == (
        FileStatus.REVIEW,
        None,
        "decided-before",
    )
    assert "decided about it before" in review_reason(again)
    assert again.evidence["patient_id"] == str(garza.pk), "the suggestion is there all the same"
    assert (again.decision, again.evidence["decision"]) == ("review", "review")
    assert again.image is not None
    assert again.has_all_bytes


def test_what_a_reviewer_has_set_aside_comes_back_to_a_reviewer(
    send: Send, garza: Patient, clinician: User
) -> None:
    file = send("DSC_1.jpg", PICTURE, walk=True)
    reject_file(file=file, actor=clinician)
    BatchFile.objects.filter(pk=file.pk).update(path=NAMED)
    retry_file(file=_fresh(file), actor=clinician)
    assert _again(file).status == FileStatus.REVIEW


def test_what_comes_back_meanwhile_in_a_chart_is_no_duplicate_without_a_look(
    send: Send, garza: Patient, clinician: User
) -> None:
    file = send("a/DSC_1.jpg", PICTURE, walk=True)
    reject_file(file=file, actor=clinician)
    assert send(NAMED, PICTURE, walk=True).patient == garza
    retry_file(file=_fresh(file), actor=clinician)
    again = _again(file)
    assert (again.status, again.has_all_bytes) == (FileStatus.REVIEW, True)
    assert again.image is not None
    assert again.image.twin_of is not None


def test_a_duplicate_that_a_person_named_one_comes_back_to_a_person(
    send: Send, garza: Patient, clinician: User
) -> None:
    first = send("nobody.jpg", PICTURE, walk=True)
    second = send(NAMED, PICTURE, walk=True)
    set_aside_as_duplicate(file=second, actor=clinician)
    reject_file(file=_fresh(first), actor=clinician)
    assert _again(second).status == FileStatus.REVIEW


def test_a_card_that_was_brought_back_is_filed_by_a_person(
    send: Send, garza: Patient, clinician: User
) -> None:
    card = send(NAMED, label("3000003792", 0), walk=True)
    assert card.status == FileStatus.CANCELLED
    retry_file(file=card, actor=clinician)
    again = _again(card)
    assert (again.status, again.patient) == (FileStatus.REVIEW, None)


def test_an_unknown_card_that_was_in_a_chart_is_not_set_aside_by_itself(
    send: Send, garza: Patient, clinician: User
) -> None:
    card = send("DSC_1.jpg", label("3000004592", 0), walk=True)
    assign_file(file=card, patient=garza, actor=clinician)
    undo_file(file=_fresh(card), actor=clinician)
    reject_file(file=_fresh(card), actor=clinician)
    retry_file(file=_fresh(card), actor=clinician)
    Patient.objects.filter(pk=garza.pk).update(mrn="3000004592", mrn_key="3000004592")
    assert _again(card).status == FileStatus.REVIEW


def test_a_retry_after_a_failure_decides_nothing(send: Send, garza: Patient, clinician: User) -> None:
    file = send(NAMED, PICTURE)
    BatchFile.objects.filter(pk=file.pk).update(status=FileStatus.FAILED)
    retry_file(file=_fresh(file), actor=clinician)
    assert _again(file).patient == garza


def test_who_wants_a_duplicate_too_has_it_filed(send: Send, garza: Patient, clinician: User) -> None:
    send(f"a/{NAMED}", PICTURE, walk=True)
    second = send(f"b/{NAMED}", PICTURE, walk=True)
    assert second.status == FileStatus.DUPLICATE
    keep_file(file=_fresh(second), actor=clinician)
    assert _again(second).patient == garza
