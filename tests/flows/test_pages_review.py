"""Review in a browser without JavaScript: the groups, the evidence and the decision."""

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import Clinic, User
from patients.models import Patient
from tests import factories
from tests.flows.desk_calls import ask, decide, evidence_for, page_of, press, search, statuses
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db


# --- The queue


def test_an_empty_queue_says_so(browser: Client) -> None:
    assert "The queue is empty" in text_of(browser.get(reverse("batches:review")))


def test_the_queue_shows_groups_with_their_reasons(browser: Client, trio: list[BatchFile]) -> None:
    page = text_of(browser.get(reverse("batches:review")))
    assert "3 files in 1 group" in page
    assert "garza_1.jpg and 2 more" in page
    assert "Only a name was found." in page
    assert "All say the same about their patient." in page


def test_the_queue_of_one_batch_shows_no_other(browser: Client, batch: Batch, clinician: User) -> None:
    other = factories.make_batch(clinician)
    factories.make_file_in_review(batch, "mine.jpg", seed=1)
    factories.make_file_in_review(other, "other.jpg", seed=2)
    page = text_of(browser.get(reverse("batches:review"), {"batch": str(batch.pk)}))
    assert "mine.jpg" in page
    assert "other.jpg" not in page


def test_a_long_queue_comes_in_pages(browser: Client, batch: Batch) -> None:
    for n in range(30):
        factories.make_file(batch, f"f{n:02d}/IMG_1.jpg", status=FileStatus.REVIEW)
    page = text_of(browser.get(reverse("batches:review")))
    assert "30 files in 30 groups" in page
    assert ("f24/" in page, "f25/" in page, "Page 1 of 2" in page) == (False, False, True)
    assert "in f25" in text_of(browser.get(reverse("batches:review"), {"page": 2}))


def test_start_opens_the_first_group_that_nobody_holds(
    browser: Client, trio: list[BatchFile], batch: Batch, clinician: User
) -> None:
    other = factories.make_file_in_review(batch, "b/other.jpg", seed=9)
    page_of(factories.browser_of(clinician), trio[0])
    answer = send(browser, reverse("batches:next_group"))
    assert answer["Location"] == reverse("batches:review_file", args=[other.pk])


def test_the_queue_says_who_has_a_group_since_when(
    browser: Client, trio: list[BatchFile], clinician: User
) -> None:
    page_of(factories.browser_of(clinician), trio[0])
    assert "clinician has it since" in text_of(browser.get(reverse("batches:review")))
    page = page_of(browser, trio[1])
    assert "clinician looks at this group since" in page
    assert "formaction" not in page


def test_the_menu_counts_what_waits(browser: Client, batch: Batch) -> None:
    count = reverse("batches:review_count")
    assert "waiting" not in text_of(browser.get(count))
    factories.make_file_in_review(batch)
    assert ">1<" in text_of(browser.get(count))


# --- A group and its candidates


def test_any_file_of_a_group_opens_all_of_it(browser: Client, trio: list[BatchFile]) -> None:
    page = page_of(browser, trio[1])
    assert "2 of 3" in page
    assert "Deciding all 3" in page
    for file in trio:
        assert reverse("imaging_api:thumbnail", args=[file.image_id]) in page
    assert reverse("imaging_api:preview", args=[trio[1].image_id]) in page


def test_files_that_only_lie_in_one_folder_are_decided_one_by_one_at_first(
    browser: Client, batch: Batch
) -> None:
    first, second = (factories.make_file_in_review(batch, f"x/IMG_{n}.jpg", seed=n) for n in (1, 2))
    page = page_of(browser, first)
    assert "Deciding only this one" in page
    assert f'name="file" value="{second.pk}"' not in page
    assert f'name="file" value="{second.pk}"' in page_of(browser, first, only="0")


