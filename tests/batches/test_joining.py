"""A folder of scans becomes one document, in the order of its names, whole or not at all, by choice."""

import io
from collections import Counter
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from batches import joining, tasks
from batches.actions.batch import retry_batch, start_batch
from batches.actions.intake import Announced, announce_files, cancel_file
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.selectors import receipt_of
from batches.states import JOINED, FileStatus
from clinics.access import Access
from documents.models import Document
from files import staging, storage
from files.errors import Refused
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send
from tests.flows.page_calls import text_of

pytestmark = pytest.mark.django_db

FOLDER = "cabinet/3000003792_GARZA TIJERINA, MARIA ESTHER_6001467010_CONS"


def scan(grey: int, kind: str = "JPEG", **more: Any) -> bytes:
    """A page of one grey, so that pages are told apart."""
    buffer = io.BytesIO()
    Image.new("L", (100, 140), grey).save(buffer, kind, dpi=(100, 100), **more)
    return buffer.getvalue()


@pytest.fixture
def scans(access: Access) -> Batch:
    return factories.make_batch(access.user, join_scans=True, start="manual")


def join_all(batch: Batch, actor: Any) -> None:
    """What the workers do once the bell has rung."""
    start_batch(batch=batch, actor=actor)
    batch.refresh_from_db()
    while batch.waits_for_joining:
        joining.join_next(batch)
        batch.refresh_from_db()
    for file in BatchFile.objects.filter(batch=batch, status=FileStatus.RECEIVED):
        run.process(file.pk)


def test_pages_become_one_document_in_the_order_of_their_names(
    scans: Batch, send: Send, garza: Patient, access: Access
) -> None:
    tiff = scan(200, "TIFF", save_all=True, append_images=[Image.new("L", (100, 140), 220)])
    for name, content in (("page 10.tif", tiff), ("page 2.png", scan(100, "PNG")), ("page 1.jpg", scan(20))):
        send(f"{FOLDER}/{name}", content, into=scans)
    alone = send("3000003792_Garza Tijerina_María Esther.jpg", scan(7), into=scans)
    join_all(scans, access.user)
    document = Document.objects.get(patient=garza)
    assert (document.page_count, document.type_code, document.episode) == (4, "CONS", "6001467010")
    stored = storage.open_object(document.original_key).read()
    pages = PdfDocument(stored)
    greys = [page.render().to_pil().convert("L").getpixel((50, 50)) for page in pages]
    assert greys == pytest.approx([20, 100, 200, 220], abs=3)
    assert [tuple(map(round, page.get_size())) for page in pages] == [(72, 101)] * 4
    assert scan(20) in stored, "a JPEG goes in byte for byte"
    alone.refresh_from_db()
    assert (alone.status, alone.kind) == (FileStatus.COMPLETED, "jpeg")


def test_pages_are_set_aside_with_their_bytes_and_the_receipt_adds_up(
    scans: Batch, send: Send, garza: Patient, access: Access
) -> None:
    pages = [send(f"{FOLDER}/{n}.jpg", scan(n * 30), into=scans) for n in (1, 2, 3)]
    join_all(scans, access.user)
    receipt = receipt_of(scans)
    assert (receipt.dropped, receipt.joined, receipt.made) == (3, 3, 1)
    assert (receipt.filed, receipt.cancelled, receipt.adds_up) == (1, 0, True)
    for page in pages:
        page.refresh_from_db()
        assert page.events.last().code == JOINED  # type: ignore[union-attr]
        assert len(page.sha256) == 64
        assert staging.path_of(page.storage_key).exists()


