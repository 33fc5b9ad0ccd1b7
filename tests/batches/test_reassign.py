"""From one chart to another: the bytes move, both charts keep why, and exports follow at once."""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from batches.actions.review import assign_file, reassign_file, undo_file
from batches.models import BatchFile, ChartMove, FileEvent
from batches.receipt import rows_of
from batches.states import FileStatus
from batches.views.chart_history import history_of
from clinics.models import AuditEntry, Clinic, User
from files import storage
from files.errors import Refused
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send
from tests.sample_documents import pdf

pytestmark = pytest.mark.django_db

REPORT = pdf("nobody")
WHY = "The wristband in the picture is another one."


@pytest.fixture
def filed(send: Send, garza: Patient) -> BatchFile:
    """A picture that the machine filed for Garza."""
    file = send(f"{garza.mrn}_Garza Tijerina_María Esther.jpg", factories.tiny_jpeg(), walk=True)
    assert file.status == FileStatus.COMPLETED
    return _fresh(file)


def _fresh(file: BatchFile) -> BatchFile:
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def _image_of(file: BatchFile) -> Image:
    image = _fresh(file).image
    assert image is not None
    return image


def test_the_picture_is_in_the_other_chart_bytes_and_all(
    filed: BatchFile,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    old_key = _image_of(filed).original_key
    with django_capture_on_commit_callbacks(execute=True):
        reassign_file(file=filed, patient=okafor, actor=clinician, reason=WHY)
    moved, image = _fresh(filed), _image_of(filed)
    assert (moved.status, moved.patient, image.patient) == (FileStatus.COMPLETED, okafor, okafor)
    assert (moved.decided_by, moved.decision) == (clinician, "assigned")
    assert image.original_key != old_key
    assert default_storage.open(image.original_key).read() == factories.tiny_jpeg()
    assert not storage.exists(old_key)
    assert not garza.images.exists()


def test_both_charts_and_the_file_keep_who_when_and_why(
    filed: BatchFile, garza: Patient, okafor: Patient, clinician: User
) -> None:
    reassign_file(file=filed, patient=okafor, actor=clinician, reason=WHY)
    (left,), (came,) = history_of(garza), history_of(okafor)
    assert (left.words, left.other, left.actor, left.reason) == (
        "1 picture went to the chart of",
        okafor,
        clinician,
        WHY,
    )
    assert (came.words, came.other, came.actor, came.reason) == (
        "1 picture came from the chart of",
        garza,
        clinician,
        WHY,
    )
    event = FileEvent.objects.filter(file=filed).latest("id")
    assert (event.code, event.actor, event.reason) == ("reassigned", clinician, WHY)
    noted = AuditEntry.objects.filter(object_type="patient", actor=clinician, action__startswith="record-")
    assert set(noted.values_list("action", "object_id")) == {
        ("record-left-chart", str(garza.pk)),
        ("record-entered-chart", str(okafor.pk)),
    }


def test_the_receipt_names_the_new_chart_at_once(filed: BatchFile, okafor: Patient, clinician: User) -> None:
    reassign_file(file=filed, patient=okafor, actor=clinician, reason=WHY)
    (row,) = rows_of(filed.batch)
    assert row.patient == okafor


def test_a_document_moves_the_same_way(send: Send, garza: Patient, okafor: Patient, clinician: User) -> None:
    file = _fresh(send("report.pdf", REPORT, walk=True))
    assign_file(file=file, patient=garza, actor=clinician)
    reassign_file(file=_fresh(file), patient=okafor, actor=clinician, reason=WHY)
    document = _fresh(file).document
    assert document is not None
    assert document.patient == okafor
    assert default_storage.open(document.original_key).read() == REPORT
    assert [line.words for line in history_of(okafor)] == ["1 document came from the chart of"]


@pytest.mark.parametrize(
    ("case", "code", "status"),
    [
        ("no reason", "reason-missing", 400),
        ("the same patient", "same-patient", 409),
        ("a merged patient", "patient-gone", 409),
        ("another clinic's patient", "patient-gone", 409),
        ("not filed", "not-filed", 409),
    ],
)
def test_what_cannot_be_moved_stays_and_says_why(
    *,
    case: str,
    code: str,
    status: int,
    filed: BatchFile,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    other_clinic: Clinic,
) -> None:
    patient, reason = okafor, WHY
    match case:
        case "no reason":
            reason = "  "
        case "the same patient":
            patient = garza
        case "a merged patient":
            Patient.objects.filter(pk=okafor.pk).update(merged_into=garza)
        case "another clinic's patient":
            patient = factories.make_patient(other_clinic, "1", "Foreign")
        case "not filed":
            undo_file(file=filed, actor=clinician)
            filed = _fresh(filed)
    before, objects = _image_of(filed), _objects()
    with pytest.raises(Refused) as refused:
        reassign_file(file=filed, patient=patient, actor=clinician, reason=reason)
    assert (refused.value.code, refused.value.status) == (code, status)
    after = _image_of(filed)
    assert (after.patient, after.original_key) == (before.patient, before.original_key)
    assert _objects() == objects, "what was prepared for the move is gone again"


def test_the_second_of_two_who_move_the_same_picture_is_told(
    filed: BatchFile,
    garza: Patient,
    okafor: Patient,
    clinician: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    late = _fresh(filed)
    third = factories.make_patient(garza.clinic, "3000005599", "Third")
    with django_capture_on_commit_callbacks(execute=True):
        reassign_file(file=filed, patient=okafor, actor=clinician, reason=WHY)
    with pytest.raises(Refused) as refused:
        reassign_file(file=late, patient=third, actor=clinician, reason=WHY)
    assert (refused.value.code, refused.value.status) == ("decided-already", 409)
    assert _image_of(filed).patient == okafor


def test_moves_for_one_reason_are_one_line_of_the_history(
    send: Send, garza: Patient, okafor: Patient, clinician: User
) -> None:
    for seed in range(3):
        file = _fresh(send(f"{seed}.jpg", factories.tiny_jpeg(seed), walk=True))
        assign_file(file=file, patient=garza, actor=clinician)
        reassign_file(file=_fresh(file), patient=okafor, actor=clinician, reason=WHY)
    assert ChartMove.objects.count() == 6
    assert [line.words for line in history_of(okafor)] == ["3 pictures came from the chart of"]


def _objects() -> set[str]:
    _, names = default_storage.listdir(f"originals/{Clinic.objects.get(slug='san-rafael').pk}")
    return set(names)
