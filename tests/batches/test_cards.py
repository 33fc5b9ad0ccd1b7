"""Patient cards: whose the shots after them are, in whatever order the files are read, and whoever dies."""

import random
from itertools import permutations

import pytest
from django.core.files.storage import default_storage

from batches import rematch
from batches.actions.review import assign_file, retry_file
from batches.demo import pictures
from batches.models import Batch, BatchFile, PatientCard
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import AuditEntry, Clinic, User
from files import staging
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send
from tests.batches.shoot import MORNING, Taken, Walk, label, walk

pytestmark = pytest.mark.django_db

GARZA, OKAFOR = "3000003792", "3000004592"
CARD = Taken("DSC_0001.jpg", 0, (GARZA,))
NEXT_CARD = Taken("DSC_0004.jpg", 10, (OKAFOR,))
NOBODYS = Taken("DSC_0004.jpg", 10, ("3000009997",))
FIRST, SECOND = Taken("DSC_0002.jpg", 1), Taken("DSC_0003.jpg", 2)
LATER = Taken("DSC_0005.jpg", 12)

R, F, C = FileStatus.REVIEW, FileStatus.COMPLETED, FileStatus.CANCELLED


def ends(batch: Batch) -> dict[str, tuple[str, str]]:
    """Where each file of the batch is, and in whose chart."""
    rows = BatchFile.objects.filter(batch=batch).select_related("patient")
    return {row.path: (row.status, row.patient.mrn if row.patient else "") for row in rows}


def assert_rows_and_bytes_agree(batch: Batch) -> None:
    """A filed picture is in its chart with its bytes; one in review has them staged."""
    for file in BatchFile.objects.filter(batch=batch).select_related("image"):
        if file.status == F:
            assert file.image is not None
            assert file.image.patient_id == file.patient_id
            assert default_storage.exists(file.image.original_key)
        else:
            assert staging.path_of(file.storage_key).exists()
            assert file.image is None or file.image.patient is None


def test_a_card_gives_its_number_to_the_shots_after_it(batch: Batch, garza: Patient) -> None:
    before = Taken("DSC_0000.jpg", -1)
    walk(batch, before, CARD, FIRST, SECOND)
    assert ends(batch) == {
        before.path: (R, ""),
        CARD.path: (C, ""),
        FIRST.path: (F, GARZA),
        SECOND.path: (F, GARZA),
    }
    card = BatchFile.objects.get(path=CARD.path)
    assert card.events.latest("id").code == "patient-card"
    assert (card.image, card.decision, card.evidence) == (None, "patient-card", {})
    assert card.has_all_bytes, "they follow the batch's retention"
    assert PatientCard.objects.get().number == GARZA


def test_the_evidence_names_the_card(batch: Batch, garza: Patient) -> None:
    *_, shot = walk(batch, CARD, FIRST)
    clues = [(clue["source"], clue["value"]) for clue in shot.evidence["clues"]]
    assert ("card", GARZA) in clues


@pytest.mark.parametrize("text", [f"P-{GARZA}", f"MRN:{GARZA}"], ids=["prefix", "label"])
def test_a_label_may_write_the_number_its_own_way(batch: Batch, garza: Patient, text: str) -> None:
    _, shot = walk(batch, Taken("DSC_0001.jpg", 0, (text,)), FIRST)
    assert shot.patient == garza


def test_the_next_card_takes_over(batch: Batch, garza: Patient, okafor: Patient) -> None:
    walk(batch, CARD, FIRST, NEXT_CARD, LATER)
    assert ends(batch)[FIRST.path] == (F, GARZA)
    assert ends(batch)[LATER.path] == (F, OKAFOR)


def test_a_card_of_nobody_waits_and_ends_the_run_before_it(batch: Batch, garza: Patient) -> None:
    *_, card, later = walk(batch, CARD, FIRST, NOBODYS, LATER)
    assert (card.status, card.events.latest("id").code) == (R, "card-unknown")
    assert "directory" in card.evidence["words"]
    assert (later.status, later.patient) == (R, None)
    assert ends(batch)[FIRST.path] == (F, GARZA)


def test_two_numbers_on_one_card_end_the_run_too(batch: Batch, garza: Patient, okafor: Patient) -> None:
    sheet = Taken("DSC_0004.jpg", 10, (GARZA, OKAFOR))
    *_, card, later = walk(batch, CARD, FIRST, sheet, LATER)
    assert (card.status, later.status) == (R, R)


