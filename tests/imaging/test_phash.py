"""Pictures that look alike have hashes that differ in few bits, others in many."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance

from imaging.pixels.phash import differing_bits, is_flat, perceptual_hash
from tests import samples

ORIGINAL = samples.scene(640, 480)


def saved_again(picture: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(samples.saved(picture, "JPEG", quality=40)))


@pytest.mark.parametrize(
    "change",
    [
        saved_again,
        lambda picture: picture.resize((160, 120), Image.Resampling.LANCZOS),
        lambda picture: picture.resize((1500, 1125), Image.Resampling.BICUBIC),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
        lambda picture: ImageEnhance.Contrast(picture).enhance(0.8),
        lambda picture: picture.convert("L"),
    ],
    ids=["saved again", "smaller", "larger", "brighter", "paler", "grey"],
)
def test_the_same_picture_treated_mildly_keeps_its_hash(change: Callable[[Image.Image], Image.Image]) -> None:
    assert differing_bits(perceptual_hash(ORIGINAL), perceptual_hash(change(ORIGINAL))) <= 4


@pytest.mark.parametrize(
    "other",
    [
        ORIGINAL.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        ORIGINAL.transpose(Image.Transpose.ROTATE_90),
        Image.effect_noise((640, 480), 90),
        samples.x_ray().convert("L"),
    ],
    ids=["mirrored", "turned", "noise", "ramp"],
)
def test_another_picture_has_another_hash(other: Image.Image) -> None:
    assert differing_bits(perceptual_hash(ORIGINAL), perceptual_hash(other)) >= 12


def test_the_hash_is_64_bits_as_hex() -> None:
    found = perceptual_hash(ORIGINAL)
    assert len(found) == 16
    assert 0 < int(found, 16) < 1 << 64


@pytest.mark.parametrize("grey", [0, 1, 127, 255])
def test_a_picture_of_one_colour_is_known_as_such(grey: int) -> None:
    assert is_flat(perceptual_hash(Image.new("L", (300, 200), grey)))
    assert not is_flat(perceptual_hash(ORIGINAL))


def test_bits_are_counted_one_by_one() -> None:
    assert differing_bits("0" * 16, "f" + "0" * 15) == 4
    assert differing_bits("0123456789abcdef", "0123456789abcdef") == 0