def test_candidates_are_shown_with_confidence_evidence_and_their_last_pictures(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    old = [factories.make_image(clinic, patient, content=factories.tiny_jpeg(n)) for n in range(20, 25)]
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    page = page_of(browser, file)
    for words in (patient.display_name, patient.mrn, "born 1957-04-23", "71 %", "The surname fits."):
        assert words in page
    assert sum(reverse("imaging_api:thumbnail", args=[image.pk]) in page for image in old) == 4


def test_a_candidate_that_something_speaks_against_is_never_the_main_button(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    agreed = factories.make_file_in_review(batch, "a/1.jpg", seed=1, evidence=evidence_for(patient))
    against = factories.make_file_in_review(
        batch, "b/2.jpg", seed=2, evidence=evidence_for(patient, verdict="disagrees")
    )
    assert "is-offered" in page_of(browser, agreed)
    assert "is-offered" not in page_of(browser, against)


def test_a_candidate_who_was_merged_meanwhile_is_left_out(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    gone = factories.make_patient(clinic, "99", "Anterior", merged_into=patient)
    file = factories.make_file_in_review(batch, evidence=evidence_for(gone))
    assert "Anterior" not in page_of(browser, file)


def test_any_patient_of_the_clinic_can_be_searched_and_no_name_stands_in_an_address(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    file = factories.make_file_in_review(batch)
    page = search(browser, file, "tijer")
    assert "1 patient found" in page
    assert str(patient.pk) in page.partition('id="found"')[2]
    assert 'data-key="1"' in page.partition('id="found"')[2]
    assert "q=" not in page
    assert "Nobody in the directory fits" in search(browser, file, "zzz")


# --- Deciding


def test_assigning_files_it_and_goes_to_the_next_group(
    browser: Client, batch: Batch, patient: Patient, reviewer: User
) -> None:
    first = factories.make_file_in_review(batch, "a/1.jpg", seed=1)
    second = factories.make_file_in_review(batch, "b/2.jpg", seed=2)
    went_to = decide(browser, "assign", first, patient=str(patient.pk))
    assert went_to == reverse("batches:review_file", args=[second.pk])
    first.refresh_from_db()
    assert (first.status, first.patient, first.decided_by) == (FileStatus.COMPLETED, patient, reviewer)


def test_a_group_is_decided_only_after_it_was_shown_what_changes(
    browser: Client, trio: list[BatchFile], patient: Patient
) -> None:
    ids = [str(file.pk) for file in trio]
    answer = send(browser, reverse("batches:assign"), file=ids, patient=str(patient.pk))
    page = text_of(answer)
    assert f"3 files go to the chart of {patient.display_name}" in page
    assert all(file.name in page for file in trio)
    assert set(statuses(*trio)) == {FileStatus.REVIEW}
    decide(browser, "assign", *trio, patient=str(patient.pk))
    assert set(statuses(*trio)) == {FileStatus.COMPLETED}


def test_of_a_group_of_which_a_part_is_decided_the_rest_comes_next(
    browser: Client, trio: list[BatchFile], patient: Patient, batch: Batch
) -> None:
    factories.make_file_in_review(batch, "a/another.jpg", seed=8)
    page_of(browser, trio[0])
    went_to = decide(browser, "assign", trio[0], patient=str(patient.pk))
    assert went_to == reverse("batches:review_file", args=[trio[1].pk])
    assert "1 of 2" in text_of(browser.get(went_to))


def test_after_the_last_decision_the_queue_is_empty(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.make_file_in_review(batch)
    went_to = decide(browser, "assign", file, patient=str(patient.pk), batch=str(batch.pk))
    assert went_to == f"{reverse('batches:review')}?batch={batch.pk}"
    assert "The queue is empty" in text_of(browser.get(went_to))


def test_setting_aside_asks_for_a_reason_and_puts_it_in_no_chart(browser: Client, batch: Batch) -> None:
    file = factories.make_file_in_review(batch)
    asked = text_of(send(browser, reverse("batches:reject"), file=str(file.pk)))
    assert "1 file will go to no chart" in asked
    decide(browser, "reject", file, reason="a test shot")
    file.refresh_from_db()
    assert (file.status, file.image) == (FileStatus.CANCELLED, None)
    assert "Set aside" in page_of(browser, file)


def test_a_new_provisional_patient_starts_with_what_the_file_says(
    browser: Client, batch: Batch, clinic: Clinic
) -> None:
    evidence = {
        "reason": "number-unknown",
        "words": "The record number is not in the directory.",
        "clues": [
            {"field": "record_number", "value": "3000009999", "source": "file_name", "place": "first"},
            {"field": "name", "value": "PÉREZ SOTO, Ana", "source": "file_name", "place": ""},
            {"field": "birth_date", "value": "1990-02-03|1990-03-02", "source": "file_name", "place": ""},
        ],
    }
    file = factories.make_file_in_review(batch, evidence=evidence)
    page = page_of(browser, file)
    for value in ("3000009999", "PÉREZ SOTO", "Ana", "1990-02-03"):
        assert f'value="{value}"' in page
    facts = {
        "mrn": "3000009999",
        "family_name": "Pérez Soto",
        "given_names": "Ana",
        "birth_date": "1990-02-03",
    }
    decide(browser, "provisional", file, **facts)
    made = Patient.objects.get(clinic=clinic, mrn="3000009999")
    file.refresh_from_db()
    assert (made.provisional, file.patient) == (True, made)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"mrn": "31", "family_name": ""}, "required"),
        ({"mrn": "3000003792", "family_name": "X"}, "in the directory"),
    ],
    ids=["no name", "a number that is taken"],
)
def test_a_provisional_patient_that_cannot_be_is_asked_again(
    browser: Client, batch: Batch, patient: Patient, facts: dict[str, str], words: str
) -> None:
    file = factories.make_file_in_review(batch)
    answer = press(browser, "provisional", file, **facts)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert words in str(ask(browser, "provisional", file, **facts).json()["errors"])
    assert statuses(file) == [FileStatus.REVIEW]