def test_two_numbers_on_one_card_never_join_to_a_third_patients(batch: Batch, garza: Patient) -> None:
    factories.make_patient(batch.clinic, "10423381", "Otra", "Persona")
    sheet = Taken("DSC_0004.jpg", 10, ("1042", "3381"))
    *_, later = walk(batch, CARD, FIRST, sheet, LATER)
    assert (later.status, later.patient) == (R, None)


def test_an_unknown_card_that_somebody_files_still_ends_the_run_before_it(
    batch: Batch, garza: Patient, clinician: User
) -> None:
    *_, card, later = walk(batch, CARD, FIRST, NOBODYS, LATER)
    stranger = factories.make_patient(batch.clinic, "P-KXQHMB", "Nueva", "Paciente")
    assign_file(file=card, patient=stranger, actor=clinician)
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    later.refresh_from_db()
    assert (later.status, later.patient) == (R, None)


def test_a_pause_ends_the_run(batch: Batch, garza: Patient) -> None:
    *_, after = walk(
        batch, CARD, Taken("DSC_0101.jpg", 25), Taken("DSC_0102.jpg", 50), Taken("DSC_0103.jpg", 81)
    )
    assert ends(batch)["DSC_0102.jpg"] == (F, GARZA)
    assert (after.status, after.patient) == (R, None)


def test_the_pause_is_the_clinics(batch: Batch, garza: Patient) -> None:
    Clinic.objects.filter(pk=batch.clinic_id).update(card_pause_minutes=5)
    batch.refresh_from_db()
    _, shot = walk(Batch.objects.get(pk=batch.pk), CARD, Taken("DSC_0101.jpg", 6))
    assert shot.status == R


def test_a_name_that_contradicts_the_card_waits(batch: Batch, garza: Patient, okafor: Patient) -> None:
    named = Taken(f"{OKAFOR}_Okafor_Chidi.jpg", 1)
    _, shot = walk(batch, CARD, named)
    assert (shot.status, shot.patient) == (R, None)


def test_a_card_read_last_finds_the_shots_that_wait(batch: Batch, garza: Patient) -> None:
    walk(batch, FIRST, SECOND, CARD)
    assert ends(batch)[SECOND.path] == (F, GARZA)
    assert BatchFile.objects.get(path=SECOND.path).events.latest("id").code == "matched-again"
    assert_rows_and_bytes_agree(batch)


def test_a_card_read_last_takes_back_what_the_machine_filed_elsewhere(
    batch: Batch, garza: Patient, okafor: Patient
) -> None:
    named = Taken(f"{OKAFOR}_Okafor_Chidi.jpg", 1)
    (shot, _) = walk(batch, named, CARD)
    codes = list(shot.events.values_list("code", flat=True))
    assert (shot.status, shot.patient) == (R, None)
    assert "card-disagrees" in codes
    entry = AuditEntry.objects.get(action="file-card-disagrees")
    assert (entry.actor, entry.object_id) == (None, str(shot.pk))
    assert_rows_and_bytes_agree(batch)


def test_what_a_person_decided_stays(batch: Batch, garza: Patient, okafor: Patient, clinician: User) -> None:
    (shot,) = walk(batch, FIRST)
    assign_file(file=shot, patient=okafor, actor=clinician)
    walk(batch, CARD)
    assert ends(batch)[FIRST.path] == (F, OKAFOR)


def test_a_shot_that_bridges_a_pause_is_news_for_those_after_it(batch: Batch, garza: Patient) -> None:
    late, bridge = Taken("DSC_0102.jpg", 50), Taken("DSC_0101.jpg", 25)
    walk(batch, CARD, late)
    assert ends(batch)[late.path] == (R, "")
    walk(batch, bridge)
    assert ends(batch)[late.path] == (F, GARZA)


def test_a_card_that_somebody_puts_back_is_a_picture_and_speaks_no_more(
    batch: Batch, garza: Patient, clinician: User, send: Send
) -> None:
    card = send("DSC_0001.jpg", label(GARZA, 0), walk=True)
    (shot,) = walk(batch, FIRST)
    assert (card.status, shot.patient) == (C, garza)
    retry_file(file=card, actor=clinician)
    run.process(card.pk)
    card.refresh_from_db()
    assert card.status == R
    assert card.image is not None
    assert not PatientCard.objects.exists()
    assert ends(batch)[FIRST.path] == (R, "")


