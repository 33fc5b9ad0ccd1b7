"""Real DICOM files made in code: small functions that return bytes, the sound ones first, then the hostile.

Colour files show `tests.samples.scene()`, grey ones a ramp that is brighter to the right. `SOUND` is the
table of the ways of coding that must be taken in.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import set_pixel_data
from pydicom.sequence import Sequence

from imaging.dicom.job import examine
from imaging.facts import ExaminedDicom
from tests.samples import HEIGHT, WIDTH, saved, scene

CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.88.11"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
IMPLICIT, EXPLICIT = uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian
BIG, DEFLATED = uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian

Values = np.ndarray[Any, np.dtype[Any]]


def header(**elements: Any) -> Dataset:
    """A header with its identifiers; `elements` by keyword come on top."""
    made = Dataset()
    made.SOPClassUID = SECONDARY_CAPTURE
    made.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.3"
    made.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    made.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.2"
    made.Modality = "XC"
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def ramp(highest: int = 4000, *, dtype: str = "uint16", lowest: int = 0) -> Values:
    """Grey values from `lowest` at the left to `highest` at the right."""
    return np.tile(np.linspace(lowest, highest, WIDTH).astype(dtype), (HEIGHT, 1))


def with_pixels(values: Values, colours: str, *, bits_stored: int | None = None, **elements: Any) -> Dataset:
    """A header with these values as its pixels; frames by rows by columns (by three)."""
    made = header(**elements)
    bits = bits_stored or values.dtype.itemsize * 8
    plain = values.astype(values.dtype.newbyteorder("<"))
    set_pixel_data(made, plain, colours, bits, generate_instance_uid=False)
    return made


def grey(**elements: Any) -> Dataset:
    """A ramp of twelve bits in sixteen."""
    return with_pixels(ramp(), "MONOCHROME2", bits_stored=12, **elements)


def colour(**elements: Any) -> Dataset:
    return with_pixels(np.asarray(scene()), "RGB", **elements)


def palette() -> Dataset:
    """The scene in 64 colours, whose table has sixteen bits a step."""
    picture = scene().quantize(64)
    made = with_pixels(np.asarray(picture), "MONOCHROME2")
    made.PhotometricInterpretation = "PALETTE COLOR"
    steps = np.zeros((64, 3), dtype=np.uint16)
    colours = np.array(picture.getpalette(), dtype=np.uint16).reshape(-1, 3)[:64]
    steps[: len(colours)] = colours * 257
    for index, name in enumerate(("Red", "Green", "Blue")):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [64, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", steps[:, index].astype("<u2").tobytes())
    return made


def written(made: Dataset, syntax: str = EXPLICIT, *, preamble: bytes = bytes(128)) -> bytes:
    """The file of a header in this transfer syntax; its pixels must be coded so already."""
    made = made.copy()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.UID(syntax)
    buffer = io.BytesIO()
    if syntax == BIG:
        made = big_endian(made)
    made.save_as(
        buffer, implicit_vr=syntax == IMPLICIT, little_endian=syntax != BIG, enforce_file_format=True
    )
    data = buffer.getvalue()
    return preamble + data[128:]


def big_endian(made: Dataset) -> Dataset:
    """Pixels of sixteen bits with their bytes the other way round, which is for the writer to do."""
    made = made.copy()
    if made.BitsAllocated == 16:
        made["PixelData"].value = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
    return made


def jpeg_inside(picture: Image.Image | None = None, **elements: Any) -> bytes:
    """JPEG baseline of YCbCr, as cameras and ultrasound machines write it."""
    picture = picture or scene()
    made = changed(colour(**elements), PhotometricInterpretation="YBR_FULL_422")
    made.PixelData = encapsulate([saved(picture, "JPEG", quality=92)])
    made["PixelData"].VR = "OB"
    return written(made, uid.JPEGBaseline8Bit)


def jpeg_inside_grey() -> bytes:
    made = with_pixels(ramp(255, dtype="uint8"), "MONOCHROME2")
    made.PixelData = encapsulate([saved(Image.fromarray(ramp(255, dtype="uint8")), "JPEG", quality=92)])
    made["PixelData"].VR = "OB"
    return written(made, uid.JPEGBaseline8Bit)


def run_lengths(made: Dataset) -> bytes:
    """The same pixels in RLE."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = EXPLICIT
    made.compress(uid.RLELossless, generate_instance_uid=False)
    return written(made, uid.RLELossless)


def frames(count: int = 3) -> bytes:
    """So many frames of which only the first shows the scene."""
    pictures = [np.asarray(scene(seed=number)) for number in range(count)]
    return written(with_pixels(np.stack(pictures), "RGB"))


def inside(syntax: str) -> bytes:
    """A file that says this transfer syntax, with something compressed in it."""
    made = grey()
    made.PixelData = encapsulate([b"\xff\xd8\xff\xc3 something compressed"])
    made["PixelData"].VR = "OB"
    return written(made, syntax)


