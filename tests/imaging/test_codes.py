"""A label is read off a photograph as a person holds it, and nothing is read that is not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from zxingcpp import BarcodeFormat

from imaging.cards import number_on
from imaging.codes import codes_in
from imaging.decode import examine
from imaging.facts import Code
from tests import sample_labels as labels
from tests import samples
from tests.sample_labels import CODE_128, DATA_MATRIX, QR

NUMBER = "10423381"
FORMS = {"QR": QR, "Data Matrix": DATA_MATRIX, "Code 128": CODE_128}


def seen(photograph: Image.Image) -> list[Code]:
    return codes_in(photograph, photograph)


PHOTOGRAPHS: dict[str, dict[str, Any]] = {
    "straight": {},
    "a little askew": {"angle": 9},
    "upside down": {"angle": 180},
    "on its side": {"angle": 90},
    "on its side and askew": {"angle": 262},
    "from the side": {"tilt": 0.25},
    "out of focus": {"blur_px": 2.2},
    "in a dark room": {"light": 0.4},
    "all at once": {"angle": -7, "tilt": 0.15, "blur_px": 1.6, "light": 0.5},
}


@pytest.mark.parametrize("options", PHOTOGRAPHS.values(), ids=PHOTOGRAPHS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_label_is_read_as_a_person_holds_it(form: BarcodeFormat, options: dict[str, Any]) -> None:
    found = seen(labels.photograph(labels.label(NUMBER, form, width_px=480), **options))
    assert [(code["text"], code["format"]) for code in found] == [(NUMBER, form.name)]
    assert number_on(found) == NUMBER


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("angle", [-58, -24, 23, 45, 66, 152])
def test_a_label_is_read_at_any_angle(form: BarcodeFormat, angle: int) -> None:
    found = seen(labels.photograph(labels.label(NUMBER, form, width_px=560), angle=angle))
    assert [code["text"] for code in found] == [NUMBER]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_wristband_is_read(form: BarcodeFormat) -> None:
    assert number_on(seen(labels.wristband(NUMBER, form))) == NUMBER


def test_several_labels_come_with_their_share_of_the_picture_the_largest_first() -> None:
    small = labels.label("SECOND-1", QR, width_px=200)
    large = labels.label("FIRST-1", QR, width_px=500)
    found = seen(labels.photograph(small, large))
    assert [code["text"] for code in found] == ["FIRST-1", "SECOND-1"]
    shares = [code["area_fraction"] for code in found]
    quiet = (21 / 29) ** 2  # modules of the code, and with the white around it
    assert shares[0] == pytest.approx(quiet * 500 * 500 / (1600 * 1200), rel=0.1)
    assert shares[1] == pytest.approx(quiet * 200 * 200 / (1600 * 1200), rel=0.1)


def test_bars_count_as_a_quarter_as_high_as_they_are_wide() -> None:
    (found,) = seen(labels.photograph(labels.label(NUMBER, CODE_128, width_px=800)))
    assert found["area_fraction"] == pytest.approx(0.25 * (800 * 79 / 99) ** 2 / (1600 * 1200), rel=0.1)


def test_long_texts_and_many_codes_are_bounded() -> None:
    long = labels.label("A" * 600, QR, width_px=700)
    assert [len(code["text"]) for code in seen(labels.photograph(long))] == [200]
    wall = Image.new("L", (1500, 1500), 255)
    for number in range(16):
        code = labels.printed(f"CODE-{number}", QR).resize((300, 300))
        wall.paste(code, (number % 4 * 370, number // 4 * 370))
    assert len(seen(wall)) == 8


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("10423381\tGARCIA\r\nMARIA\n", "10423381|GARCIA|MARIA"),
        ("Peña\u200b Núñez", "Peña  Núñez"),
        ("  10423381 ", "10423381"),
        ("   ", None),
    ],
    ids=["fields", "invisible", "blanks around", "only blanks"],
)
def test_only_what_can_be_printed_is_told(written: str, text: str | None) -> None:
    assert [code["text"] for code in seen(labels.printed(written, QR))] == ([text] if text else [])


def test_the_marks_of_gs1_are_told_as_they_are_printed_below_the_bars() -> None:
    (found,) = seen(labels.printed("(8018)341234512345678906", CODE_128, gs1=True))
    assert found["text"] == "(8018)341234512345678906"
    assert number_on([found]) == "341234512345678906"


@pytest.mark.parametrize(
    "picture",
    [samples.scene(), samples.x_ray(), samples.scene().convert("1"), Image.new("RGB", (1, 1))],
    ids=["scene", "X-ray", "black and white", "one pixel"],
)
def test_a_picture_without_a_label_has_no_codes(picture: Image.Image) -> None:
    assert codes_in(picture, picture.convert("L")) == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), grain=st.integers(1, 12), steps=st.sampled_from([2, 4, 256]))
def test_noise_says_nothing(seed: int, grain: int, steps: int) -> None:
    random = np.random.default_rng(seed)
    small = random.integers(0, steps, (960 // grain, 1280 // grain)) * (255 // (steps - 1))
    noise = Image.fromarray(small.astype(np.uint8)).resize((1280, 960), Image.Resampling.NEAREST)
    assert number_on(seen(noise)) is None


def told(data: bytes, kind: str, place: Path) -> list[Code]:
    """What the job tells of the codes in this file."""
    (place / "staged").write_bytes(data)
    found = examine(
        path=str(place / "staged"),
        kind=kind,
        scratch=str(place),
        max_pixels=20_000_000,
        max_frames=5,
        variants=[{"name": "preview", "side_px": 800}],
        today="2026-05-04",
    )
    return found["codes"]


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_the_job_tells_the_codes_of_every_kind_of_picture(kind: str, tmp_path: Path) -> None:
    photograph = labels.photograph(labels.label(NUMBER, CODE_128, width_px=640))
    assert number_on(told(samples.saved(photograph, kind.upper()), kind, tmp_path)) == NUMBER


def test_a_large_picture_that_lies_on_its_side_is_read(tmp_path: Path) -> None:
    photograph = labels.photograph(labels.label(NUMBER, QR, width_px=400)).resize((4000, 3000))
    codes = told(samples.jpeg(photograph, orientation=6), "jpeg", tmp_path)
    assert [code["text"] for code in codes] == [NUMBER]
