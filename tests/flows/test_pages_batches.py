"""Batches in a browser without JavaScript: list, new, and everything that can be done with one."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batches import transitions
from batches.actions.review import reject_file
from batches.models import Batch, BatchFile, Priority, Source, Start
from batches.pipeline import run
from batches.states import BatchStatus, FileStatus
from clinics.models import Clinic, User
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db

OPTIONS = {
    "source": Source.DSLR,
    "start": Start.ON_ARRIVAL,
    "priority": Priority.URGENT,
    "processing_type": "complete",
    "notes": "left arm",
}


@pytest.fixture
def browser(clinician: User) -> Client:
    return factories.browser_of(clinician)


@pytest.fixture
def batch(clinician: User) -> Batch:
    return factories.make_batch(clinician)


def page_of(browser: Client, batch: Batch, **query: str) -> str:
    address = reverse("batches:batch", args=[batch.pk])
    return text_of(browser.get(f"{address}?{urlencode(query)}" if query else address))


def press(browser: Client, verb: str, batch: Batch, **fields: object) -> str:
    """Press a button of the batch's page; what the page says afterwards."""
    answer = send(browser, reverse(f"batches:{verb}", args=[batch.pk]), **fields)
    assert answer.status_code == 302
    return text_of(browser.get(answer["Location"]))


# The list


def test_an_empty_list_says_what_to_do(browser: Client) -> None:
    page = text_of(browser.get("/"))
    assert "No batches yet" in page
    assert reverse("batches:new") in page


def test_somebody_who_may_not_upload_is_not_invited_to(viewer: User) -> None:
    page = text_of(factories.browser_of(viewer).get("/"))
    assert "No batches yet" in page
    assert reverse("batches:new") not in page


@pytest.mark.parametrize("words", ["2", "00002", "B-2026-00002", "b-2026-2"])
def test_a_batch_is_found_by_its_number(browser: Client, clinician: User, words: str) -> None:
    first, second = factories.make_batch(clinician), factories.make_batch(clinician)
    page = text_of(browser.get("/", {"q": words}))
    assert second.batch_number in page
    assert first.batch_number not in page


def test_a_search_for_no_number_finds_nothing(browser: Client, batch: Batch) -> None:
    assert "No batch fits" in text_of(browser.get("/", {"q": "hello"}))


def test_the_list_is_filtered_by_status_with_counts(browser: Client, batch: Batch, clinician: User) -> None:
    failed = factories.make_batch(clinician)
    factories.make_file(failed, status=FileStatus.FAILED)
    transitions.change_batch(failed.pk, notes="")
    page = text_of(browser.get("/", {"status": "FAILED"}))
    assert failed.batch_number in page
    assert batch.batch_number not in page
    assert "1 file: 1 failed" in page


def test_a_long_list_has_pages(browser: Client, clinician: User) -> None:
    batches = [factories.make_batch(clinician) for _ in range(26)]
    first, second = text_of(browser.get("/")), text_of(browser.get("/", {"page": "2"}))
    assert "Page 1 of 2" in first
    assert batches[0].batch_number not in first
    assert batches[0].batch_number in second


# New batch, without JavaScript


def test_the_plain_form_makes_a_batch_and_takes_every_file(
    browser: Client, patient: Patient, clinic: Clinic
) -> None:
    files = [factories.part(f"{n}.jpg", factories.tiny_jpeg(n)) for n in range(3)]
    answer = send(browser, reverse("batches:new"), files=files, patient="3000003792", **OPTIONS)
    batch = Batch.objects.of(clinic).get()
    assert answer["Location"] == reverse("batches:batch", args=[batch.pk])
    assert (batch.source, batch.priority, batch.notes) == (Source.DSLR, Priority.URGENT, "left arm")
    assert batch.patient == patient
    received = BatchFile.objects.filter(batch=batch, status=FileStatus.RECEIVED)
    assert sorted(received.values_list("path", flat=True)) == ["0.jpg", "1.jpg", "2.jpg"]
    assert "3 files received." in page_of(browser, batch)


def test_a_file_that_cannot_be_taken_is_counted_and_stops_no_other(browser: Client) -> None:
    files = [factories.part("empty.jpg", b""), factories.part("a.jpg", factories.tiny_jpeg())]
    answer = send(browser, reverse("batches:new"), files=files, **OPTIONS)
    page = text_of(browser.get(answer["Location"]))
    assert "1 file received. 1 refused; the list below says why." in page
    assert BatchFile.objects.count() == 2
    assert "empty-file" in page


