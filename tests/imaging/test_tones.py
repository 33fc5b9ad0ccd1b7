"""Deep grey is spread over the 256 steps of a screen, in order, and never fails on odd values."""

import numpy as np
import pytest
from PIL import Image

from imaging.pixels.tones import window_to_8_bit


def window(values: object, kind: str) -> list[list[int]]:
    picture = window_to_8_bit(Image.fromarray(np.array(values, dtype=kind)))
    assert picture.mode == "L"
    return np.asarray(picture).tolist()  # type: ignore[no-any-return]


def test_the_values_in_use_fill_the_screen_in_their_order() -> None:
    ramp = np.tile(np.arange(1000, 5000, 10), (50, 1))
    found = window(ramp, "uint16")[0]
    assert (found[0], found[-1]) == (0, 255)
    assert found == sorted(found)


def test_a_burnt_in_marker_does_not_darken_the_rest() -> None:
    film = np.tile(np.linspace(0, 4000, 400), (300, 1))
    film[:10, :10] = 65535
    assert window(film, "uint16")[200][399] == 255


def test_a_small_subject_on_an_even_ground_is_seen() -> None:
    ground = np.full((400, 400), 100)
    ground[5, 5] = 900
    found = window(ground, "int32")
    assert (found[5][5], found[0][0]) == (255, 0)


@pytest.mark.parametrize("value", [0, 4095, 65535])
def test_an_even_picture_is_even(value: int) -> None:
    assert set(map(tuple, window(np.full((4, 4), value), "uint16"))) == {(0, 0, 0, 0)}


def test_what_is_no_number_is_black() -> None:
    found = window([[float("nan"), float("inf"), float("-inf"), 1.0], [0.0, 0.25, 0.5, 1.0]], "float32")
    assert found[0][:3] == [0, 0, 0]
    assert found[1][0] < found[1][1] < found[1][2] < found[1][3]
