"""Charts in a browser: time line, picture, document, where each came from, and taking a filing back."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import FileStatus
from clinics import audit
from clinics.models import AuditEntry, Clinic, User
from documents.models import Page
from patients.models import Patient
from tests import factories
from tests.flows.page_calls import send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(reviewer: User) -> Client:
    return factories.browser_of(reviewer)


@pytest.fixture
def filed(clinician: User, patient: Patient) -> BatchFile:
    """A picture that came the whole road into the chart."""
    batch: Batch = factories.make_batch(clinician)
    name = f"{patient.mrn}_GARZA TIJERINA, MARIA ESTHER.jpg"
    file = factories.send_file(batch, f"card/{name}", factories.tiny_jpeg())
    run.process(file.pk)
    file.refresh_from_db()
    assert file.status == FileStatus.COMPLETED
    return file


def chart_of(browser: Client, patient: Patient, **query: str) -> str:
    return text_of(browser.get(reverse("batches:chart", args=[patient.pk]), query))


def test_a_chart_without_anything_says_so(browser: Client, patient: Patient) -> None:
    page = chart_of(browser, patient)
    assert patient.display_name in page
    assert "Nothing is filed yet" in page


def test_pictures_and_documents_stand_on_one_time_line(
    browser: Client, patient: Patient, clinic: Clinic
) -> None:
    # Half past midnight in London is still the evening before in the clinic.
    taken = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)
    factories.make_image(clinic, patient, captured_at=taken)
    filed_at = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
    factories.make_document(clinic, patient, filed_at=filed_at)
    page = chart_of(browser, patient)
    assert page.count('class="tile"') == 2
    assert page.count("1 May 2026") == 1
    assert page.index("Picture, 18:30") < page.index("Document, 1 page")


@pytest.mark.parametrize(("only", "there"), [("pictures", "Picture,"), ("documents", "Document,")])
def test_a_chart_can_show_one_kind(
    browser: Client, patient: Patient, clinic: Clinic, only: str, there: str
) -> None:
    factories.make_image(clinic, patient)
    factories.make_document(clinic, patient)
    page = chart_of(browser, patient, only=only)
    assert page.count('class="tile"') == 1
    assert there in page


def test_a_chart_says_where_each_thing_came_from(browser: Client, patient: Patient, filed: BatchFile) -> None:
    page = chart_of(browser, patient)
    assert filed.batch.batch_number in page
    assert "matched 99 %" in page
    assert AuditEntry.objects.filter(action="chart-viewed", object_id=str(patient.pk)).exists()


def test_a_file_of_a_batch_for_one_patient_says_who_chose_that_patient(
    browser: Client, patient: Patient, clinician: User, admin_user: User
) -> None:
    batch = factories.make_batch(clinician, patient=patient)
    file = factories.send_file(batch, "DSC_0001.jpg", factories.tiny_jpeg())
    run.process(file.pk)
    assert "whole batch chosen by clinician" in chart_of(browser, patient)
    audit.record("batch-patient-set", clinic=batch.clinic, actor=admin_user, target=batch)
    assert "whole batch chosen by admin" in chart_of(browser, patient)
    picture = text_of(browser.get(reverse("batches:picture", args=[file.pk])))
    assert "admin</span> chose the whole batch" in picture


def test_a_picture_shows_its_facts_and_its_history(browser: Client, filed: BatchFile) -> None:
    assert filed.image is not None
    page = text_of(browser.get(reverse("batches:picture", args=[filed.image.pk])))
    for words in ("64 × 48", filed.sha256, filed.path, filed.batch.batch_number, "Received"):
        assert words in page
    assert reverse("imaging_api:original", args=[filed.image.pk]) in page
    assert AuditEntry.objects.filter(action="picture-viewed", object_id=str(filed.image.pk)).exists()


def test_a_picture_outlives_the_batch_that_brought_it(browser: Client, filed: BatchFile) -> None:
    assert filed.image is not None
    filed.batch.delete()
    page = text_of(browser.get(reverse("batches:picture", args=[filed.image.pk])))
    assert "was cleaned up" in page


def test_a_picture_in_review_says_that_it_is_in_no_chart(browser: Client, clinician: User) -> None:
    file = factories.make_file_in_review(factories.make_batch(clinician))
    page = text_of(browser.get(reverse("batches:picture", args=[file.pk])))
    assert "in no chart" in page
    assert "Download the original" not in page


def test_a_document_shows_its_text_page_by_page(browser: Client, patient: Patient, clinic: Clinic) -> None:
    document = factories.make_document(clinic, patient, page_count=2)
    Page.objects.create(document=document, number=1, text="Sin alergias <conocidas>.")
    Page.objects.create(document=document, number=2, text="")
    page = text_of(browser.get(reverse("batches:document", args=[document.pk])))
    assert "Sin alergias &lt;conocidas&gt;." in page
    assert "no text on this page" in page


def test_a_filing_is_taken_back_with_a_reason(
    browser: Client, patient: Patient, filed: BatchFile, reviewer: User
) -> None:
    address = reverse("batches:undo", args=[filed.pk])
    assert patient.display_name in text_of(browser.get(address))
    answer = send(browser, address, reason="wrong arm")
    assert answer["Location"] == reverse("batches:review_file", args=[filed.pk])
    filed.refresh_from_db()
    assert (filed.status, filed.patient) == (FileStatus.REVIEW, None)
    assert "Nothing is filed yet" in chart_of(browser, patient)
    undone = AuditEntry.objects.get(action="file-undone")
    assert (undone.actor, undone.detail["patient"]) == (reviewer, str(patient.pk))


def test_without_a_reason_nothing_is_taken_back(browser: Client, filed: BatchFile) -> None:
    answer = send(browser, reverse("batches:undo", args=[filed.pk]), reason=" ")
    assert answer.status_code == 400
    filed.refresh_from_db()
    assert filed.status == FileStatus.COMPLETED


def test_what_is_not_filed_cannot_be_taken_back(browser: Client, clinician: User) -> None:
    file = factories.make_file_in_review(factories.make_batch(clinician))
    answer = browser.get(reverse("batches:undo", args=[file.pk]))
    assert answer.status_code == 302


def test_a_merged_record_points_to_the_one_in_use(browser: Client, patient: Patient, clinic: Clinic) -> None:
    old = factories.make_patient(clinic, "99", "Anterior", merged_into=patient)
    assert reverse("batches:chart", args=[patient.pk]) in chart_of(browser, old)
