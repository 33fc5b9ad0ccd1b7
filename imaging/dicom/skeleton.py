"""Looks at a DICOM file's skeleton before pydicom does: is it whole, how deep, and where are the pixels?"""

import struct
from dataclasses import dataclass

from imaging import errors

MAX_ELEMENTS = 300_000
"""Elements and items in one file; a series of 500 frames in one file has about 20,000."""

MAX_DEPTH = 32
"""Sequences inside each other; honest files have six. pydicom recurses once for each."""

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    {
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT"),
        *(b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    }
)
_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Where things are, in bytes from the start: the pixel element begins at `header_end`, its value runs
    from `pixels_start` to `pixels_end`; `fragments` counts the pieces of a compressed one (0: not in
    pieces). Without pixels `pixels_tag` is 0; where no value representation is said, `pixels_vr` is empty.
    """

    header_end: int
    pixels_tag: int = 0
    pixels_vr: str = ""
    pixels_start: int = 0
    pixels_end: int = 0
    fragments: int = 0


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    vr: bytes
    length: int
    value_at: int


def has_explicit_vr(data: memoryview) -> bool:
    """Whether the element at the start of `data` names its value representation (PS3.5, 7.1)."""
    return bytes(data[4:6]) in _LONG | _SHORT


def walk(data: memoryview, *, is_implicit: bool, is_little: bool) -> Skeleton:
    """Walk the elements of a dataset (PS3.5, 7) up to its pixels, reading only their headers.

    Raises FileRejected "image-incomplete" where an element reaches behind the end, "image-damaged" for
    absurdly many elements or sequences too deep inside each other.
    """
    order = "<" if is_little else ">"
    modes = [is_implicit]  # of each open sequence; below an unknown one all is implicit (PS3.5, 6.2.2)
    at = 0
    for _ in range(MAX_ELEMENTS):
        if at == len(data) and len(modes) == 1:
            return Skeleton(header_end=at)
        element = _read_element(data, at, order, is_implicit=modes[-1])
        if element.tag in _PIXELS and len(modes) == 1:
            return _with_pixels(data, at, element)
        if element.tag == _SEQUENCE_END and len(modes) > 1:
            modes.pop()
        elif _opens_a_sequence(element):
            modes.append(modes[-1] or element.vr == b"UN")
        at = _next(data, element)
        if len(modes) > MAX_DEPTH:
            raise errors.damaged(f"its sequences lie more than {MAX_DEPTH} deep inside each other")
    raise errors.damaged(f"it has more than {MAX_ELEMENTS:,} elements")


def _read_element(data: memoryview, at: int, order: str, *, is_implicit: bool) -> _Element:
    if at + _HEADER_BYTES > len(data):
        raise errors.incomplete()
    group, number, vr, short = struct.unpack_from(f"{order}HH2sH", data, at)
    tag = group << 16 | number
    # Some writers forget the representation within sequences, and delimiters never have one.
    if is_implicit or tag in {_ITEM, _ITEM_END, _SEQUENCE_END} or not b"AA" <= vr <= b"ZZ":
        return _Element(tag, b"", struct.unpack_from(f"{order}I", data, at + 4)[0], at + _HEADER_BYTES)
    if vr not in _LONG:
        return _Element(tag, vr, short, at + _HEADER_BYTES)
    if at + _HEADER_BYTES + 4 > len(data):
        raise errors.incomplete()
    return _Element(tag, vr, struct.unpack_from(f"{order}I", data, at + 8)[0], at + _HEADER_BYTES + 4)


def _opens_a_sequence(element: _Element) -> bool:
    is_item = element.tag in {_ITEM, _ITEM_END, _SEQUENCE_END}
    return element.length == _UNDEFINED and not is_item and element.vr in {b"", b"SQ", b"UN"}


def _next(data: memoryview, element: _Element) -> int:
    """Where the next header is: inside an item or an open sequence, behind everything else."""
    if element.tag == _ITEM or _opens_a_sequence(element):
        return element.value_at
    if element.tag in {_ITEM_END, _SEQUENCE_END}:
        return element.value_at
    if element.length == _UNDEFINED:
        return _fragments(data, element.value_at)[0] + _HEADER_BYTES
    if element.value_at + element.length > len(data):
        raise errors.incomplete()
    return element.value_at + element.length


def _with_pixels(data: memoryview, at: int, element: _Element) -> Skeleton:
    vr = element.vr.decode("ascii")
    if element.length == _UNDEFINED:
        end, items = _fragments(data, element.value_at)
        return Skeleton(at, element.tag, vr, element.value_at, end, max(items - 1, 0))  # first: the offsets
    end = element.value_at + element.length
    if end > len(data):
        raise errors.incomplete()
    return Skeleton(at, element.tag, vr, element.value_at, end)


def _fragments(data: memoryview, at: int) -> tuple[int, int]:
    """Where the delimiter of a value in pieces begins, and how many pieces it has (PS3.5, A.4)."""
    for items in range(MAX_ELEMENTS):
        if at + _HEADER_BYTES > len(data):
            raise errors.incomplete()
        group, number, length = struct.unpack_from("<HHI", data, at)
        if group << 16 | number == _SEQUENCE_END:
            return at, items
        if group << 16 | number != _ITEM:
            raise errors.damaged("its compressed pixels are not in pieces as they should be")
        at += _HEADER_BYTES + length
    raise errors.damaged(f"its pixels are in more than {MAX_ELEMENTS:,} pieces")
