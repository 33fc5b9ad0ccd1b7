"""The product as a newcomer gets it: a clean copy of the repository, `make run`, and a real Chromium in
front of it.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.faults.installation import ROOT, eventually, free_port
from tests.services import chromium

# A first start fetches every package.
FIRST_START_SECONDS = 400
STOP_SECONDS = 60
USERS = "demo-users.json"
SHOTS = ROOT / "var" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a real Chromium."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Product:
    """A running Intake: its address, its checkout, and the demonstration folder."""

    port: int
    checkout: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        """Where its data lives by default."""
        return self.checkout / "var"

    def manage(self, *arguments: str) -> str:
        """The output of a management command that must succeed, as a person runs it."""
        command = [".venv/bin/python", "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=self.checkout, env=_environment(), capture_output=True, text=True, check=True
        )
        return done.stdout

    def password_of(self, user: str) -> str:
        """As `make run` printed it."""
        passwords: dict[str, str] = json.loads((self.home / USERS).read_text())
        return passwords[user]

    def get(self, path: str) -> Any:
        """JSON from the REST interface."""
        return json.loads(self.get_bytes(path))

    def get_bytes(self, path: str) -> bytes:
        """Bytes from the REST interface, by the token of a clinician."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        token = (self.checkout / "token").read_text()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.status == 200, (path, answer.status)
        return answer.read()

    def all_of(self, path: str, name: str) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.get(f"{path}?limit=200&page={1 + len(found) // 200}")
            found += answer[name]
            if len(found) >= answer["total"]:
                return found


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Clean copy → `make run` → 200 on /readyz; everything it started is gone afterwards."""
    checkout = tmp_path_factory.mktemp("newcomer") / "intake"
    _copy_repository(checkout)
    one = Product(free_port(), checkout)
    out = checkout.parent / "out.txt"
    with out.open("w") as log:
        run = subprocess.Popen(
            ["make", "run"],
            cwd=checkout,
            env=_environment() | {"PORT": str(one.port)},
            stdout=log,
            stderr=log,
        )
        try:
            is_up = eventually(
                lambda: run.poll() is not None or _is_ready(one.port), seconds=FIRST_START_SECONDS
            )
            assert is_up, out.read_text()
            assert run.poll() is None, out.read_text()
            (checkout / "token").write_text(
                one.manage("create_token", "--user", "clinician").splitlines()[-1]
            )
            yield one
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(timeout=STOP_SECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without calls home."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield one
        one.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop window that fails the test when a script fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    one, failures = context.new_page(), []
    one.on("pageerror", lambda error: failures.append(str(error)))
    yield one
    context.close()
    assert failures == []


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots for the README and the user guide are left."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


def sign_in(page: Page, product: Product, user: str) -> None:
    """By the keyboard, as a person does."""
    page.goto(f"{product.url}/account/login")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(product.password_of(user))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _copy_repository(target: Path) -> None:
    """What a clone would hold, and what is about to be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (source := ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def _environment() -> dict[str, str]:
    """A newcomer's: nothing of ours is set."""
    ours = ("INTAKE_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PORT", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
