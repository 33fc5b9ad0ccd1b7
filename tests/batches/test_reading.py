"""Scanned pages are read after filing, page by page, and nothing that was read is lost or kept too long."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from batches import tasks
from batches.pipeline import reading as road
from batches.states import FileStatus
from clinics.access import Access
from clinics.models import AuditEntry
from documents import passages, reading, tesseract
from documents.models import Document, TextSource
from files import sandbox, staging
from files.errors import FileRejected, Trouble
from patients.models import Patient
from tests import factories
from tests import sample_documents as documents
from tests.batches.conftest import Send

pytestmark = pytest.mark.django_db

NAMED = "3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_LAB.pdf"
SCAN = documents.pdf_of_scans("", "La glucosa del paciente\nes de 126 en ayunas", "Second page of the report")
FOUND = {"text": "la nota de la consulta para el paciente", "confidence": 91.0}


@pytest.fixture
def pages_read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was handed to search, in order."""
    seen: list[Any] = []
    monkeypatch.setattr(passages, "index_pages", lambda document, pages: seen.append(list(pages)))
    return seen


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Recognition that finds the same on every page at once; the pages it was asked for."""
    asked: list[int] = []
    real = sandbox.run

    def run(job: str, **more: Any) -> dict[str, object]:
        if job != reading.JOB:
            return real(job, **more)
        asked.append(more["arguments"]["number"])
        return dict(FOUND)

    monkeypatch.setattr(sandbox, "run", run)
    return asked


def states(document: Document) -> list[str]:
    return list(document.pages.values_list("source", flat=True))


def test_a_scan_is_filed_first_and_read_afterwards(send: Send, garza: Patient) -> None:
    file = send(NAMED, SCAN, walk=True)
    document = Document.objects.get(patient=garza)
    assert file.status == FileStatus.COMPLETED
    assert (document.episode, document.type_code, document.language) == ("6001467010", "LAB", "es")
    assert states(document) == [TextSource.LAYER, TextSource.WAITING, TextSource.WAITING]
    tasks.read_document(str(document.pk))
    document.refresh_from_db()
    first, second, third = document.pages.all()
    assert "La glucosa del paciente" in second.text
    assert "Second page of the report" in third.text
    assert (second.language, first.confidence) == ("es", None)
    assert second.confidence is not None
    assert second.confidence > 75
    assert not second.is_unsure
    assert (document.is_reading, document.facts["has_text"]) == (False, True)


@pytest.mark.parametrize(
    ("recognised", "layer", "text"),
    [
        ("La glucosa\nes alta", "", "La glucosa\nes alta"),
        ("", "FAX 12:03", "FAX 12:03"),
        ("FAX 12:03 La glucosa", "FAX  12:03", "FAX 12:03 La glucosa"),
        ("La glucosa PEN1C1LL1N", "La glucosa\nPENICILLIN", "La glucosa PEN1C1LL1N\nPENICILLIN"),
    ],
)
def test_what_a_scanned_page_knows_for_certain_is_not_lost(recognised: str, layer: str, text: str) -> None:
    assert reading._with_layer(recognised, layer) == text


def test_search_hears_of_all_pages_when_filed_and_when_read(
    send: Send, garza: Patient, pages_read: list[Any], quick: list[int]
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    assert pages_read == [[documents.LAYER, "", ""]]
    assert not road.read(document.pk)
    assert pages_read[1:] == [[documents.LAYER, FOUND["text"], FOUND["text"]]]
    assert quick == [2, 3]


def test_a_document_for_its_meaning_keeps_no_text(
    access: Access, send: Send, garza: Patient, pages_read: list[Any], quick: list[int]
) -> None:
    batch = factories.make_batch(access.user, processing_type="vectorized")
    document = Document.objects.get(pk=send(NAMED, SCAN, into=batch, walk=True).pk)
    assert not document.pages.exclude(text="").exists()
    road.read(document.pk)
    assert pages_read == [
        [documents.LAYER, "", ""],
        [documents.LAYER, FOUND["text"], FOUND["text"]],
    ]
    assert not document.pages.exclude(text="").exists()
    assert list(document.pages.values_list("confidence", flat=True)) == [None, 91.0, 91.0]


def test_what_waits_in_review_is_read_from_its_staged_bytes(
    send: Send, quick: list[int], garza: Patient
) -> None:
    file = send("scan0001.pdf", SCAN, walk=True)
    assert file.status == FileStatus.REVIEW
    road.read(file.pk)
    assert states(Document.objects.get(pk=file.pk))[1:] == [TextSource.OCR, TextSource.OCR]
    assert staging.path_of(file.storage_key).read_bytes() == SCAN


def test_a_worker_that_is_told_to_stop_soon_hands_the_rest_over(
    send: Send, quick: list[int], settings: LazySettings, garza: Patient
) -> None:
    settings.INTAKE_OCR_TASK_SECONDS = 0.0
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    assert road.read(document.pk)
    settings.INTAKE_OCR_TASK_SECONDS = 60.0
    assert not road.read(document.pk)
    assert quick == [2, 3]


def test_without_tesseract_everything_is_filed_and_waits_for_it(
    send: Send, garza: Patient, monkeypatch: pytest.MonkeyPatch, quick: list[int]
) -> None:
    with monkeypatch.context() as without:
        without.setenv("PATH", "/nowhere")
        document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
        assert tesseract.find_engine() is None
        assert not road.read(document.pk)
        assert tasks.read_waiting() == 0
        page = factories.browser_of(factories.make_user("v", garza.clinic, "viewer"))
        said = page.get(f"/documents/{document.pk}").content.decode()
        assert "text recognition is not available here" in said
    assert states(document)[1:] == [TextSource.WAITING, TextSource.WAITING]
    assert reading.due_documents() == [document.pk]
    assert tasks.read_waiting() == 1
    road.read(document.pk)
    assert reading.due_documents() == []


def test_two_workers_never_read_the_same_document(send: Send, garza: Patient, quick: list[int]) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    held = reading.take(document.pk)
    assert held is not None
    assert reading.take(document.pk) is None
    assert not road.read(document.pk)
    assert quick == []
    reading.let_go(held)
    road.read(document.pk)
    assert quick == [2, 3]


def test_a_page_that_cannot_be_read_stops_no_other_and_can_be_tried_again(
    send: Send, garza: Patient, monkeypatch: pytest.MonkeyPatch, pages_read: list[Any]
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)

    def run(_job: str, **more: Any) -> dict[str, object]:
        if more["arguments"]["number"] == 2:
            raise FileRejected("page-took-too-long", "Too long.")
        return dict(FOUND)

    with monkeypatch.context() as hurt:
        hurt.setattr(sandbox, "run", run)
        road.read(document.pk)
    second, third = document.pages.exclude(number=1)
    assert (second.source, second.error_code) == (TextSource.FAILED, "page-took-too-long")
    assert third.text == FOUND["text"]
    assert reading.read_again(document) == 1
    road.read(document.pk)
    second.refresh_from_db()
    assert (second.source, second.error_code) == (TextSource.OCR, "")
    assert pages_read[-1] == [documents.LAYER, second.text, FOUND["text"]]


def test_a_page_that_ends_its_workers_is_left_alone_after_the_third(
    send: Send, garza: Patient, quick: list[int]
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    for _ in range(3):  # a worker takes it, begins page 2, and is gone without a word
        assert reading.take(document.pk)
        page = reading._begin(document)
        assert page is not None
        assert page.number == 2
        Document.objects.filter(pk=document.pk).update(reading_until=timezone.now() - timedelta(seconds=1))
    road.read(document.pk)
    assert list(document.pages.values_list("source", "error_code"))[1:] == [
        (TextSource.FAILED, "poison"),
        (TextSource.OCR, ""),
    ]


def test_trouble_of_ours_counts_for_no_page(
    send: Send, garza: Patient, monkeypatch: pytest.MonkeyPatch, quick: list[int]
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)

    def run(_job: str, **_more: Any) -> dict[str, object]:
        raise Trouble("sandbox-unavailable", "Away.")

    with monkeypatch.context() as hurt:
        hurt.setattr(sandbox, "run", run)
        assert not road.read(document.pk)
    assert list(document.pages.values_list("source", "attempts"))[1] == (TextSource.WAITING, 0)
    assert reading.due_documents() == [document.pk]
    road.read(document.pk)
    assert quick == [2, 3]


def test_the_page_of_a_document_follows_its_reading_until_it_is_done(
    send: Send, garza: Patient, quick: list[int]
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    browser = factories.browser_of(factories.make_user("v", garza.clinic, "viewer"))
    page = browser.get(f"/documents/{document.pk}").content.decode()
    assert "0 of 2 scanned pages read." in page
    assert 'max="2" value="0" aria-label="Scanned pages that are read"' in page
    assert ">Look again</a>" in page, "for who has no JavaScript"
    asks = f"/documents/{document.pk}/reading?v=2-0"
    assert f'hx-get="{asks}&amp;page=' in page
    assert browser.get(asks).status_code == 204
    document.pages.filter(number=2).update(source=TextSource.OCR, confidence=90, text="el azúcar")
    answer = browser.get(asks).content.decode()
    assert "1 of 2 scanned pages read." in answer
    assert "el azúcar" in answer
    assert 'id="page-2" data-keep' in answer, "what somebody reads is left alone"
    assert "<html" not in answer
    road.read(document.pk)
    answer = browser.get(f"/documents/{document.pk}/reading?v=1-0").content.decode()
    assert 'data-ended="yes" data-number=' in answer
    assert "hx-get" not in answer, "it asks no more"
    assert "<progress" not in answer
    assert '<span id="language">Spanish</span>' in answer
    looks = AuditEntry.objects.filter(action="document-viewed", object_id=str(document.pk))
    assert looks.count() == 3, "a look that shows nothing new is none"


@pytest.mark.parametrize(
    ("confidence", "says", "is_unsure"),
    [
        (0.0, "Nothing could be recognised; look at the original", True),
        (None, "nothing to read on this page", False),
    ],
)
def test_only_a_blank_page_has_nothing_to_read(
    send: Send, garza: Patient, confidence: float | None, says: str, is_unsure: bool
) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    document.pages.filter(number=2).update(source=TextSource.OCR, confidence=confidence)
    user = factories.make_user("v", garza.clinic, "viewer")
    assert says in factories.browser_of(user).get(f"/documents/{document.pk}").content.decode()
    pages = factories.client_of(user).get(f"{factories.API}/documents/{document.pk}/pages").json()["pages"]
    assert (pages[1]["confidence"], pages[1]["is_unsure"]) == (confidence, is_unsure)


def test_an_unsure_page_says_so(send: Send, garza: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document.objects.get(pk=send(NAMED, SCAN, walk=True).pk)
    document.pages.filter(number=2).update(source=TextSource.OCR, confidence=41.0, text="gl0c0sa")
    browser = factories.browser_of(factories.make_user("v", garza.clinic, "viewer"))
    said = browser.get(f"/documents/{document.pk}").content.decode()
    assert "Recognised with low confidence, 41 of 100" in said