def test_a_card_without_a_time_speaks_for_nobody(batch: Batch, garza: Patient) -> None:
    walk(batch, Taken("DSC_0001.jpg", None, (GARZA,)), FIRST)
    assert ends(batch) == {"DSC_0001.jpg": (C, ""), FIRST.path: (R, "")}


def test_a_stranger_who_is_registered_gets_the_card_and_the_shots(batch: Batch, garza: Patient) -> None:
    walk(batch, CARD, FIRST, NOBODYS, LATER)
    factories.make_patient(batch.clinic, "3000009997", "Pereda", "Luz")
    assert not rematch.match_clinic_again(batch.clinic_id, seconds=60)
    assert ends(batch)[NOBODYS.path] == (C, "")
    assert ends(batch)[LATER.path] == (F, "3000009997")
    assert_rows_and_bytes_agree(batch)


def test_real_photographs_of_labels(send: Send, batch: Batch, garza: Patient, okafor: Patient) -> None:
    shots = [(2, label(OKAFOR, 10)), (0, label(GARZA, 0)), (3, None), (1, None)]
    for number, content in shots:
        minute = {3: 12, 1: 1}.get(number, 0)
        taken = pictures.photograph(number, MORNING.replace(minute=minute))
        send(f"DSC_000{number}.jpg", content or taken, walk=True)
    assert ends(batch) == {
        "DSC_0000.jpg": (C, ""),
        "DSC_0001.jpg": (F, GARZA),
        "DSC_0002.jpg": (C, ""),
        "DSC_0003.jpg": (F, OKAFOR),
    }


SCENE = (
    CARD,
    FIRST,
    Taken(f"{OKAFOR}_Okafor_Chidi.jpg", 3),  # the machine would file it, and the card says otherwise
    Taken(f"{GARZA}_Garza Tijerina_María Esther.jpg", 4),
    NOBODYS,
    LATER,
    Taken("DSC_0006.jpg", 45),  # reached from LATER only
    Taken("DSC_0007.jpg", 50, (OKAFOR,)),
    Taken("DSC_0008.jpg", 51),
    Taken("DSC_0009.jpg", 51, (), "iPhone 15"),  # nobody's card is its
)
EXPECTED = {
    CARD.path: (C, ""),
    FIRST.path: (F, GARZA),
    f"{OKAFOR}_Okafor_Chidi.jpg": (R, ""),
    f"{GARZA}_Garza Tijerina_María Esther.jpg": (F, GARZA),
    NOBODYS.path: (R, ""),
    LATER.path: (R, ""),
    "DSC_0006.jpg": (R, ""),
    "DSC_0007.jpg": (C, ""),
    "DSC_0008.jpg": (F, OKAFOR),
    "DSC_0009.jpg": (R, ""),
}


@pytest.mark.parametrize("seed", range(16))
def test_the_ends_are_the_same_in_whatever_order_workers_look_and_settle(
    batch: Batch, garza: Patient, okafor: Patient, seed: int
) -> None:
    """Each file looks once and settles once; between the two, any others may have done either."""
    order = random.Random(seed)
    walks = {taken.path: Walk(batch, taken) for taken in SCENE}
    steps = [path for path in walks for _ in range(2)]
    order.shuffle(steps)
    for path in steps:
        if walks[path].claim is None:
            walks[path].look()
        else:
            # Some workers die before they have told the others; the sweep does it for them in the end.
            walks[path].end(catch_up=order.random() < 0.7)
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    assert ends(batch) == EXPECTED
    assert_rows_and_bytes_agree(batch)
    assert not BatchFile.objects.filter(batch=batch, news__gt=0).exists()
    evidence = BatchFile.objects.filter(batch=batch).exclude(status=C)
    told = {
        row.path: [c["value"] for c in row.evidence["clues"] if c["source"] == "card"] for row in evidence
    }
    assert told[FIRST.path] == [GARZA], "the evidence is that of the whole batch"
    assert told[LATER.path] == []


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_four_files_in_every_order(
    batch: Batch, garza: Patient, okafor: Patient, order: tuple[int, ...]
) -> None:
    scene = (CARD, FIRST, NEXT_CARD, LATER)
    walk(batch, *(scene[at] for at in order))
    assert ends(batch) == {
        CARD.path: (C, ""),
        FIRST.path: (F, GARZA),
        NEXT_CARD.path: (C, ""),
        LATER.path: (F, OKAFOR),
    }
    assert Image.objects.filter(patient=garza).count() == 1
