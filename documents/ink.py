"""Is there anything on a page? Decided from its picture, for pages on which no word was recognised."""

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter

_CELL_INCH = 0.02  # half a millimetre: a pen's stroke darkens it, a scanner's grain evens out in it
_AROUND_CELLS = 10  # the paper's own tone is that of five millimetres around, so shadows are no ink
_FEWEST_CELLS = 6  # a square millimetre and a half: more than dust, less than a word
# Grey levels, of 256, by which ink stands out: eight times what the grain of the paper does, within these.
_LEAST, _MOST, _TIMES_THE_GRAIN = 10, 40, 8


def has_ink(picture: Image.Image, dpi: int) -> bool:
    """Does something stand out from the paper of this page, a picture in mode "L"?

    Noise, an even tone and a slow shadow are paper. A stain counts: whoever is told to look at a page for
    nothing has lost less than whoever is told that there is nothing on it.
    """
    cells = picture.reduce(max(1, round(dpi * _CELL_INCH)))
    paper = cells.filter(ImageFilter.BoxBlur(_AROUND_CELLS))
    differences = ImageChops.difference(cells, paper).histogram()
    return sum(differences[_beyond_grain(differences) :]) >= _FEWEST_CELLS


def _beyond_grain(differences: Sequence[int]) -> int:
    """From how many grey levels on a cell is no paper any more: most of a page is paper, so half of it is."""
    half, seen, grain = sum(differences) / 2, 0, 0
    while (seen := seen + differences[grain]) < half:
        grain += 1
    return min(max(_LEAST, _TIMES_THE_GRAIN * grain), _MOST)