def test_joined_pages_are_called_so_wherever_numbers_are_told(
    scans: Batch, send: Send, garza: Patient, access: Access
) -> None:
    for n in (1, 2, 3):
        send(f"{FOLDER}/{n}.jpg", scan(n * 30), into=scans)
    away = send("away.jpg", scan(9), into=scans)
    cancel_file(file=away, actor=access.user)
    join_all(scans, access.user)
    assert receipt_of(scans).words == (
        "4 dropped − 3 joined into 1 document + 1 document = 1 filed + 0 for review + 0 duplicates"
        " + 0 failed + 1 cancelled"
    )
    browser, api = factories.browser_of(access.user), factories.client_of(access.user)
    page = text_of(browser.get(f"/batches/{scans.pk}"))
    assert "1 filed, 1 cancelled, 3 pages joined" in page
    assert "2 of 2 settled" in page
    assert "A page of the document" in page
    joined, cancelled = page.index('id="group-JOINED"'), page.index('id="group-CANCELLED"')
    assert page[joined:cancelled].count('data-status="CANCELLED"') == 3
    assert "They are in no chart" not in page[joined:cancelled]
    printed = text_of(browser.get(f"/batches/{scans.pk}/receipt"))
    assert "3 pages were joined into 1 document, which is counted in their place." in printed
    receipt = api.get(f"{factories.API}/batches/{scans.pk}/receipt").json()
    numbers = ("dropped", "joined", "made", "filed", "cancelled", "adds_up")
    assert [receipt[name] for name in numbers] == [4, 3, 1, 1, 1, True]
    assert Counter(file["outcome"] for file in receipt["files"]) == {"joined": 3, "filed": 1, "cancelled": 1}


def test_a_page_that_cannot_be_read_keeps_the_whole_folder_from_the_chart(
    scans: Batch, send: Send, garza: Patient, access: Access
) -> None:
    send(f"{FOLDER}/1.jpg", scan(20), into=scans)
    send(f"{FOLDER}/2.jpg", scan(90)[:400], into=scans)
    other = send(f"{FOLDER.replace('CONS', 'LAB')}/1.jpg", scan(50), into=scans)
    join_all(scans, access.user)
    failed = BatchFile.objects.filter(batch=scans, status=FileStatus.FAILED)
    assert {file.error_code for file in failed} == {"folder-not-joined"}
    assert failed[0].error_message.startswith("2.jpg cannot be read")
    assert len(failed) == 2
    other.refresh_from_db()
    assert other.status == FileStatus.CANCELLED
    assert Document.objects.get(patient=garza).type_code == "LAB"
    assert retry_batch(batch=scans, actor=access.user) == 2


def test_nothing_starts_before_the_last_page_has_come(scans: Batch, send: Send, access: Access) -> None:
    announce_files(batch=scans, entries=[Announced(f"{FOLDER}/2.jpg", 999)])
    send(f"{FOLDER}/1.jpg", scan(20), into=scans)
    with pytest.raises(Refused) as caught:
        start_batch(batch=scans, actor=access.user)
    assert caught.value.code == "pages-awaited"


def test_on_arrival_the_last_page_starts_it_and_the_bell_brings_folder_after_folder(
    access: Access, send: Send, garza: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = factories.make_batch(access.user, join_scans=True)
    rung: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda ids, **_: rung.extend(map(str, ids)))
    entries = [Announced(f"{FOLDER} {n}/1.jpg", len(scan(n))) for n in (1, 2)]
    rows = announce_files(batch=batch, entries=entries)
    for row, grey in zip(rows, (1, 2), strict=True):
        factories.fill(row, scan(grey))
    rung.append(str(rows[1].pk))
    while rung:
        tasks.process_file(rung.pop(0))
    batch.refresh_from_db()
    assert batch.joined_at is not None
    assert sorted(batch.files.values_list("path", flat=True)) == sorted(
        [*(entry.path for entry in entries), f"{FOLDER} 1.pdf", f"{FOLDER} 2.pdf"]
    )
    assert not batch.files.filter(status=FileStatus.RECEIVED).exists()


def test_who_is_second_leaves_no_trace(scans: Batch, send: Send, access: Access, garza: Patient) -> None:
    send(f"{FOLDER}/1.jpg", scan(20), into=scans)
    start_batch(batch=scans, actor=access.user)
    (found,) = joining._folders(scans)
    joining.join_next(scans)
    name, pages = found
    joining._settle(scans, name, pages, staging.take_in(staging.path_of(pages[0].storage_key)))
    assert scans.files.count() == 2


def test_numbers_in_names_count_by_their_value(scans: Batch, send: Send) -> None:
    names = ["b.jpg", "10.jpg", "9.jpg", "a 2.jpg", "a 10.jpg", "A 1.jpg"]
    rows = [BatchFile(path=f"x/{name}", size=1) for name in names]
    ordered = [row.name for row in joining.in_name_order(rows)]
    assert ordered == ["9.jpg", "10.jpg", "A 1.jpg", "a 2.jpg", "a 10.jpg", "b.jpg"]