def without_preamble() -> bytes:
    return written(grey())[132:]


def brightness_and_colour_apart() -> bytes:
    """Uncompressed YBR_FULL."""
    return written(with_pixels(np.asarray(scene().convert("YCbCr")), "YBR_FULL"))


SOUND: Mapping[str, tuple[Callable[[], bytes], bool]] = {
    "explicit": (lambda: written(grey()), False),
    "implicit": (lambda: written(grey(), IMPLICIT), False),
    "big endian": (lambda: written(grey(), BIG), False),
    "deflated": (lambda: written(grey(), DEFLATED), False),
    "run lengths": (lambda: run_lengths(grey()), False),
    "JPEG grey": (jpeg_inside_grey, False),
    "no preamble": (without_preamble, False),
    "eight bits": (lambda: written(with_pixels(ramp(255, dtype="uint8"), "MONOCHROME2")), False),
    "sixteen bits": (lambda: written(with_pixels(ramp(65535), "MONOCHROME2")), False),
    "signed": (
        lambda: written(with_pixels(ramp(1000, dtype="int16", lowest=-1000), "MONOCHROME2")),
        False,
    ),
    "light is dark": (
        lambda: written(with_pixels(ramp(0, lowest=4000), "MONOCHROME1", bits_stored=12)),
        False,
    ),
    "colour": (lambda: written(colour()), True),
    "colour implicit": (lambda: written(colour(), IMPLICIT), True),
    "colour big endian": (lambda: written(colour(), BIG), True),
    "colour run lengths": (lambda: run_lengths(colour()), True),
    "colour JPEG": (jpeg_inside, True),
    "colour by planes": (lambda: written(by_planes()), True),
    "colour apart": (brightness_and_colour_apart, True),
    "palette": (lambda: written(palette()), True),
    "palette run lengths": (lambda: run_lengths(palette()), True),
    "several frames": (frames, True),
}


def by_planes() -> Dataset:
    """All red, then all green, then all blue."""
    made = colour()
    made.PixelData = np.asarray(scene()).transpose(2, 0, 1).tobytes()
    made.PlanarConfiguration = 1
    return made


def look(data: bytes, place: Path, **changed: Any) -> ExaminedDicom:
    """What the job tells of these bytes; it draws into `place`."""
    path = place / "staged"
    path.write_bytes(data)
    variants = [{"name": "thumbnail", "side_px": 15}, {"name": "preview", "side_px": 240}]
    usual = {"path": str(path), "scratch": str(place), "variants": variants, "max_pixels": 1_000_000}
    return examine(**{**usual, **changed})


# --- hostile files


def element(tag: int, vr: bytes, length: int, value: bytes = b"") -> bytes:
    """One explicit element whose length says what it likes."""
    group, number = tag >> 16, tag & 0xFFFF
    if vr in {b"OB", b"OW", b"SQ", b"UN", b"UT"}:
        return struct.pack("<HH2sHI", group, number, vr, 0, length) + value
    return struct.pack("<HH2sH", group, number, vr, length) + value


def raw(*elements: bytes, syntax: bytes = b"1.2.840.10008.1.2.1\0") -> bytes:
    """A file of these elements behind a sound meta group."""
    meta = element(0x00020010, b"UI", len(syntax), syntax)
    length = element(0x00020000, b"UL", 4, struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + b"".join(elements)


def image_elements() -> bytes:
    """Everything from group 0028 on of a sound grey file."""
    whole = written(grey())
    return whole[whole.index(struct.pack("<HH2s", 0x0028, 0x0002, b"US")) :]


def deep(levels: int) -> bytes:
    """Sequences inside each other, none of which ends."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    one = element(0x00400275, b"SQ", 0xFFFFFFFF) + item
    return raw(element(0x00080060, b"CS", 2, b"CT"), one * levels)


def deflate_bomb(megabytes: int) -> bytes:
    """A private element of zeros, a thousandth as large when deflated."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    squeezed = squeeze.compress(element(0x00091010, b"OB", megabytes << 20))
    for _ in range(megabytes):
        squeezed += squeeze.compress(bytes(1 << 20))
    return raw(squeezed + squeeze.flush(), syntax=b"1.2.840.10008.1.2.1.99")


def changed(made: Dataset, **elements: Any) -> Dataset:
    """The same with other values; None takes an element away."""
    for keyword, value in elements.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    return made


def report() -> bytes:
    """A structured report: words, and no pixels."""
    content = Dataset()
    content.ValueType, content.TextValue = "TEXT", "No fracture."
    made = header(SOPClassUID=STRUCTURED_REPORT, Modality="SR", ContentSequence=Sequence([content]))
    return written(made)


def wrapped_pdf() -> bytes:
    made = header(
        SOPClassUID=ENCAPSULATED_PDF, Modality="DOC", MIMETypeOfEncapsulatedDocument="application/pdf"
    )
    made.EncapsulatedDocument = b"%PDF-1.4\n%%EOF\n"
    return written(made)
