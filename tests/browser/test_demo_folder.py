"""The promise of the README's first page: start it, sign in, drop the folder, and every file is where it
belongs.
"""

import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, sign_in

Row = dict[str, Any]


@pytest.fixture
def expected(product: Product) -> list[Row]:
    """The demonstration folder on the disk, and what should become of each of its files."""
    lines = product.manage("demo", "--json").splitlines()
    return [json.loads(line) for line in lines]


def drop(page: Page, folder: Path, target: str) -> None:
    """A real drop of a folder from the file manager: Chromium reads it from the disk itself."""
    box = page.locator(target).bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "data": data}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at})


def test_the_demonstration_folder_ends_in_the_right_charts(
    product: Product, page: Page, shots: Path, expected: list[Row]
) -> None:
    sign_in(page, product, "clinician")
    _upload(page, product, expected, shots)
    # Leave while it works, come back, and find it all there.
    address = page.url
    page.goto(f"{product.url}/patients")
    page.goto(address)
    live = page.locator("#live")
    expect(live).to_have_attribute("data-ended", "yes", timeout=180_000)
    expect(live).to_have_attribute("data-status", "PARTIAL")
    page.screenshot(path=shots / "batch.png")
    batch = address.rstrip("/").rpartition("/")[2]
    _receipt_adds_up(page, product, batch, expected, shots)
    _files_are_where_they_belong(product, batch, expected)
    _sizes_are_right(product, batch)


def _upload(page: Page, product: Product, expected: list[Row], shots: Path) -> None:
    page.goto(f"{product.url}/batches/new")
    drop(page, product.home / "demo-folder", "#dropzone")
    button = page.locator("#start-upload")
    expect(button).to_have_text(f"Upload {len(expected)} files")
    expect(button).to_be_enabled(timeout=30_000)
    page.screenshot(path=shots / "chosen.png")
    button.click()
    expect(page).to_have_url(re.compile(r"/batches/[0-9a-f-]{36}$"), timeout=20_000)
    expect(page.locator("[data-says]")).to_contain_text("You can leave this page", timeout=120_000)


def _receipt_adds_up(page: Page, product: Product, batch: str, expected: list[Row], shots: Path) -> None:
    wanted = Counter(row["status"] for row in expected)
    receipt = product.get(f"/api/v1/batches/{batch}/receipt")
    parts = {name: receipt[name] for name in ("filed", "review", "duplicate", "failed", "cancelled")}
    assert receipt["dropped"] == len(expected) == sum(parts.values())
    assert parts == {
        "filed": wanted["COMPLETED"],
        "review": wanted["REVIEW"],
        "duplicate": wanted["DUPLICATE"],
        "failed": wanted["FAILED"],
        "cancelled": wanted["CANCELLED"],
    }
    page.get_by_role("link", name="Receipt").first.click()
    page.wait_for_load_state()
    page.screenshot(path=shots / "receipt.png")


def _files_are_where_they_belong(product: Product, batch: str, expected: list[Row]) -> None:
    charts = {patient["id"]: patient["mrn"] for patient in product.all_of("/api/v1/patients", "patients")}
    found = {
        file["path"].partition("/")[2]: (file["status"], charts.get(file["patient_id"]))
        for file in product.all_of(f"/api/v1/batches/{batch}/files", "files")
    }
    assert found == {row["path"]: (row["status"], row["patient"]) for row in expected}


def _sizes_are_right(product: Product, batch: str) -> None:
    """The demonstration's pictures are larger than a preview, which so has the full 800 px on its longer
    side.
    """
    files = product.all_of(f"/api/v1/batches/{batch}/files", "files")
    pictures = [file["image_id"] for file in files if file["status"] == "COMPLETED" and file["image_id"]]
    assert len(pictures) > 40
    for picture in pictures[::10]:
        for name, side_px in (("thumbnail", 150), ("preview", 800)):
            assert max(_jpeg_size(product.get_bytes(f"/api/v1/images/{picture}/{name}"))) == side_px


def _jpeg_size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size
