"""The first frame of a DICOM file as a small picture, decoded within limits."""

import math
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut

from files.errors import FileRejected
from imaging import errors
from imaging.dicom.part10 import Opened
from imaging.dicom.patient import text_of
from imaging.dicom.tones import to_grey
from imaging.limits import MAX_DECODE_BYTES
from imaging.pixels.shrink import shrink, to_screen

_DEPTHS = frozenset({1, 8, 16})
_PIXEL_DATA = 0x7FE00010
_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_OPENED_BY_PILLOW = frozenset(
    {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEG2000Lossless, uid.JPEG2000}
)
_UNTOUCHED = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)

Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The image pixel module (PS3.3, C.7.6.3), as far as decoding needs it, with sane values."""

    rows: int
    columns: int
    samples: int
    bits: int
    bits_stored: int
    is_signed: bool
    is_planar: bool
    colours: str
    frames: int

    @property
    def bytes_per_pixel(self) -> int:
        """That decoding holds in memory: stored values twice, wider ones if signed, colours of a palette."""
        wider = 4 * self.is_signed + 6 * (self.colours == "PALETTE COLOR")
        return 2 * self.samples * math.ceil(self.bits / 8) + wider

    @property
    def stored_bytes(self) -> int:
        """Of all frames if they are not compressed; in YBR_FULL_422 two columns share their colours."""
        samples = 2 if self.colours == "YBR_FULL_422" else self.samples
        return math.ceil(self.rows * self.columns * samples * self.bits * self.frames / 8)


@dataclass(frozen=True, slots=True)
class Frame:
    """The first frame, small and ready for a screen, and the size in pixels that it has in the file."""

    picture: Image.Image
    width: int
    height: int
    frames: int


def first_frame(file: Opened, side_px: int, *, max_pixels: int) -> Frame:
    """Decode the first frame to at most `side_px` on its longer side; the others are counted, not decoded.

    `max_pixels` is the limit of that frame. Raises FileRejected "dicom-without-pixels",
    "transfer-syntax-unsupported", "image-incomplete", "image-damaged", "image-unsupported",
    "too-many-pixels", "too-much-memory".
    """
    if not file.skeleton.pixels_tag:
        raise errors.without_pixels(text_of(file.header, "Modality"))
    layout = _layout(file)
    _check(file, layout, max_pixels)
    values, colours = _decoded(file, layout)
    picture = _drawn(file, replace(layout, colours=colours), values, side_px)
    return Frame(picture, layout.columns, layout.rows, layout.frames)


def _layout(file: Opened) -> Layout:
    samples = _number(file, "SamplesPerPixel", 1)
    bits = _number(file, "BitsAllocated")
    colours = text_of(file.header, "PhotometricInterpretation") or ("MONOCHROME2" if samples == 1 else "RGB")
    layout = Layout(
        rows=_number(file, "Rows"),
        columns=_number(file, "Columns"),
        samples=samples,
        bits=bits,
        bits_stored=min(_number(file, "BitsStored", bits) or bits, bits),
        is_signed=_number(file, "PixelRepresentation", 0) == 1,
        is_planar=_number(file, "PlanarConfiguration", 0) == 1,
        colours=colours,
        frames=max(_number(file, "NumberOfFrames", 1), 1),
    )
    # Some writers announce colours shared by two columns and store them for each.
    is_whole = len(file.pixels) >= layout.rows * layout.columns * 3 * layout.frames
    if colours == "YBR_FULL_422" and file.syntax in _UNTOUCHED and is_whole:
        return replace(layout, colours="YBR_FULL")
    return layout


def _number(file: Opened, keyword: str, default: int | None = None) -> int:
    text = text_of(file.header, keyword)
    if not text and default is not None:
        return default
    try:
        return int(text)
    except ValueError:
        raise errors.damaged(f"{keyword} is missing or is no number") from None


def _check(file: Opened, layout: Layout, max_pixels: int) -> None:
    """Everything that headers alone can tell, before anything is decoded."""
    _check_syntax(file, layout)
    if layout.rows < 1 or layout.columns < 1 or layout.samples not in {1, 3}:
        raise errors.damaged("its size or its number of colours makes no sense")
    if layout.bits not in _DEPTHS or file.skeleton.pixels_tag != _PIXEL_DATA:
        raise errors.unsupported(f"keeps its pixels in {layout.bits} bits or as floating point numbers")
    pixels = layout.rows * layout.columns
    if pixels > max_pixels:
        raise errors.too_many_pixels(pixels, max_pixels)
    needed = pixels * layout.bytes_per_pixel
    if needed > MAX_DECODE_BYTES:
        raise errors.too_much_memory(needed, MAX_DECODE_BYTES)
    if file.syntax in _UNTOUCHED:
        is_whole = len(file.pixels) >= layout.stored_bytes
    else:
        is_whole = layout.frames <= file.skeleton.fragments
    if not is_whole:
        raise errors.incomplete()


def _check_syntax(file: Opened, layout: Layout) -> None:
    """Whether a decoder for this way of coding is installed here."""
    is_twelve_bit_jpeg = file.syntax == uid.JPEGExtended12Bit and layout.bits_stored > 8  # noqa: PLR2004
    try:
        is_known = get_decoder(file.syntax).is_available
    except NotImplementedError:
        is_known = False
    if is_twelve_bit_jpeg or not is_known:
        name = file.syntax.name if file.syntax != file.syntax.name else "an unknown one"
        raise errors.transfer_syntax_unsupported(name[:100])


def _decoded(file: Opened, layout: Layout) -> tuple[Values, str]:
    """Stored values of the first frame by row, column and sample, and how they mean colours."""
    if file.syntax in _OPENED_BY_PILLOW:
        _check_inner_picture(file, layout)
    options: dict[str, Any] = {
        "view_only": True,
        "pixel_keyword": "PixelData",
        "pixel_vr": file.skeleton.pixels_vr or "OW",
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "bits_allocated": layout.bits,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.is_signed),
        "planar_configuration": int(layout.is_planar),
        "photometric_interpretation": layout.colours,
        "number_of_frames": layout.frames,
    }
    pixels = file.pixels if file.syntax in _UNTOUCHED else bytes(file.pixels)
    try:
        values, properties = get_decoder(file.syntax).as_array(pixels, index=0, raw=True, **options)
    except (FileRejected, MemoryError):
        raise
    except Exception as error:
        raise (errors.incomplete() if "truncated" in str(error) else errors.damaged()) from error
    return values, str(properties.get("photometric_interpretation", layout.colours))


def _check_inner_picture(file: Opened, layout: Layout) -> None:
    """A compressed frame has a header of its own, which may claim another size than the file's."""
    try:
        frame = get_frame(bytes(file.pixels), 0, number_of_frames=layout.frames)
        with Image.open(BytesIO(frame), formats=("JPEG", "JPEG2000")) as inner:
            size, depth = inner.size, len(inner.getbands())
    except Exception as error:
        raise errors.damaged("its compressed frame has no header that can be read") from error
    if size != (layout.columns, layout.rows) or depth != layout.samples:
        raise errors.damaged("its compressed frame has another size than the file says")


