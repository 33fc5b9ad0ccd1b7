"""A wristband in a picture says whose that picture is and makes no card of it; cards stay until seen."""

import io
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from batches import expiry, rematch
from batches.actions.cards import confirm_cards
from batches.actions.review import reject_file
from batches.models import Batch, BatchFile, PatientCard
from batches.selectors import unseen_cards
from batches.states import FileStatus
from clinics.models import User
from files import storage
from patients.models import Patient
from tests import factories
from tests import sample_labels as labels
from tests.batches.conftest import Send
from tests.batches.shoot import Taken, Walk, label, walk

pytestmark = pytest.mark.django_db

GARZA, OKAFOR, NOBODY = "3000003792", "3000004592", "3000009997"
R, F, C = FileStatus.REVIEW, FileStatus.COMPLETED, FileStatus.CANCELLED
CARD = Taken("DSC_0001.jpg", 0, (GARZA,))


def shows(name: str, minute: float, *numbers: str) -> Taken:
    """A wound with wristbands at its edge."""
    return Taken(name, minute, numbers, share=0.01)


def wound(number: str, *, width_px: int) -> bytes:
    """A real photograph of something, with a label of that width (of 1,600) in it."""
    buffer = io.BytesIO()
    picture: Pillow.Image = labels.photograph(labels.label(number, labels.QR, width_px=width_px))
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("width_px", "status"), [(150, F), (240, F), (420, C)], ids=["a wristband", "a ruler", "a card"]
)
def test_only_what_is_mostly_label_is_a_card(send: Send, garza: Patient, width_px: int, status: str) -> None:
    file = send("DSC_0001.jpg", wound(GARZA, width_px=width_px), walk=True)
    assert file.status == status
    assert PatientCard.objects.exists() == (status == C)
    assert file.patient == (garza if status == F else None)
    if status == F:
        clues = [(clue["source"], clue["value"], clue["place"]) for clue in file.evidence["clues"]]
        assert ("card", GARZA, "shown") in clues
        assert file.evidence["reason"] == "number-by-machine"


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Okafor_Chidi.jpg", (GARZA,)),
        (f"{OKAFOR}_1.jpg", (GARZA,)),
        (f"{GARZA}_Garza Tijerina_María Esther.jpg", (NOBODY,)),
        ("DSC_0001.jpg", (GARZA, OKAFOR)),
        ("DSC_0001.jpg", (NOBODY,)),
    ],
    ids=["another name", "another number", "somebody who is not here", "two people's", "nobody's"],
)
def test_a_label_that_anything_contradicts_goes_to_review(
    batch: Batch, garza: Patient, okafor: Patient, name: str, numbers: tuple[str, ...]
) -> None:
    (file,) = walk(batch, shows(name, 1, *numbers))
    assert (file.status, file.patient) == (R, None)


def test_a_label_against_the_card_before_it_goes_to_review_and_ends_the_run(
    batch: Batch, garza: Patient, okafor: Patient
) -> None:
    _, before, other, after = walk(
        batch, CARD, Taken("DSC_0002.jpg", 1), shows("DSC_0003.jpg", 2, OKAFOR), Taken("DSC_0004.jpg", 3)
    )
    assert (before.status, before.patient) == (F, garza)
    assert (other.status, after.status) == (R, R)


def test_a_label_that_is_the_cards_changes_nothing(batch: Batch, garza: Patient) -> None:
    _, own, after = walk(batch, CARD, shows("DSC_0003.jpg", 2, f"P-{GARZA}"), Taken("DSC_0004.jpg", 3))
    assert (own.patient, after.patient) == (garza, garza)


def test_a_label_begins_no_run(batch: Batch, garza: Patient) -> None:
    own, after = walk(batch, shows("DSC_0001.jpg", 0, GARZA), Taken("DSC_0002.jpg", 1))
    assert (own.patient, after.status) == (garza, R)


def test_a_stranger_of_the_label_who_is_registered_gets_the_picture(batch: Batch, garza: Patient) -> None:
    (file,) = walk(batch, shows("DSC_0001.jpg", 0, NOBODY))
    luz = factories.make_patient(batch.clinic, NOBODY, "Pereda", "Luz")
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    file.refresh_from_db()
    assert file.patient == luz


