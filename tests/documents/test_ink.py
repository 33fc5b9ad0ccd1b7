"""Only a page with nothing on it is blank: grain and shadows are paper, a pen's faint stroke is not."""

import math
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from documents.ink import has_ink

A4_AT_200_DPI = (1654, 2339)


def paper(tone: int, grain: float = 0.0) -> Image.Image:
    """A sheet of one grey, with the grain that a scanner gives it."""
    if not grain:
        return Image.new("L", A4_AT_200_DPI, tone)
    return Image.effect_noise(A4_AT_200_DPI, grain).point(lambda level: max(0, min(255, level - 128 + tone)))


def written(sheet: Image.Image, *, tone: int, width: int) -> Image.Image:
    """A wavy line of four centimetres, as a hand writes."""
    wave = [(300 + 2 * at, 600 + 30 * math.sin(at / 4)) for at in range(150)]
    ImageDraw.Draw(sheet).line(wave, fill=tone, width=width)
    return sheet


def shadow() -> Image.Image:
    """A sheet that did not lie flat."""
    return Image.linear_gradient("L").resize(A4_AT_200_DPI).point(lambda level: 160 + level // 3)


def photograph() -> Image.Image:
    """Structure everywhere, and no paper."""
    return Image.effect_mandelbrot(A4_AT_200_DPI, (-2.5, -1.5, 1.5, 1.5), 100)


PAGES: list[tuple[str, Callable[[], Image.Image], bool]] = [
    ("white", lambda: paper(255), False),
    ("grey", lambda: paper(90), False),
    ("grainy", lambda: paper(235, 5), False),
    ("very grainy", lambda: paper(235, 12), False),
    ("shadow", shadow, False),
    ("pen", lambda: written(paper(255), tone=60, width=3), True),
    ("pencil", lambda: written(paper(240), tone=200, width=2), True),
    ("pencil on grainy paper", lambda: written(paper(235, 8), tone=170, width=3), True),
    ("light on dark", lambda: written(paper(20), tone=220, width=3), True),
    ("photograph", photograph, True),
]


@pytest.mark.parametrize(("_name", "page", "expected"), PAGES, ids=[name for name, *_ in PAGES])
def test_ink_is_told_from_paper(_name: str, page: Callable[[], Image.Image], expected: bool) -> None:
    assert has_ink(page(), 200) is expected