def test_a_batch_without_files_is_not_made(browser: Client, clinic: Clinic) -> None:
    answer = send(browser, reverse("batches:new"), **OPTIONS)
    assert answer.status_code == 400
    assert "Choose at least one file." in text_of(answer)
    assert not Batch.objects.of(clinic).exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"patient": "no such number"}, "No patient has the record number no such number"),
        ({"start": Start.SCHEDULED}, "Say when the batch is to start."),
        ({"start": Start.SCHEDULED, "scheduled_for": "soon"}, "Enter a valid date/time."),
    ],
)
def test_wrong_options_are_said_beside_the_field(
    browser: Client, fields: dict[str, str], said: str, clinic: Clinic
) -> None:
    files = [factories.part("a.jpg", factories.tiny_jpeg())]
    answer = send(browser, reverse("batches:new"), files=files, **(OPTIONS | fields))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not Batch.objects.of(clinic).exists()


def test_a_time_is_read_in_the_clinics_zone(browser: Client, clinic: Clinic) -> None:
    fields = OPTIONS | {"start": Start.SCHEDULED, "scheduled_for": "2030-01-15T22:00"}
    send(browser, reverse("batches:new"), files=[factories.part("a.jpg", factories.tiny_jpeg())], **fields)
    scheduled_for = Batch.objects.of(clinic).get().scheduled_for
    assert scheduled_for is not None
    assert scheduled_for.isoformat() == "2030-01-16T04:00:00+00:00"


def test_a_patient_of_another_clinic_cannot_be_named(browser: Client, other_clinic: Clinic) -> None:
    factories.make_patient(other_clinic, "77", "Ajena")
    files = [factories.part("a.jpg", factories.tiny_jpeg())]
    answer = send(browser, reverse("batches:new"), files=files, **(OPTIONS | {"patient": "77"}))
    assert answer.status_code == 400


def test_more_files_go_into_the_same_batch(browser: Client, batch: Batch) -> None:
    page = press(browser, "files", batch, files=[factories.part("late.jpg", factories.tiny_jpeg())])
    assert "1 file received." in page
    assert "No file was chosen" in press(browser, "files", batch)


