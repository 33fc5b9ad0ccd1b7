"""Looks for a photographed label in a picture: QR, Data Matrix or Code 128, and nothing else."""

import math
import re
from collections.abc import Sequence

import numpy as np
import zxingcpp
from PIL import Image

from imaging.facts import Code
from imaging.pixels.shrink import fitted

SEARCHED_SIDE_PX = 1600
"""What is larger is shrunk by whole numbers until it fits: 8 ms where a label of a fifth of it is read."""

TILTED_SIDE_PX = 640
"""The same for turned copies, which cost as much again and are made where fine lines stand close together. A
card that is missed gives its shots to the card before it."""

_MOST_CODES = 8
_LONGEST_TEXT = 200
_BARS = "Code128"
_BARS_HEIGHT = 0.25  # of their width; the reader tells only of the few lines that it scanned
_FORMATS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128)
_FIELDS_APART = re.compile(r"[\t\r\n\x1c-\x1e]+")
_BARS_ONLY = (zxingcpp.BarcodeFormat.Code128,)
_TILTS = (30, -30)
_BLOCK_PX = 16
_FINE_BLOCKS, _FINE_STEPS = 8, 24  # of 255, between neighbours; skin has 5 to 20, bars by dim light 25
_READY_MODES = frozenset({"L", "RGB", "YCbCr"})


def codes_in(decoded: Image.Image, small: Image.Image) -> list[Code]:
    """Up to eight codes, the largest first, with what they say as printable text of up to 200 characters.

    Tabs and the ends of lines become `|`. `decoded` is the picture as its decoder left it and is searched
    where that is cheap; else `small` is, the copy for a screen. All are read at any angle; a Code 128 more
    than 15° off level or plumb must be a third as wide as the picture. Never raises: a picture without a
    readable code has none.
    """
    searched = decoded if decoded.mode in _READY_MODES else small
    try:
        grey = searched.reduce(math.ceil(max(searched.size) / SEARCHED_SIDE_PX)).convert("L")
        codes = _read(grey, _FORMATS) or _read_tilted(grey)
    except Exception:  # noqa: BLE001  the picture is what matters, the label is an extra
        return []
    return sorted(codes, key=lambda code: -code["area_fraction"])


def _read_tilted(grey: Image.Image) -> list[Code]:
    """The reader scans level and plumb; bars that lie between are turned until they do not."""
    small = grey.resize(fitted(grey.size, TILTED_SIDE_PX), Image.Resampling.BILINEAR, reducing_gap=1.0)
    if not _has_fine_lines(small):
        return []
    turned = (small.rotate(angle, Image.Resampling.BILINEAR) for angle in _TILTS)
    return next((codes for each in turned if (codes := _read(each, _BARS_ONLY))), [])


def _has_fine_lines(grey: Image.Image) -> bool:
    """Whether neighbours differ much all over several blocks, as they do across printed bars."""
    values = np.asarray(grey).astype(np.int16)
    steps = np.abs(np.diff(values, axis=0))[:, 1:] + np.abs(np.diff(values, axis=1))[1:]
    down, across = (side // _BLOCK_PX for side in steps.shape)
    whole = steps[: down * _BLOCK_PX, : across * _BLOCK_PX]
    blocks = whole.reshape(down, _BLOCK_PX, across, _BLOCK_PX).mean(axis=(1, 3))
    return bool((blocks >= _FINE_STEPS).sum() >= _FINE_BLOCKS)


def _read(grey: Image.Image, formats: Sequence[zxingcpp.BarcodeFormat]) -> list[Code]:
    # Not a constant: the sandbox freezes what lives, and the binding then complains at its end.
    wanted = zxingcpp.BarcodeFormats(formats)
    found = zxingcpp.read_barcodes(grey, formats=wanted, try_invert=False)
    codes = (_code(barcode, grey.width * grey.height) for barcode in found[:_MOST_CODES])
    return [code for code in codes if code["text"]]


def _code(barcode: zxingcpp.Barcode, pixels: int) -> Code:
    text = _FIELDS_APART.sub("|", barcode.text[: 2 * _LONGEST_TEXT].strip())
    visible = "".join(char if char.isprintable() else " " for char in text)
    name = barcode.format.name
    return Code(
        text=visible.strip()[:_LONGEST_TEXT],
        format=name,
        area_fraction=round(min(_area_px(barcode.position, has_bars=name == _BARS) / pixels, 1.0), 4),
    )


def _area_px(position: zxingcpp.Position, *, has_bars: bool) -> float:
    """Of the four-cornered shape, by the shoelace formula."""
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    if has_bars:
        across = math.dist((corners[0].x, corners[0].y), (corners[1].x, corners[1].y))
        return across * across * _BARS_HEIGHT
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(one.x * other.y - other.x * one.y for one, other in pairs)) / 2