SCENE = (
    CARD,
    Taken("DSC_0002.jpg", 1),
    shows("DSC_0003.jpg", 2, GARZA),
    Taken("DSC_0004.jpg", 3),
    shows("DSC_0005.jpg", 4, OKAFOR),
    Taken("DSC_0006.jpg", 5),
    shows("DSC_0007.jpg", 6, GARZA),
    Taken("DSC_0008.jpg", 9, (OKAFOR,)),
    Taken("DSC_0009.jpg", 10),
)
ENDS = [(C, ""), (F, GARZA), (F, GARZA), (F, GARZA), (R, ""), (R, ""), (F, GARZA), (C, ""), (F, OKAFOR)]


@pytest.mark.parametrize("seed", range(6))
def test_the_ends_are_the_same_in_whatever_order_the_pictures_are_read(
    batch: Batch, garza: Patient, okafor: Patient, seed: int
) -> None:
    order = random.Random(seed)
    walks = {taken.path: Walk(batch, taken) for taken in SCENE}
    steps = [path for path in walks for _ in range(2)]
    order.shuffle(steps)
    for path in steps:
        if walks[path].claim is None:
            walks[path].look()
        else:
            walks[path].end(catch_up=order.random() < 0.7)
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    rows = BatchFile.objects.filter(batch=batch).order_by("path").select_related("patient")
    assert [(row.status, row.patient.mrn if row.patient else "") for row in rows] == ENDS


@pytest.mark.parametrize(
    "path", ["Okafor_Chidi.jpg", f"{OKAFOR}_Okafor.jpg", f"{OKAFOR} Okafor Chidi/DSC_1.jpg"]
)
def test_a_card_under_the_name_of_somebody_else_is_looked_at(
    batch: Batch, garza: Patient, okafor: Patient, path: str
) -> None:
    card, after = walk(batch, Taken(path, 0, (GARZA,)), Taken("DSC_0002.jpg", 1))
    assert (card.status, card.patient) == (R, None)
    assert card.image is not None, "so that a person sees what it shows"
    assert after.patient == garza


def test_a_card_in_the_folder_of_its_patient_is_a_card(batch: Batch, garza: Patient) -> None:
    (card,) = walk(batch, Taken("Garza Tijerina María Esther/DSC_1.jpg", 0, (GARZA,)))
    assert card.status == C


def later(batch: Batch) -> int:
    """The batches that are cleaned away long after."""
    return expiry.clean(timezone.now() + timedelta(days=batch.clinic.retention_days + 1))


def test_a_card_that_nobody_has_seen_outlives_its_batchs_retention(
    send: Send, batch: Batch, garza: Patient, clinician: User
) -> None:
    card = send("DSC_0001.jpg", label(GARZA, 0), walk=True)
    assert card.status == C
    assert storage.exists(storage.variant_key(batch.clinic_id, card.pk, "preview")), "there to be seen"
    assert later(batch) == 0
    assert BatchFile.objects.get(pk=card.pk).has_all_bytes
    assert confirm_cards(batch=batch, file_ids=[card.pk], actor=clinician) == 1
    assert confirm_cards(batch=batch, file_ids=[card.pk], actor=clinician) == 0
    assert later(batch) == 1


def test_what_a_person_has_set_aside_was_seen(
    send: Send, batch: Batch, garza: Patient, clinician: User
) -> None:
    file = send("DSC_0001.jpg", label(NOBODY, 0), walk=True)
    assert file.status == R
    assert later(batch) == 0
    reject_file(file=file, actor=clinician)
    assert not unseen_cards(batch).exists()
    assert later(batch) == 1


def test_a_stranger_s_card_that_becomes_one_later_can_still_be_looked_at(
    send: Send, batch: Batch, garza: Patient, django_capture_on_commit_callbacks: object
) -> None:
    card = send("DSC_0001.jpg", label(NOBODY, 0), walk=True)
    factories.make_patient(batch.clinic, NOBODY, "Pereda", "Luz")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        rematch.match_clinic_again(batch.clinic_id, seconds=60)
    card.refresh_from_db()
    assert card.status == C
    assert [file.pk for file in unseen_cards(batch)] == [card.pk]
    assert storage.exists(storage.variant_key(batch.clinic_id, card.pk, "preview"))