def test_too_many_files_are_refused_with_the_limit(browser: Client, batch: Batch, clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(max_files_per_batch=1)
    files = [factories.part(f"{n}.jpg", factories.tiny_jpeg(n)) for n in range(2)]
    assert "at most 1 are accepted" in press(browser, "files", batch, files=files)


# The buttons


def test_pause_resume_start_and_retry_do_what_they_say(browser: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician, start=Start.MANUAL)
    factories.send_file(batch, "a.jpg", factories.tiny_jpeg())
    assert "Started." in press(browser, "start", batch)
    assert "Paused since" in press(browser, "pause", batch)
    assert "Resumed." in press(browser, "resume", batch)
    BatchFile.objects.filter(batch=batch).update(status=FileStatus.FAILED)
    assert "1 file is tried again." in press(browser, "retry", batch)
    assert BatchFile.objects.get(batch=batch).status == FileStatus.RECEIVED


def test_notes_are_kept_and_shown(browser: Client, batch: Batch) -> None:
    assert "Notes saved." in press(browser, "about", batch, notes="two cards")
    assert "two cards" in page_of(browser, batch)


def test_a_patient_is_set_before_the_start_and_never_after(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    assert "is that patient" in press(browser, "about", batch, patient=patient.mrn)
    assert patient.display_name in page_of(browser, batch)
    transitions.start_batch(batch.pk)
    shown = {"initial-patient": patient.mrn}
    assert "has started" in press(browser, "about", batch, patient="", **shown)
    batch.refresh_from_db()
    assert batch.patient == patient


def test_start_and_save_keep_everything_that_is_filled_in(
    browser: Client, clinician: User, patient: Patient
) -> None:
    for verb, word in (("start", "Started."), ("about", "Notes saved.")):
        batch = factories.make_batch(clinician, start=Start.MANUAL)
        factories.make_file(batch, status=FileStatus.RECEIVED)
        assert 'form="about-form"' in page_of(browser, batch)
        assert word in press(browser, verb, batch, patient=patient.mrn, notes="two cards")
        batch.refresh_from_db()
        assert (batch.patient, batch.notes) == (patient, "two cards")
        assert (batch.started_at is not None) == (verb == "start")


def test_nothing_starts_for_a_patient_who_is_not_found(browser: Client, clinician: User) -> None:
    batch = factories.make_batch(clinician, start=Start.MANUAL)
    assert "No patient has the record number" in press(browser, "start", batch, patient="Garz", notes="kept")
    batch.refresh_from_db()
    assert (batch.started_at, batch.notes) == (None, "kept")


def test_an_old_page_does_not_undo_what_a_colleague_said_since(
    browser: Client, batch: Batch, patient: Patient
) -> None:
    Batch.objects.filter(pk=batch.pk).update(patient=patient, notes="left arm")
    old = {"patient": "", "initial-patient": "", "notes": "", "initial-notes": ""}
    assert "Nothing was changed." in press(browser, "about", batch, **old)
    batch.refresh_from_db()
    assert (batch.patient, batch.notes) == (patient, "left arm")


def test_cancelling_says_first_what_will_happen(browser: Client, batch: Batch) -> None:
    factories.make_file(batch, "a.jpg")
    question = text_of(browser.get(reverse("batches:cancel", args=[batch.pk])))
    assert "1 file not yet settled is taken back" in question
    assert "Cancelled. 1 file was taken back." in press(browser, "cancel", batch)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED


def test_a_cancelled_batch_is_not_asked_about_again(browser: Client, batch: Batch) -> None:
    press(browser, "cancel", batch)
    answer = browser.get(reverse("batches:cancel", args=[batch.pk]))
    assert answer.status_code == 302
    assert "cannot be ended again" in press(browser, "cancel", batch)


def test_one_file_is_removed_and_one_is_tried_again(browser: Client, batch: Batch) -> None:
    gone = factories.make_file(batch, "gone.jpg")
    send(browser, reverse("batches:remove_file", args=[gone.pk]))
    gone.refresh_from_db()
    assert gone.status == FileStatus.CANCELLED
    again = factories.send_file(batch, "again.jpg", factories.tiny_jpeg())
    BatchFile.objects.filter(pk=again.pk).update(status=FileStatus.FAILED)
    send(browser, reverse("batches:retry_file", args=[again.pk]))
    again.refresh_from_db()
    assert again.status == FileStatus.RECEIVED


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "retry", "cancel", "about", "files"])
def test_buttons_are_only_for_those_who_upload(batch: Batch, reviewer: User, verb: str) -> None:
    answer = send(factories.browser_of(reviewer), reverse(f"batches:{verb}", args=[batch.pk]))
    assert answer.status_code == 403


def test_a_file_that_was_set_aside_is_brought_back(browser: Client, batch: Batch, clinician: User) -> None:
    file = factories.make_file_in_review(batch)
    assert "Bring it back" not in page_of(browser, batch)
    reject_file(file=file, actor=clinician)
    assert "Bring it back" in page_of(browser, batch)
    send(browser, reverse("batches:retry_file", args=[file.pk]))
    file.refresh_from_db()
    assert file.status == FileStatus.RECEIVED
    assert "Brought back." in page_of(browser, batch)


def test_an_ended_batch_is_cancelled_only_while_something_is_left(browser: Client, batch: Batch) -> None:
    factories.make_file_in_review(batch)
    assert "Cancel batch" in page_of(browser, batch)
    Batch.objects.filter(pk=batch.pk).update(status=BatchStatus.EXPIRED)
    assert "Cancel batch" not in page_of(browser, batch)


def test_files_that_wait_for_a_person_are_not_said_to_wait_for_a_worker(
    browser: Client, clinician: User
) -> None:
    batch = factories.make_batch(clinician, start=Start.MANUAL)
    factories.make_file(batch, status=FileStatus.RECEIVED)
    assert "wait until somebody presses Start" in page_of(browser, batch)
    transitions.start_batch(batch.pk)
    assert "wait for a worker" in page_of(browser, batch)


# The page


