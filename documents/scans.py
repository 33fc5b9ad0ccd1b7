"""Puts pictures of pages together into one PDF, in the sandboxed child; no picture loses a dot.

A JPEG goes in byte for byte, as a PDF can hold it; every frame of a TIFF becomes a page; all else is packed
without loss.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pikepdf
from PIL import Image, ImageOps, ImageSequence

from documents import errors

_POINTS_PER_INCH = 72
_USUAL_DPI = 200
_SENSIBLE_DPI = (50, 1200)
_COLOUR_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}
_UPRIGHT = 1
_ORIENTATION = 0x0112


class Joined(TypedDict):
    """What was written: the bare name of the PDF in the scratch directory, its bytes and its pages."""

    file: str
    size: int
    pages: int


def join(*, paths: Sequence[str], scratch: str, max_pages: int, max_pixels: int) -> Joined:
    """Write a PDF of the pictures at `paths`, in their order, into the directory `scratch`.

    Each page has the size that its picture's resolution says, 200 dots per inch where it says none. Raises
    FileRejected "scan-unreadable" with the number of the picture (from 1), "too-many-pages",
    "too-many-pixels".
    """
    target = Path(scratch) / "joined.pdf"
    with pikepdf.new() as pdf:
        for number, path in enumerate(paths, start=1):
            try:
                _add_pages(pdf, Path(path), max_pixels, max_pages)
            except (OSError, ValueError, SyntaxError, EOFError, zlib.error) as error:
                raise errors.scan_unreadable(number) from error
        pages = len(pdf.pages)
        pdf.save(target, deterministic_id=True)
    return Joined(file=target.name, size=target.stat().st_size, pages=pages)


def _add_pages(pdf: pikepdf.Pdf, path: Path, max_pixels: int, max_pages: int) -> None:
    with Image.open(path, formats=("JPEG", "PNG", "TIFF", "WEBP")) as picture:
        for frame in ImageSequence.Iterator(picture):
            if frame.width * frame.height > max_pixels:
                raise errors.scan_too_large(frame.width * frame.height, max_pixels)
            if len(pdf.pages) >= max_pages:
                raise errors.too_many_pages(len(pdf.pages) + 1, max_pages)
            _add_page(pdf, frame, path)


def _add_page(pdf: pikepdf.Pdf, frame: Image.Image, path: Path) -> None:
    dpi = _dpi(frame)
    stream, (width, height) = _packed(pdf, frame, path)
    size = [round(width / dpi * _POINTS_PER_INCH, 2), round(height / dpi * _POINTS_PER_INCH, 2)]
    pdf.add_blank_page(page_size=(size[0], size[1]))
    page = pdf.pages[-1]
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=stream))
    page.Contents = pdf.make_stream(f"q {size[0]} 0 0 {size[1]} 0 0 cm /Scan Do Q".encode())


def _packed(pdf: pikepdf.Pdf, frame: Image.Image, path: Path) -> tuple[pikepdf.Stream, tuple[int, int]]:
    """The picture as a PDF holds it, and its size in pixels."""
    frame.load()  # decodes all of it: what is cut must not become a page
    if _goes_in_whole(frame):
        stream = pikepdf.Stream(pdf, path.read_bytes())
        stream.Filter = pikepdf.Name.DCTDecode
        mode, size = frame.mode, frame.size
    else:
        upright = ImageOps.exif_transpose(frame)
        flat = upright.convert("L" if upright.mode in {"1", "L", "I;16", "I"} else "RGB")
        stream = pikepdf.Stream(pdf, zlib.compress(flat.tobytes()))
        stream.Filter = pikepdf.Name.FlateDecode
        mode, size = flat.mode, flat.size
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace = pikepdf.Name(_COLOUR_SPACES[mode])
    stream.BitsPerComponent = 8
    return stream, size


def _goes_in_whole(frame: Image.Image) -> bool:
    is_upright = frame.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT
    return frame.format == "JPEG" and frame.mode in _COLOUR_SPACES and is_upright


def _dpi(frame: Image.Image) -> float:
    said = frame.info.get("dpi") or (_USUAL_DPI, _USUAL_DPI)
    dpi = float(said[0])
    low, high = _SENSIBLE_DPI
    return dpi if low <= dpi <= high else _USUAL_DPI
