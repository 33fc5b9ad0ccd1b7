"""What every template keeps: inputs named at its top, nothing inline, drawings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_template_opens_with_a_comment_that_names_its_inputs(path: Path) -> None:
    assert re.match(r"\{# .+ #\}", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_nothing_is_inline_because_the_policy_would_block_it(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|hx-vals=.js:|javascript:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", path.read_text())


def test_every_drawing_that_is_named_exists() -> None:
    sprite = (ROOT / "static/img/icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', sprite))
    text = "".join(path.read_text() for path in TEMPLATES)
    named = set(re.findall(r'_icon\.html" with name="([a-z]+)"', text))
    named |= set(re.findall(r'Badge\("[^"]+", "([a-z]+)"', (ROOT / "batches/views/words.py").read_text()))
    assert named
    assert named <= drawn


def test_no_script_keeps_names_in_the_browser() -> None:
    for path in (ROOT / "static/js").glob("*.js"):
        for key in re.findall(r"(?:local|session)Storage\.setItem\(([^,]+),", path.read_text()):
            assert key in {'"intake-theme"', "SETTING"}, path.name