def test_failed_and_review_come_first_with_reason_and_what_to_do(browser: Client, batch: Batch) -> None:
    factories.make_file_in_review(batch, "who.jpg")
    factories.make_file(
        batch,
        "cut.jpg",
        status=FileStatus.FAILED,
        error_code="image-incomplete",
        error_message="Copy it again.",
    )
    page = page_of(browser, batch)
    assert page.index("group-FAILED") < page.index("group-REVIEW")
    assert "Copy it again." in page
    assert "Nothing in the file says whose it is." in page


def test_a_duplicate_is_shown_beside_its_twin(browser: Client, batch: Batch, patient: Patient) -> None:
    twin = factories.make_image(batch.clinic, patient, source_name="first.jpg")
    factories.make_file(batch, "again.jpg", status=FileStatus.DUPLICATE, image=twin)
    page = page_of(browser, batch)
    assert "The same picture is" in page
    assert reverse("batches:picture", args=[twin.pk]) in page
    assert patient.display_name in page


def test_a_large_group_has_pages(browser: Client, batch: Batch) -> None:
    for number in range(130):
        factories.make_file(batch, f"{number:03}.jpg", status=FileStatus.FAILED)
    assert "Show all 130" in page_of(browser, batch)
    second = page_of(browser, batch, show="FAILED", page="2")
    assert "Page 2 of 2" in second
    assert "129.jpg" in second
    assert "005.jpg" not in second


def test_an_unfinished_upload_asks_for_the_same_folder(browser: Client, batch: Batch) -> None:
    factories.make_file(batch, "a.jpg")
    assert "Drop the same folder again" in page_of(browser, batch)


def test_a_viewer_sees_no_button_that_changes_anything(viewer: User, batch: Batch) -> None:
    factories.make_file(batch, "a.jpg")
    page = page_of(factories.browser_of(viewer), batch)
    assert "<form" not in page.partition("<main")[2]


# What polls


def live(browser: Client, batch: Batch, token: str = "") -> str:
    answer = browser.get(reverse("batches:live", args=[batch.pk]), {"v": token})
    assert answer.status_code in {200, 204}
    return answer.content.decode()


def token_in(fragment: str) -> str:
    return fragment.partition("/live?v=")[2].partition('"')[0]


def test_nothing_is_sent_while_nothing_has_changed(browser: Client, batch: Batch) -> None:
    factories.make_file(batch, "a.jpg")
    token = token_in(live(browser, batch))
    assert token
    assert live(browser, batch, token) == ""
    transitions.change_batch(batch.pk, notes="new")
    assert 'id="live"' in live(browser, batch, token)


def test_it_asks_often_while_something_moves_seldom_while_it_waits(browser: Client, batch: Batch) -> None:
    factories.make_file(batch, "a.jpg")
    assert "every 2s" in live(browser, batch)
    token = token_in(live(browser, batch))
    long_ago = timezone.now() - timedelta(minutes=5)
    Batch.objects.filter(pk=batch.pk).update(touched_at=long_ago)
    assert "every 10s" in live(browser, batch, token)


def test_it_stops_asking_when_the_batch_has_ended(browser: Client, batch: Batch, patient: Patient) -> None:
    file = factories.send_file(batch, f"{patient.mrn}_GARZA TIJERINA MARIA.jpg", factories.tiny_jpeg())
    run.process(file.pk)
    fragment = live(browser, batch)
    assert 'data-ended="yes"' in fragment
    assert "hx-trigger" not in fragment.partition('id="pulse"')[2].partition(">")[0]


def test_a_poll_says_that_it_is_one_so_that_an_idle_screen_signs_off(browser: Client, batch: Batch) -> None:
    header = live(browser, batch).partition("hx-headers='")[2].partition("'")[0]
    assert json.loads(header) == {"X-Intake-Poll": "1"}


# The receipt


def test_the_receipt_adds_up_and_names_every_file(browser: Client, batch: Batch, patient: Patient) -> None:
    factories.make_file(batch, "in/a.jpg", status=FileStatus.COMPLETED, patient=patient, sha256="ab" * 32)
    factories.make_file(batch, "b.jpg", status=FileStatus.FAILED, error_message="Copy it again.")
    page = text_of(browser.get(reverse("batches:receipt", args=[batch.pk])))
    assert "2 dropped = 1 filed + 0 for review + 0 duplicates + 1 failed + 0 cancelled" in page
    assert "It adds up" in page
    for words in ("in/a.jpg", "ab" * 32, patient.display_name, "b.jpg", "Copy it again."):
        assert words in page
