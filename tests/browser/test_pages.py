"""Every page as a person meets it: clean for axe, light and dark, on a desk and on a phone; review by
keyboard alone.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Product, sign_in
from tests.faults.installation import eventually

DESK, PHONE = (1280, 860), (390, 844)
STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

ROSTER = "NHC;Apellidos;Nombre;Tel\n3000003792;Garza Tijerina;Esther;55\n77;Nueva;Ana;55\n;Nadie;;\n"


@pytest.fixture(scope="session")
def filled(product: Product) -> Product:
    """The demonstration folder is in: something is filed, held, duplicate and failed."""
    if not product.get("/api/v1/batches")["total"]:
        product.manage("demo")
        product.manage("import_folder", str(product.home / "demo-folder"))
    if not product.get("/api/v1/rosters")["total"]:
        (product.home / "roster.csv").write_text(ROSTER)
        product.manage("import_roster", "--dry-run", str(product.home / "roster.csv"))
    return product


def _addresses(product: Product) -> dict[str, str]:
    """The pages of a clinic at work, by the name of their screenshot."""
    batch = product.get("/api/v1/batches/recent?limit=1")["batches"][0]["id"]
    held = product.get("/api/v1/review")["files"][0]["id"]
    files = product.all_of(f"/api/v1/batches/{batch}/files", "files")
    picture = next(f for f in files if f["status"] == "COMPLETED" and f["image_id"])
    document = next(f for f in files if f["status"] == "COMPLETED" and f["document_id"])
    return {
        "batches": "/",
        "new": "/batches/new",
        "batch": f"/batches/{batch}",
        "receipt": f"/batches/{batch}/receipt",
        "review-list": "/review",
        "review": f"/review/{held}",
        "search": "/search",
        "patients": "/patients",
        "chart": f"/patients/{document['patient_id']}",
        "picture": f"/images/{picture['image_id']}",
        "document": f"/documents/{document['document_id']}",
        "account": "/account",
        "rosters": "/rosters",
        "roster": f"/rosters/{product.get('/api/v1/rosters/recent?limit=1')['rosters'][0]['id']}",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_pages_are_clean_for_axe_and_fit_the_window(
    filled: Product, browser: Browser, shots: Path, scheme: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, filled, "clinician")
    found: dict[str, list[str]] = {}
    for name, address in _addresses(filled).items():
        page.goto(filled.url + address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=shots / f"{name}-{scheme}-{size[0]}.png")
        found |= {name: problems} if (problems := _problems(page)) else {}
    context.close()
    assert found == {}


def test_a_reviewer_works_with_the_keyboard_alone(filled: Product, page: Page) -> None:
    sign_in(page, filled, "reviewer")
    page.goto(f"{filled.url}/review")
    before = filled.get("/api/v1/review")["total"]
    page.locator(".group-lines").get_by_role("link", name=re.compile("3000")).first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/review/[0-9a-f-]{36}"))
    _look(page)
    page.keyboard.press("1")
    assert eventually(lambda: filled.get("/api/v1/review")["total"] == before - 1, seconds=10)
    _look(page)
    page.keyboard.press("u")
    assert eventually(lambda: filled.get("/api/v1/review")["total"] == before, seconds=10)


def _look(page: Page) -> None:
    """The page takes no decision before the picture has been there for half a second."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)


def _problems(page: Page) -> list[str]:
    broken = Axe().run(page, options=STANDARDS).response["violations"]
    found = [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in broken]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, f"{width} px wider than the window"] if width > 0 else found
