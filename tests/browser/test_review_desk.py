"""The review desk as reviewers meet it: sixty files by keyboard alone, two people at once, clean for axe."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.browser import review_folder
from tests.browser.conftest import SHOTS, Product, sign_in
from tests.browser.review_folder import ASIDE, STRANGER, STRANGERS_NUMBER, TWIN, Truth
from tests.faults.installation import eventually

DESK, PHONE = (1280, 800), (390, 844)
STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
MOST_ACTIONS = 60


@dataclass(frozen=True)
class Ward:
    """Sixty files that wait in one batch, with whose each is."""

    batch: str
    truths: list[Truth]
    people: list[dict[str, str]]

    @property
    def queue(self) -> str:
        """The address of the batch's own queue."""
        return f"/review?batch={self.batch}"


@pytest.fixture(scope="module")
def ward(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Ward:
    """The folder is in, and every file of it waits for a person; tests that share it decide nothing."""
    return _filled(product, tmp_path_factory.mktemp("ward"))


@pytest.fixture
def own_ward(product: Product, tmp_path: Path) -> Ward:
    """The same for one test alone."""
    return _filled(product, tmp_path)


def _filled(product: Product, folder: Path) -> Ward:
    salt = product.get("/api/v1/batches")["total"]
    people = _unmistakable(product.all_of("/api/v1/patients", "patients"))
    review_folder.write(folder / "before", review_folder.before(people, salt))
    product.manage("import_folder", str(folder / "before"))
    truths = review_folder.write(folder / "ward", review_folder.sixty(people, salt))
    product.manage("import_folder", str(folder / "ward"))
    batch = product.get("/api/v1/batches/recent?limit=1")["batches"][0]["id"]
    ward = Ward(batch, truths, people)
    assert _waiting(product, ward) == len(truths) == 60
    return ward


@dataclass
class Hands:
    """A reviewer who has nothing but a keyboard, and counts."""

    page: Page
    pressed: int = 0
    seen: list[str] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        """One action a key."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, words: str) -> None:
        """Typing is as many actions as it has letters."""
        self.page.keyboard.type(words)
        self.pressed += len(words)

    def look(self) -> str:
        """The name of the file in front, once the page takes a decision about it."""
        self.page.wait_for_load_state("networkidle")
        self.page.locator("#desk:not([aria-busy])").wait_for()
        self.page.wait_for_timeout(700)
        name = self.page.locator("#desk-title [data-name]")
        return name.inner_text() if name.count() else ""


def test_two_reviewers_at_once_never_get_the_same_group(
    own_ward: Ward, product: Product, browser: Browser
) -> None:
    ward = own_ward
    pages = [_at_work(browser, product, user) for user in ("reviewer", "clinician")]
    for page in pages:
        page.goto(product.url + ward.queue)
    for page in pages:
        page.get_by_role("button", name="Start").click(no_wait_after=True)
    for _ in range(4):
        looks = [Hands(page).look() for page in pages]
        assert len(set(looks)) == len(pages), looks
        for page in pages:
            page.keyboard.press("Enter")
    assert _waiting(product, ward) == 60
    for page in pages:
        page.context.close()


def test_a_question_is_about_what_is_in_front_and_nothing_undelivered_is_left_in_silence(
    own_ward: Ward, product: Product, page: Page
) -> None:
    ward = own_ward
    sign_in(page, product, "reviewer")
    page.goto(product.url + ward.queue)
    name = ward.people[0]["family_name"]
    page.locator(".group-lines").get_by_role("link", name=re.compile(name)).first.click()
    hands, bar, strip = Hands(page), page.locator("#confirm"), page.locator(".strip a")
    hands.look()
    hands.press("1")
    expect(bar).to_contain_text("14 files go")
    strip.nth(2).click()
    expect(bar).to_be_visible()  # all fourteen are still what it asks about
    hands.look()
    hands.press("Escape", "g", "x")
    expect(bar).to_contain_text("1 file goes to no chart")
    strip.nth(4).click()
    expect(bar).to_be_hidden()
    hands.look()
    page.context.set_offline(True)
    hands.press("1")
    expect(page.locator("#troubles")).to_contain_text("could not be reached")
    page.context.set_offline(False)
    warned: list[str] = []

    def accept(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.goto(product.url + "/patients")
    assert warned == ["beforeunload"]
    assert _waiting(product, ward) == 60


def test_a_refusal_is_said_and_leads_back_to_the_file(own_ward: Ward, product: Product, page: Page) -> None:
    ward = own_ward
    sign_in(page, product, "reviewer")
    page.goto(product.url + ward.queue)
    name = ward.people[0]["family_name"]
    page.locator(".group-lines").get_by_role("link", name=re.compile(name)).first.click()
    hands = Hands(page)
    name = hands.look()
    page.context.set_offline(True)
    hands.press("1", "Enter")
    trouble = page.locator("#troubles")
    expect(trouble).to_contain_text("could not be reached")
    expect(trouble).to_contain_text("14 files")
    page.context.set_offline(False)
    assert _waiting(product, ward) == 60
    trouble.get_by_role("button", name="Try again").click()
    assert eventually(lambda: _waiting(product, ward) == 46, seconds=20)
    assert hands.look() != name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.usefixtures("shots")
def test_the_desk_is_clean_for_axe_and_fits_the_window(
    ward: Ward, product: Product, browser: Browser, scheme: Any, size: tuple[int, int]
) -> None:
    page = _at_work(browser, product, "reviewer", size=size, scheme=scheme)
    found: dict[str, list[str]] = {}
    for view in _views(page, product, ward, is_phone=size == PHONE):
        page.screenshot(path=SHOTS / f"review-desk-{view}-{scheme}-{size[0]}.png")
        found |= {view: problems} if (problems := _problems(page, size)) else {}
    page.context.close()
    assert found == {}


def test_sixty_files_are_reviewed_by_keyboard_alone_in_fewer_actions_than_there_are_files(
    own_ward: Ward, product: Product, page: Page, shots: Path
) -> None:
    """Last, because it makes the stranger a patient."""
    ward = own_ward
    sign_in(page, product, "reviewer")
    page.goto(product.url + ward.queue)
    page.get_by_role("button", name="Start").focus()
    hands = Hands(page)
    hands.press("Enter")
    page.wait_for_url(re.compile(r"/review/[0-9a-f-]{36}"))
    _first_group_by_mistake_and_back(hands, shots)
    while name := hands.look():
        assert name not in hands.seen, "a group that was decided came back"
        hands.seen.append(name)
        _decide(hands, name, ward)
    expect(page.get_by_text("Nothing else waits for you")).to_be_visible()
    assert hands.pressed < MOST_ACTIONS
    assert eventually(lambda: _waiting(product, ward) == 0, seconds=30)
    assert _places(product, ward) == _right_places(ward)
    assert page.locator("#troubles").inner_text() == ""
    (shots / "review-desk-times.json").write_text(json.dumps(_times(page, hands)))


def _times(page: Page, hands: Hands) -> dict[str, Any]:
    """Not judged here: a machine under test is no stopwatch."""
    measured = "performance.getEntriesByName('intake-next-group').map((each) => Math.round(each.duration))"
    return {"actions": hands.pressed, "next_group_ms": page.evaluate(measured)}


def _first_group_by_mistake_and_back(hands: Hands, shots: Path) -> None:
    """Set aside, taken back by one key: the whole group waits again."""
    hands.look()
    hands.press("Enter")
    first = hands.look()
    hands.press("1")
    expect(hands.page.locator("#confirm")).to_be_visible()
    hands.page.screenshot(path=shots / "review-desk-confirm.png")
    hands.press("Enter")
    hands.look()
    hands.press("u")
    expect(hands.page.locator("#last")).to_contain_text("Taken back")
    assert hands.look() == first


def _decide(hands: Hands, name: str, ward: Ward) -> None:
    by_name = {truth.path.rpartition("/")[2]: truth for truth in ward.truths}
    truth = by_name[name]
    if truth.path.startswith("Card/"):
        hands.press("s")
        hands.type(truth.mrn)
        expect(hands.page.locator("#found")).to_contain_text("1 patient found")
        hands.press("Enter")
        hands.page.wait_for_timeout(200)
        hands.press("1", "Enter")
    elif truth.outcome == ASIDE:
        hands.press("x", "x")
    elif truth.outcome == STRANGER:
        hands.press("n", "Enter")
        expect(hands.page.locator("#last")).to_contain_text("new provisional patient")
    elif truth.outcome == TWIN:
        hands.press("k")
    else:
        button = hands.page.locator(f".candidate [data-who-is^='{truth.mrn}']")
        hands.press(str(button.get_attribute("data-key")), "Enter")


def _views(page: Page, product: Product, ward: Ward, *, is_phone: bool) -> Iterator[str]:
    """The queue, a group, the question before it is decided, the keys, a single, the same picture twice."""
    page.goto(product.url + ward.queue)
    page.wait_for_load_state("networkidle")
    yield "queue"
    _open(page, product, ward, ward.people[0]["family_name"])
    yield "group"
    page.locator("[data-key='1']").click()
    yield "question"
    page.get_by_role("button", name="Go back").click()
    if not is_phone:
        page.get_by_role("button", name="What the keys do").click()
        yield "keys"
        page.get_by_role("button", name="Close").click()
    _open(page, product, ward, "DSC_0999")
    yield "single"
    _open(page, product, ward, ward.people[6]["mrn"])
    yield "twin"
    _open(page, product, ward, STRANGERS_NUMBER)
    page.locator("#new-patient summary").click()
    yield "stranger"


def _open(page: Page, product: Product, ward: Ward, name: str) -> None:
    page.goto(product.url + ward.queue)
    page.locator(".group-lines").get_by_role("link", name=re.compile(name)).first.click()
    Hands(page).look()


def _at_work(
    browser: Browser, product: Product, user: str, *, size: tuple[int, int] = DESK, scheme: Any = "light"
) -> Page:
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=size == PHONE
    )
    page = context.new_page()
    sign_in(page, product, user)
    return page


def _problems(page: Page, size: tuple[int, int]) -> list[str]:
    broken = Axe().run(page, options=STANDARDS).response["violations"]
    found = [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in broken]
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    higher = page.evaluate("document.documentElement.scrollHeight - window.innerHeight")
    if wider > 0:
        found.append(f"{wider} px wider than the window")
    if higher > 0 and size == DESK and page.locator("article.desk").count():
        found.append(f"{higher} px higher than the window")
    return found


def _waiting(product: Product, ward: Ward) -> int:
    counts: dict[str, int] = product.get(f"/api/v1/batches/{ward.batch}/status")["counts"]
    return counts["review"]


def _places(product: Product, ward: Ward) -> dict[str, tuple[str, str]]:
    numbers = {each["id"]: each["mrn"] for each in product.all_of("/api/v1/patients", "patients")}
    files = product.all_of(f"/api/v1/batches/{ward.batch}/files", "files")
    return {file["path"]: (file["status"], numbers.get(file["patient_id"], "")) for file in files}


def _right_places(ward: Ward) -> dict[str, tuple[str, str]]:
    return {
        truth.path: ("CANCELLED", "") if truth.outcome == ASIDE else ("COMPLETED", truth.mrn)
        for truth in ward.truths
    }


def _unmistakable(patients: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those of two surnames that nobody else has together, by record number."""
    pairs = Counter(_surnames(each) for each in patients)
    fit = [
        each
        for each in patients
        if len(_surnames(each)) == 2 and pairs[_surnames(each)] == 1 and each["given_names"]
    ]
    return sorted(fit, key=lambda each: each["mrn"])


def _surnames(patient: dict[str, str]) -> frozenset[str]:
    return frozenset(patient["family_name"].lower().split())
