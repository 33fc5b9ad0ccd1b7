"""Review in a browser without JavaScript: the groups, the evidence, the decision, and taking it back; and
what the scripts of the desk ask for.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batches.actions.review import assign_file, undo_file
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics.models import Clinic, User
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(reviewer: User) -> Client:
    return factories.browser_of(reviewer)


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


def evidence_for(*patients: Patient, verdict: str = "agrees") -> dict[str, Any]:
    piece = {
        "field": "name",
        "value": "garza",
        "verdict": verdict,
        "words": "The surname fits.",
        "source": "file_name",
    }
    candidates = [
        {"patient_id": str(patient.pk), "confidence": 0.714, "evidence": [piece]} for patient in patients
    ]
    return {
        "decision": "review",
        "reason": "name-alone",
        "words": "Only a name was found.",
        "patient_id": str(patients[0].pk),
        "candidates": candidates,
        "clues": [{"field": "name", "value": "garza", "source": "file_name", "place": ""}],
    }


def page_of(browser: Client, file: BatchFile, **query: str) -> str:
    return text_of(browser.get(reverse("batches:review_file", args=[file.pk]), query))


def search(browser: Client, file: BatchFile, words: str) -> str:
    return text_of(send(browser, reverse("batches:review_file", args=[file.pk]), q=words))


def image_of(file: BatchFile) -> Image:
    assert file.image is not None
    return file.image


def press(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> Any:
    """Press a button of the desk; several files are confirmed as the page that asks once more does it."""
    ids = [str(file.pk) for file in files]
    return send(browser, reverse(f"batches:{verb}"), file=ids, confirmed="yes", **fields)


def decide(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> str:
    """The same; where the page goes afterwards."""
    answer = press(browser, verb, *files, **fields)
    assert answer.status_code == 302
    return str(answer["Location"])


def ask(browser: Client, verb: str, *files: BatchFile, **fields: Any) -> Any:
    """What a script of the desk asks; its answer is JSON."""
    token = factories.csrf_of(browser) | {"X-Intake-Part": "desk"}
    body = {"file": [str(file.pk) for file in files], "confirmed": "yes", **fields}
    return browser.post(reverse(f"batches:{verb}"), body, headers=token)


def statuses(*files: BatchFile) -> list[str]:
    found = BatchFile.objects.in_bulk([file.pk for file in files])
    return [found[file.pk].status for file in files]


@pytest.fixture
def trio(batch: Batch, patient: Patient) -> list[BatchFile]:
    """Three pictures that say the same about one patient."""
    return [
        factories.make_file_in_review(batch, f"a/garza_{n}.jpg", seed=n, evidence=evidence_for(patient))
        for n in (1, 2, 3)
    ]


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


# --- The same picture twice


@pytest.fixture
def twins(batch: Batch, patient: Patient, clinic: Clinic) -> tuple[BatchFile, Image, Patient]:
    """A file that is meant for Otra, its bytes in the chart of Garza, and Otra."""
    other = factories.make_patient(clinic, "88", "Otra", "Ana")
    twin = factories.make_image(clinic, patient, source_name="filed.jpg", content=factories.tiny_jpeg(50))
    file = factories.make_file_in_review(batch, seed=3, evidence=evidence_for(other))
    Image.objects.filter(pk=image_of(file).pk).update(twin_of=twin, is_twin=True)
    return file, twin, other


def test_the_same_picture_under_another_patient_is_shown_beside_it_with_both_charts(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient, clinic: Clinic
) -> None:
    file, twin, other = twins
    charts = [
        factories.make_image(clinic, one, content=factories.tiny_jpeg(60 + n))
        for n, one in enumerate((patient, other))
    ]
    page = page_of(browser, file)
    assert "The same picture is filed under another patient." in page
    assert "is-offered" not in page
    assert f"meant for {other.display_name}" in page
    assert f"{patient.display_name}</a>" in page.partition("Filed under")[2]
    assert all(reverse("imaging_api:preview", args=[pk]) in page for pk in (file.image_id, twin.pk))
    assert all(reverse("imaging_api:thumbnail", args=[image.pk]) in page for image in charts)


def test_keeping_both_files_it_where_it_was_meant_to_go(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient
) -> None:
    file, twin, other = twins
    decide(browser, "keep_both", file, patient=str(other.pk))
    file.refresh_from_db()
    twin.refresh_from_db()
    assert (file.status, file.patient, twin.patient) == (FileStatus.COMPLETED, other, patient)


def test_a_duplicate_is_set_aside_and_the_filed_one_stays(
    browser: Client, twins: tuple[BatchFile, Image, Patient], patient: Patient
) -> None:
    file, twin, _ = twins
    decide(browser, "duplicate", file)
    file.refresh_from_db()
    twin.refresh_from_db()
    assert (file.status, file.image, twin.patient) == (FileStatus.DUPLICATE, twin, patient)
    page = text_of(browser.get(reverse("batches:review")))
    assert "set aside as a duplicate" in page
    assert decide(browser, "undo_last") == reverse("batches:review")
    Batch.objects.update(started_at=timezone.now())
    run.process(file.pk)
    file.refresh_from_db()
    assert (file.status, file.patient) == (FileStatus.REVIEW, None)
    assert "Filed under" in page_of(browser, file), "the other chart is beside it again"


def test_bytes_that_were_filed_meanwhile_stop_the_first_file_too(
    browser: Client, batch: Batch, patient: Patient, clinic: Clinic
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    other = factories.make_patient(clinic, "88", "Otra")
    factories.make_image(clinic, other, twin_of=file.image, is_twin=True)
    page = page_of(browser, file)
    assert "Filed under" in page
    assert "is-offered" not in page


# --- Taking it back


def test_a_group_is_taken_back_whole(browser: Client, trio: list[BatchFile], patient: Patient) -> None:
    decide(browser, "assign", *trio, patient=str(patient.pk))
    page = text_of(browser.get(reverse("batches:review")))
    assert "3 files</span> in the chart of" in page
    assert patient.display_name in page
    assert decide(browser, "undo_last") == reverse("batches:review_file", args=[trio[0].pk])
    assert set(statuses(*trio)) == {FileStatus.REVIEW}
    assert "1 of 3" in page_of(browser, trio[0])


def test_decisions_are_taken_back_one_after_the_other(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    files = [factories.make_file_in_review(batch, f"{n}/a.jpg", seed=n) for n in range(3)]
    for file in files:
        decide(browser, "assign", file, patient=str(patient.pk))
    decide(browser, "undo_last")
    decide(browser, "undo_last")
    assert statuses(*files) == [FileStatus.COMPLETED, FileStatus.REVIEW, FileStatus.REVIEW]


def test_what_was_set_aside_is_read_again(browser: Client, batch: Batch) -> None:
    file = factories.make_file_in_review(batch)
    decide(browser, "reject", file)
    assert decide(browser, "undo_last") == reverse("batches:review")
    assert statuses(file) == [FileStatus.RECEIVED]


def test_what_somebody_else_filed_is_not_mine_to_undo_in_passing(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=file, patient=patient, actor=clinician)
    assert reverse("batches:undo_last") not in text_of(browser.get(reverse("batches:review")))
    assert ask(browser, "undo_last").status_code == 409
    assert statuses(file) == [FileStatus.COMPLETED]


def test_after_an_undo_the_chart_the_person_and_the_reason_are_said_and_nobody_is_offered(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch, evidence=evidence_for(patient))
    assign_file(file=file, patient=patient, actor=clinician)
    filed = BatchFile.objects.get(pk=file.pk)
    assert "Confirmed by" in text_of(browser.get(reverse("batches:picture", args=[filed.image_id])))
    undo_file(file=filed, actor=clinician, reason="the other arm")
    review = page_of(browser, file)
    picture = text_of(browser.get(reverse("batches:picture", args=[filed.image_id])))
    for page in (review, picture):
        assert "Taken out of the chart of" in page
        assert f"{patient.display_name}</a> by clinician" in page
        assert "the other arm" in page
    assert "is-offered" not in review
    assert "Confirmed by" not in picture


# --- Others at the same time


def test_two_reviewers_at_once_are_told_who_was_faster(
    browser: Client, batch: Batch, patient: Patient, clinician: User
) -> None:
    file = factories.make_file_in_review(batch)
    assign_file(file=BatchFile.objects.get(pk=file.pk), patient=patient, actor=clinician)
    went_to = decide(browser, "assign", file, patient=str(patient.pk))
    assert "decided about this file already" in text_of(browser.get(went_to))
    assert "decided by clinician" in page_of(browser, file)


def test_a_patient_or_a_file_of_another_clinic_cannot_be_named(
    browser: Client, batch: Batch, patient: Patient, other_clinic: Clinic, stranger: User
) -> None:
    file = factories.make_file_in_review(batch, seed=1)
    foreign = factories.make_patient(other_clinic, "77", "Ajena")
    theirs = factories.make_file_in_review(factories.make_batch(stranger), seed=2)
    for wrong in (str(foreign.pk), "nonsense", ""):
        assert press(browser, "assign", file, patient=wrong).status_code == 404
    for named in ([theirs], [file, theirs], []):
        assert press(browser, "assign", *named, patient=str(patient.pk)).status_code == 404
    assert statuses(file, theirs) == [FileStatus.REVIEW, FileStatus.REVIEW]


# --- What the scripts of the desk ask for


def test_a_script_is_told_of_each_file_what_became_of_it(
    browser: Client, trio: list[BatchFile], patient: Patient, clinician: User
) -> None:
    assign_file(file=trio[2], patient=patient, actor=clinician)
    answer = ask(browser, "assign", *trio, patient=str(patient.pk)).json()
    assert answer["done"] == [str(trio[0].pk), str(trio[1].pk)]
    (refused,) = answer["refused"]
    assert (refused["name"], refused["code"]) == ("garza_3.jpg", "decided-already")
    assert "decided about this file already" in refused["says"]


def test_a_script_gets_the_next_desk_alone_and_is_told_when_there_is_none(
    browser: Client, trio: list[BatchFile], batch: Batch
) -> None:
    other = factories.make_file_in_review(batch, "b/other.jpg", seed=9)
    page_of(browser, trio[0])
    answer = ask(browser, "next_group", after=str(trio[0].pk))
    part = text_of(answer)
    assert part.startswith('<article id="desk"')
    assert str(other.pk) in part
    assert BatchFile.objects.get(pk=other.pk).reviewer is not None
    assert ask(browser, "next_group", after=str(trio[0].pk)).status_code == 204


def test_a_group_is_held_on_and_let_go(browser: Client, trio: list[BatchFile], clinician: User) -> None:
    page_of(browser, trio[0])
    assert ask(browser, "hold", *trio).json() == {"held": True}
    rival = factories.browser_of(clinician)
    assert ask(rival, "hold", *trio).json() == {"held": False}
    assert ask(rival, "release", *trio).status_code == 204
    assert ask(rival, "hold", *trio).json() == {"held": False}
    ask(browser, "release", *trio)
    assert ask(rival, "hold", *trio).json() == {"held": True}


def test_an_undo_by_script_says_which_group_to_open(
    browser: Client, trio: list[BatchFile], patient: Patient
) -> None:
    ask(browser, "assign", *trio, patient=str(patient.pk))
    answer = ask(browser, "undo_last").json()
    assert answer == {"file": str(trio[0].pk), "done": 3, "refused": []}