def _drawn(file: Opened, layout: Layout, values: Values, side_px: int) -> Image.Image:
    """Small first, tones and colours after: what is linear may come in either order, and this is cheaper."""
    if layout.colours in _GREY:
        return to_grey(np.asarray(shrink(_as_grey_picture(values), side_px)), file.header)
    if layout.colours == "PALETTE COLOR":
        values = apply_color_lut(values, file.header)[..., :3]
    if values.dtype.itemsize > 1:
        shift = values.dtype.itemsize * 8 - 8 if layout.samples == 1 else max(layout.bits_stored - 8, 0)
        values = (values >> shift).astype(np.uint8)
    if values.ndim != 3:  # noqa: PLR2004  rows, columns, samples
        raise errors.unsupported("has colours of an unusual kind")
    mode = "YCbCr" if layout.colours.startswith("YBR_FULL") else "RGB"
    small = shrink(Image.fromarray(np.ascontiguousarray(values, dtype=np.uint8), mode), side_px)
    return to_screen(small.convert("RGB"), None)[0]


def _as_grey_picture(values: Values) -> Image.Image:
    if values.dtype.kind == "u":
        plain = values.astype(values.dtype.newbyteorder("<"), copy=False)
        return Image.fromarray(np.ascontiguousarray(plain))
    return Image.fromarray(values.astype(np.int32))
