"""The same bytes twice: kept both, or set aside as a duplicate; the bytes of neither are lost."""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from batches.actions.review import (
    assign_file,
    keep_file,
    reject_file,
    set_aside_as_duplicate,
    undo_file,
)
from batches.models import BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import User
from files import staging
from files.errors import Refused
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

PICTURE = factories.tiny_jpeg()


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def _named(patient: Patient, folder: str = "a") -> str:
    return f"{folder}/{patient.mrn}_{patient.family_name}_{patient.given_names}.jpg"


@pytest.fixture
def first(send: Send, garza: Patient) -> BatchFile:
    """In Garza's chart."""
    return _fresh(send(_named(garza), PICTURE, walk=True))


@pytest.fixture
def stopped(first: BatchFile, send: Send, okafor: Patient) -> BatchFile:
    """The same picture under Okafor's name, which waits for a person."""
    file = _fresh(send(_named(okafor), PICTURE, walk=True))
    assert file.status == FileStatus.REVIEW
    return file


@pytest.fixture
def duplicate(first: BatchFile, send: Send, garza: Patient) -> BatchFile:
    """The same picture for the same patient, which was set aside."""
    file = _fresh(send(_named(garza, "b"), PICTURE, walk=True))
    assert (file.status, file.storage_key) == (FileStatus.DUPLICATE, "")
    return file


def _bytes_of(file: BatchFile) -> bytes:
    image = _fresh(file).image
    assert image is not None
    content: bytes = default_storage.open(image.original_key).read()
    return content


def _code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def test_kept_both_are_in_the_charts_that_their_names_say(
    first: BatchFile, stopped: BatchFile, garza: Patient, okafor: Patient, clinician: User
) -> None:
    keep_file(file=stopped, actor=clinician)
    kept = _fresh(stopped)
    assert (kept.status, kept.patient, _fresh(first).patient) == (FileStatus.COMPLETED, okafor, garza)
    assert kept.image is not None
    assert (kept.image.is_twin, kept.image.twin_of_id) == (True, first.pk)
    assert _bytes_of(stopped) == _bytes_of(first) == PICTURE


def test_who_is_named_comes_before_whom_it_was_meant_for(
    stopped: BatchFile, garza: Patient, clinician: User
) -> None:
    keep_file(file=stopped, actor=clinician, patient=garza)
    assert _fresh(stopped).patient == garza


def test_a_file_that_was_meant_for_nobody_needs_a_name(
    stopped: BatchFile, okafor: Patient, garza: Patient, clinician: User
) -> None:
    Patient.objects.filter(pk=okafor.pk).update(merged_into=garza)
    with pytest.raises(Refused) as refused:
        keep_file(file=stopped, actor=clinician)
    assert _code(refused) == "patient-missing"


def test_only_what_has_a_twin_is_kept_or_set_aside(send: Send, clinician: User) -> None:
    alone = _fresh(send("nobody.jpg", PICTURE, walk=True))
    for verb in (keep_file, set_aside_as_duplicate):
        with pytest.raises(Refused) as refused:
            verb(file=alone, actor=clinician)
        assert _code(refused) == "no-twin"


def test_a_duplicate_that_is_wanted_goes_down_the_road_and_is_set_aside_no_more(
    duplicate: BatchFile, first: BatchFile, garza: Patient, clinician: User
) -> None:
    keep_file(file=duplicate, actor=clinician)
    waiting = _fresh(duplicate)
    assert (waiting.status, waiting.keep_both, waiting.has_all_bytes) == (FileStatus.RECEIVED, True, True)
    run.process(duplicate.pk)
    kept = _fresh(duplicate)
    assert (kept.status, kept.patient, kept.image_id) == (FileStatus.COMPLETED, garza, kept.pk)
    assert _bytes_of(duplicate) == _bytes_of(first) == PICTURE


def test_a_duplicate_is_not_wanted_twice(duplicate: BatchFile, clinician: User) -> None:
    keep_file(file=duplicate, actor=clinician)
    staged = dict(staging.keys()).keys()
    with pytest.raises(Refused) as refused:
        keep_file(file=duplicate, actor=clinician)
    assert _code(refused) == "decided-already"
    assert dict(staging.keys()).keys() == staged, "what the second one brought back is gone again"


def test_a_duplicate_whose_twin_was_taken_back_waits_for_it(
    duplicate: BatchFile, first: BatchFile, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        undo_file(file=first, actor=clinician)
    with pytest.raises(Refused) as refused:
        keep_file(file=_fresh(duplicate), actor=clinician)
    assert _code(refused) == "twin-in-review"


def test_set_aside_it_points_to_its_twin_and_leaves_nothing_behind(
    first: BatchFile, stopped: BatchFile, clinician: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_aside_as_duplicate(file=stopped, actor=clinician, reason="Sent twice.")
    aside = _fresh(stopped)
    assert (aside.status, aside.image_id, aside.patient) == (FileStatus.DUPLICATE, first.pk, None)
    assert [image.pk for image in Image.objects.all()] == [first.pk]
    assert not staging.path_of(stopped.storage_key).exists()
    assert _bytes_of(first) == PICTURE


def test_a_duplicate_of_what_waits_keeps_its_bytes_until_that_is_decided(
    send: Send, garza: Patient, clinician: User
) -> None:
    primary = _fresh(send("nobody.jpg", PICTURE, walk=True))
    second = _fresh(send(_named(garza), PICTURE, walk=True))
    assert second.status == FileStatus.REVIEW, "its twin waits too"
    set_aside_as_duplicate(file=second, actor=clinician)
    assert staging.path_of(_fresh(second).storage_key).read_bytes() == PICTURE
    reject_file(file=_fresh(primary), actor=clinician)
    assert _fresh(second).status == FileStatus.RECEIVED, "these bytes are the only ones now"


def test_when_the_first_is_set_aside_the_other_stands_for_the_bytes(
    first: BatchFile, stopped: BatchFile, send: Send, okafor: Patient, clinician: User
) -> None:
    keep_file(file=stopped, actor=clinician)
    undo_file(file=first, actor=clinician)
    set_aside_as_duplicate(file=_fresh(first), actor=clinician)
    heir = Image.objects.get()
    assert (heir.pk, heir.is_twin, heir.patient) == (stopped.pk, False, okafor)
    third = send(_named(okafor, "c"), PICTURE, walk=True)
    assert (third.status, third.image_id) == (FileStatus.DUPLICATE, heir.pk)


def test_a_kept_twin_can_be_taken_out_and_filed_again_like_any_other(
    first: BatchFile, stopped: BatchFile, garza: Patient, okafor: Patient, clinician: User
) -> None:
    keep_file(file=stopped, actor=clinician)
    undo_file(file=_fresh(stopped), actor=clinician)
    assign_file(file=_fresh(stopped), patient=okafor, actor=clinician)
    assert _bytes_of(stopped) == _bytes_of(first) == PICTURE
    assert _fresh(first).patient == garza
