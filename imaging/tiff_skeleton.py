"""Walks the directories of a TIFF, to tell a file that was cut off from one that is garbled."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

MAX_DIRECTORIES = 1_000
MAX_ENTRIES = 1_000
MAX_PIECES = 100_000

_TYPE_BYTES = dict(zip(range(1, 19), (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8), strict=True))
_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_STARTS, _LENGTHS = (273, 324), (279, 325)
_BIG = 43


@dataclass(frozen=True, slots=True)
class _Entry:
    """A tag's values: their type, how many, and where they lie in the file."""

    type: int
    count: int
    start: int

    @property
    def end(self) -> int:
        return self.start + self.count * _TYPE_BYTES.get(self.type, 0)


class _Layout:
    """Byte order and widths: TIFF 6.0, section 2, and BigTIFF, which doubles them."""

    def __init__(self, data: mmap) -> None:
        order = "<" if data[:2] == b"II" else ">"
        self.order = order
        self.is_big = struct.unpack_from(f"{order}H", data, 2)[0] == _BIG
        self.count = struct.Struct(f"{order}Q" if self.is_big else f"{order}H")
        self.offset = struct.Struct(f"{order}Q" if self.is_big else f"{order}I")
        self.entry = struct.Struct(f"{order}HHQ" if self.is_big else f"{order}HHI")
        self.entry_bytes = self.entry.size + self.offset.size
        (self.first,) = self.offset.unpack_from(data, 8 if self.is_big else 4)


def reaches_behind_end(data: mmap) -> bool:
    """Whether a directory, a tag's values or a strip of pixels lies behind the end of the file."""
    try:
        layout = _Layout(data)
        return any(_is_outside(data, layout, entries) for entries in _directories(data, layout))
    except (struct.error, OverflowError):  # reading itself ran behind the end
        return True


def _directories(data: mmap, layout: _Layout) -> Iterator[dict[int, _Entry]]:
    """The entries of each directory of the chain, once. Raises struct.error where the file ends too early."""
    offset, seen = layout.first, set[int]()
    while offset and offset not in seen and len(seen) < MAX_DIRECTORIES:
        seen.add(offset)
        (count,) = layout.count.unpack_from(data, offset)
        first, read = offset + layout.count.size, min(count, MAX_ENTRIES)
        yield dict(_entry(data, layout, first + number * layout.entry_bytes) for number in range(read))
        (offset,) = layout.offset.unpack_from(data, first + count * layout.entry_bytes)


def _entry(data: mmap, layout: _Layout, position: int) -> tuple[int, _Entry]:
    tag, type_, count = layout.entry.unpack_from(data, position)
    inline = position + layout.entry.size
    if count * _TYPE_BYTES.get(type_, 0) <= layout.offset.size:
        return tag, _Entry(type_, count, inline)
    return tag, _Entry(type_, count, layout.offset.unpack_from(data, inline)[0])


def _is_outside(data: mmap, layout: _Layout, entries: dict[int, _Entry]) -> bool:
    if any(entry.end > len(data) for entry in entries.values()):
        return True
    starts, lengths = (_numbers(data, layout, entries, tags) for tags in (_STARTS, _LENGTHS))
    return any(start + length > len(data) for start, length in zip(starts, lengths, strict=False))


def _numbers(
    data: mmap, layout: _Layout, entries: dict[int, _Entry], tags: tuple[int, ...]
) -> tuple[int, ...]:
    """The values of the first of these tags that is there."""
    entry = next((entries[tag] for tag in tags if tag in entries), None)
    if entry is None or entry.type not in _NUMBERS:
        return ()
    layout_of_values = f"{layout.order}{min(entry.count, MAX_PIECES)}{_NUMBERS[entry.type]}"
    return struct.unpack_from(layout_of_values, data, entry.start)
