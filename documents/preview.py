"""Draws the first page of a PDF, small: the size is computed from the page before a pixel is made."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import pypdfium2
from PIL import Image
from pypdfium2 import raw

DRAWING_SECONDS = 8.0
"""A page that takes longer is filed without its picture: drawing plans and bombs, not letters."""

JPEG_QUALITY = 80
_WHITE = (255, 255, 255, 255)


class Wanted(TypedDict):
    """A picture of the first page to make: its name, and the longest side it may have in pixels."""

    name: str
    side_px: int


class Made(TypedDict):
    """A picture that was made: a JPEG in the scratch directory; `file` is its bare name, `size` its bytes."""

    name: str
    width: int
    height: int
    size: int
    file: str


def draw(page: Any, side_px: int) -> Image.Image | None:
    """The page on white as mode "RGB", its longer side `side_px`, with annotations and filled-in forms.

    None if the page has no sensible size, or is not done after `DRAWING_SECONDS`.
    """
    return _drawn(page, side_px, raw.FPDFBitmap_BGR, raw.FPDF_REVERSE_BYTE_ORDER)


def draw_grey(page: Any, side_px: int) -> Image.Image | None:
    """The same in mode "L", for whoever reads and does not look."""
    return _drawn(page, side_px, raw.FPDFBitmap_Gray, raw.FPDF_GRAYSCALE)


def _drawn(page: Any, side_px: int, dots: int, flags: int) -> Image.Image | None:
    size = fitted(page.get_size(), side_px)
    if size is None:
        return None
    is_reversed = bool(flags & raw.FPDF_REVERSE_BYTE_ORDER)
    bitmap = pypdfium2.PdfBitmap.new_native(*size, dots, rev_byteorder=is_reversed)
    bitmap.fill_rect(_WHITE, 0, 0, *size)
    # bitmap, page, left, top, width, height in pixels, no turn
    where = (bitmap, page, 0, 0, *size, 0, raw.FPDF_ANNOT | flags)
    status = raw.FPDF_RenderPageBitmap_Start(*where, _pause_after(DRAWING_SECONDS))
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        return None
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, *where)
    picture: Image.Image = bitmap.to_pil().copy()
    return picture


def fitted(size_pt: tuple[float, float], side_px: int) -> tuple[int, int] | None:
    """Width and height in pixels of a page of this size in points, each at least 1; None for nonsense."""
    longer = max(size_pt)
    if not (math.isfinite(longer) and min(size_pt) > 0):
        return None
    return max(1, round(size_pt[0] * side_px / longer)), max(1, round(size_pt[1] * side_px / longer))


def write_variants(picture: Image.Image, variants: Sequence[Wanted], scratch: Path) -> list[Made]:
    """From the largest to the smallest, each made from the one before it; returned in the order asked for."""
    made = {}
    for wanted in sorted(variants, key=lambda wanted: wanted["side_px"], reverse=True):
        picture.thumbnail((wanted["side_px"], wanted["side_px"]), Image.Resampling.LANCZOS)
        made[wanted["name"]] = _write_jpeg(picture, wanted["name"], scratch)
    return [made[wanted["name"]] for wanted in variants]


def _write_jpeg(picture: Image.Image, name: str, scratch: Path) -> Made:
    target = scratch / f"{name}.jpg"
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    size = target.stat().st_size
    return Made(name=name, width=picture.width, height=picture.height, size=size, file=target.name)


def _pause_after(seconds: float) -> Any:
    """pdfium asks between its steps whether it should stop."""
    end = time.monotonic() + seconds
    pause = raw.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda _pause: time.monotonic() > end)
    return pause
