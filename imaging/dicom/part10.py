"""Opens a DICOM file (PS3.10): its transfer syntax, its header within limits, the bytes of its pixels."""

import logging
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom import config
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from imaging import errors
from imaging.dicom.skeleton import Skeleton, has_explicit_vr, walk

MAX_INFLATED_BYTES = 128 * 1024 * 1024
"""What a deflated dataset may become: 64 megapixels of 16 bits."""

_META_BYTES = 1 << 20
_META_GROUP = 2
_MARK_AT = 128
_HIGHEST_GROUP_READ_AS_LITTLE = 0x0400  # of the first element: 0x0008 with its bytes changed is 0x0800
_WANTED = tuple(
    Tag(keyword)
    for keyword in (
        *("SpecificCharacterSet", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
        *("Modality", "Manufacturer", "ManufacturerModelName", "BodyPartExamined"),
        *("Laterality", "ImageLaterality", "FrameLaterality", "NumberOfFrames"),
        *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime"),
        *("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"),
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
        *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "Rows", "Columns"),
        *("BitsAllocated", "BitsStored", "PixelRepresentation"),
        *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
        *("RescaleIntercept", "RescaleSlope", "ModalityLUTSequence"),
        *("RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"),
        *("GreenPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableData"),
        *("BluePaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableData"),
        "SegmentedRedPaletteColorLookupTableData",
        "SegmentedGreenPaletteColorLookupTableData",
        "SegmentedBluePaletteColorLookupTableData",
    )
)
"""All that is ever read; private elements, and whatever else names somebody, stay in the file."""

# Both quote what stands in the file, and that names somebody.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
config.settings.reading_validation_mode = config.IGNORE


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened file: its header without private elements, how its pixels are coded, and their bytes."""

    header: Dataset
    syntax: UID
    skeleton: Skeleton
    pixels: memoryview


def open_dicom(path: Path) -> Opened:
    """Open a DICOM file with or without its preamble.

    Raises FileRejected "image-incomplete", "image-damaged", "too-much-memory" (deflated beyond the limit).
    """
    data = memoryview(path.read_bytes())
    syntax, start = _meta(data)
    if syntax == DeflatedExplicitVRLittleEndian:
        return _opened(memoryview(_inflated(data[start:])), syntax)
    return _opened(data[start:], syntax)


def _opened(content: memoryview, syntax: UID) -> Opened:
    if not content:
        raise errors.incomplete()
    is_little = not _is_big_endian(content, syntax)
    # Like every reader, believe the first element where it contradicts what was announced.
    is_implicit = is_little and not has_explicit_vr(content)
    skeleton = walk(content, is_implicit=is_implicit, is_little=is_little)
    header = read_dataset(
        BytesIO(content[: skeleton.header_end]),
        is_implicit_VR=is_implicit,
        is_little_endian=is_little,
        specific_tags=list(_WANTED),
    )
    known = syntax or (ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian)
    known = known if is_little else ExplicitVRBigEndian
    return Opened(header, known, skeleton, content[skeleton.pixels_start : skeleton.pixels_end])


def _meta(data: memoryview) -> tuple[UID, int]:
    """The transfer syntax (empty: not said) and where the dataset starts (PS3.10, 7.1)."""
    start = _MARK_AT + 4 if bytes(data[_MARK_AT : _MARK_AT + 4]) == b"DICM" else 0
    head = BytesIO(data[start : start + _META_BYTES])
    meta = read_dataset(head, is_implicit_VR=False, is_little_endian=True, stop_when=_is_behind_meta)
    said = meta.get("TransferSyntaxUID")
    return UID(str(said or "")), start + head.tell()


def _is_behind_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != _META_GROUP


def _is_big_endian(content: memoryview, syntax: UID) -> bool:
    if syntax:
        return syntax == ExplicitVRBigEndian
    group = int.from_bytes(content[:2], "little")
    return group >= _HIGHEST_GROUP_READ_AS_LITTLE and has_explicit_vr(content)


def _inflated(data: memoryview) -> bytes:
    """PS3.5, A.5: everything behind the meta information as one raw deflate stream."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(data, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise errors.damaged("it cannot be decompressed") from error
    if inflater.unconsumed_tail:
        raise errors.too_much_memory(MAX_INFLATED_BYTES + 1, MAX_INFLATED_BYTES)
    if not inflater.eof:
        raise errors.incomplete()
    return content
