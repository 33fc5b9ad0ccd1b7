"""A morning with a list and patient cards, over HTTP: what the pages, the receipt and programs are told."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches import rematch
from batches.demo import pictures
from batches.models import Batch, BatchFile, PatientCard
from batches.pipeline import run
from clinics.models import User
from patients.models import Patient
from tests import factories
from tests.batches.shoot import MORNING, label
from tests.factories import API, JSON
from tests.flows.page_calls import text_of

pytestmark = pytest.mark.django_db

LIST = (
    "NHC;Apellidos;Nombre\n3000003792;Garza Tijerina;María Esther\n7000000008;Ferrer;Ana\n"
    "999;Nadie;Luz\n3.0E+09;Roto;Eva\n"
)
OFF_LIST = "3000004592_Okafor_Chidi.jpg"


@pytest.fixture
def people(patient: Patient) -> None:
    factories.make_patient(patient.clinic, "7000000008", "Ferrer", "Ana")
    factories.make_patient(patient.clinic, "3000004592", "Okafor", "Chidi")


@pytest.fixture
def batch(clinician: User, api: Client, people: None) -> Batch:
    """A list, a card, two shots after it, and a picture of somebody who is not on the list."""
    batch = factories.make_batch(clinician)
    parts = {
        "lista.csv": LIST.encode("cp1252"),
        "DSC_0001.jpg": label("3000003792", 0),
        "DSC_0002.jpg": pictures.photograph(2, MORNING.replace(minute=1)),
        "DSC_0003.jpg": pictures.photograph(3, MORNING.replace(minute=2)),
        OFF_LIST: pictures.photograph(4, None),
    }
    for name, content in parts.items():
        body = {"file": factories.part(name, content)}
        (file,) = api.post(f"{API}/batches/{batch.pk}/files", body).json()["files"]
        run.process(file["id"])
    return batch


def receipt_page(user: User, batch: Batch) -> str:
    return text_of(factories.browser_of(user).get(reverse("batches:receipt", args=[batch.pk])))


def test_the_receipt_tells_lists_and_cards_apart_and_adds_up(
    batch: Batch, clinician: User, patient: Patient
) -> None:
    page = receipt_page(clinician, batch)
    assert "5 dropped = 4 filed + 0 for review + 0 duplicates + 0 failed + 1 cancelled" in page
    assert "Of the filed, 1 is a list of patients" in page
    assert "Of the cancelled, 1 is a patient card" in page
    assert f"Patient card of {patient.display_name}" in page
    assert "3 patients, 2 known, 1 not in the directory, 1 line not understood (line 5" in page


def test_the_list_is_compared_with_what_came(batch: Batch, viewer: User) -> None:
    page = receipt_page(viewer, batch)
    assert "2 patients of today&#x27;s list have no picture, 1 picture has no patient on the list." in page
    assert "2 of 3 without a picture" in page
    assert "Ferrer, Ana" in page
    assert "Nadie, Luz" in page
    assert "not on today's list" in page


def test_what_waits_for_a_decision_is_counted_beside_the_list(
    api: Client, batch: Batch, clinician: User, viewer: User
) -> None:
    factories.make_file_in_review(batch, "who.jpg", seed=9)
    page = receipt_page(viewer, batch)
    assert "1 filed picture has no patient on the list. 1 picture waits for a decision, so it has no" in page
    told = api.get(f"{API}/batches/{batch.pk}/receipt").json()["list_comparison"]
    assert told == {"expected": 3, "without_picture": 2, "not_on_list": 1, "waiting": 1}


def test_another_clinic_sees_nothing_of_it(batch: Batch, stranger: User) -> None:
    answer = factories.browser_of(stranger).get(reverse("batches:receipt", args=[batch.pk]))
    assert answer.status_code == 404


def test_programs_get_the_same_numbers(batch: Batch, api: Client) -> None:
    receipt = api.get(f"{API}/batches/{batch.pk}/receipt").json()
    parts = ("filed", "review", "duplicate", "failed", "cancelled", "on_the_way")
    assert receipt["dropped"] == sum(receipt[part] for part in parts) == 5
    assert (receipt["lists"], receipt["cards"], receipt["adds_up"]) == (1, 1, True)
    assert receipt["list_comparison"] == {"expected": 3, "without_picture": 2, "not_on_list": 1, "waiting": 0}
    on_list = {file["path"]: file["on_list"] for file in receipt["files"]}
    assert on_list == {
        "lista.csv": None,
        "DSC_0001.jpg": None,
        "DSC_0002.jpg": True,
        "DSC_0003.jpg": True,
        OFF_LIST: False,
    }


def test_the_table_names_nobody_for_a_card(batch: Batch, api: Client) -> None:
    answer: Any = api.get(f"{API}/batches/{batch.pk}/receipt.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(text))}
    card = rows["DSC_0001.jpg"]
    assert (card["outcome"], card["patient"], card["on_list"]) == ("cancelled", "", "")
    assert "patient card" in card["reason"]
    assert "Garza" not in card["reason"]
    assert rows["lista.csv"]["reason"].startswith("List: 3 patients")
    assert (rows[OFF_LIST]["on_list"], rows["DSC_0002.jpg"]["on_list"]) == ("no", "yes")


def test_the_batch_page_shows_a_list_as_a_list_and_a_card_as_a_card(batch: Batch, clinician: User) -> None:
    page = text_of(factories.browser_of(clinician).get(reverse("batches:batch", args=[batch.pk])))
    assert "List of patients" in page
    assert "3 patients, 2 known, 1 not in the directory, 1 line not understood" in page
    assert "Patient card" in page
    assert 'href=""' not in page


def test_a_batch_without_a_list_is_compared_with_nothing(clinician: User, api: Client) -> None:
    batch = factories.make_batch(clinician)
    assert api.get(f"{API}/batches/{batch.pk}/receipt").json()["list_comparison"] is None
    assert "Today" not in receipt_page(clinician, batch)


def test_everybody_photographed_is_said_in_one_sentence(
    clinician: User, api: Client, patient: Patient
) -> None:
    batch = factories.make_batch(clinician)
    name = "3000003792_Garza Tijerina_María Esther.jpg"
    for part in (
        factories.part("lista.txt", b"MRN\n3000003792\n3000003792\n"),
        factories.part(name, pictures.photograph(9, None)),
    ):
        (file,) = api.post(f"{API}/batches/{batch.pk}/files", {"file": part}).json()["files"]
        run.process(file["id"])
    page = receipt_page(clinician, batch)
    assert "Every patient of today&#x27;s list has a picture" in page


def test_a_new_patient_frees_what_waited_for_them(clinician: User, api: Client, patient: Patient) -> None:
    """Through the door that people use: register, and the page of the batch changes by itself."""
    batch = factories.make_batch(clinician)
    body = {"file": factories.part("7000000008_Ferrer_Ana.jpg", pictures.photograph(9, None))}
    (file,) = api.post(f"{API}/batches/{batch.pk}/files", body).json()["files"]
    run.process(file["id"])
    before = api.get(f"{API}/batches/{batch.pk}/status")
    assert before.json()["counts"]["review"] == 1
    new = {"mrn": "7000000008", "family_name": "Ferrer", "given_names": "Ana"}
    assert api.post(f"{API}/patients", new, content_type=JSON).status_code == 201
    assert rematch.due_clinics() == [batch.clinic_id]
    rematch.match_clinic_again(batch.clinic_id, seconds=60)
    after = api.get(f"{API}/batches/{batch.pk}/status", headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert after.json()["counts"]["completed"] == 1
    assert BatchFile.objects.get(pk=file["id"]).decided_by is None


def test_who_reviews_looks_at_the_cards_and_confirms_them(
    batch: Batch, reviewer: User, stranger: User, viewer: User
) -> None:
    browser = factories.browser_of(reviewer)
    address = reverse("batches:cards", args=[batch.pk])
    card = BatchFile.objects.get(batch=batch, path="DSC_0001.jpg")
    assert address in text_of(browser.get(reverse("batches:batch", args=[batch.pk])))
    page = text_of(browser.get(address))
    picture = reverse("batches:card_picture", args=[card.pk])
    assert picture in page
    assert "Garza" in page
    assert browser.get(picture).headers["Content-Type"] == "image/jpeg"
    other = BatchFile.objects.get(batch=batch, path="DSC_0002.jpg")
    assert browser.get(reverse("batches:card_picture", args=[other.pk])).status_code == 404
    for outsider, status in ((stranger, 404), (viewer, 403)):
        assert factories.browser_of(outsider).get(address).status_code == status
    token = factories.csrf_of(browser)
    assert browser.post(address, {"picture": str(other.pk)}, headers=token).status_code == 404
    assert browser.post(address, {"picture": str(card.pk)}, headers=token).status_code == 302
    run.process(card.pk)
    card.refresh_from_db()
    assert (card.status, card.patient) == ("REVIEW", None)
    BatchFile.objects.filter(pk=card.pk).update(status="CANCELLED", decision="patient-card")
    PatientCard.objects.create(file=card, batch=batch, number="3000003792")
    answer = browser.post(address, {"card": [str(card.pk), "nonsense"]}, headers=token)
    assert answer.status_code == 302
    assert address not in text_of(browser.get(reverse("batches:batch", args=[batch.pk])))
    assert "At 1 of them nobody has looked" not in receipt_page(reviewer, batch)
