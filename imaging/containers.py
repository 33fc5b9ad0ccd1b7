"""Looks at a picture's skeleton before Pillow does: is the file whole, and is its structure within reason?"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from imaging import errors
from imaging.tiff_skeleton import reaches_behind_end

MAX_PARTS = 100_000
"""Segments or chunks in one file. Honest files have thousands; Pillow keeps each of them as an object."""

MAX_SCANS = 100
"""Scans of a progressive JPEG. Encoders write about ten; each one costs a walk over the whole picture."""

_SOS = 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xDA)}
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xCA}
_LOSSLESS_OR_HIERARCHICAL = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
_HUFFMAN = {0xC0, 0xC1, 0xC2}
_SAMPLE_BITS = 8
_BLOCKS_PER_BYTE = 4  # the shortest block there is: one bit for its average, one to say that nothing follows
_WEBP_SIDE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What the container alone gives away: how many pixels one frame claims (0: only Pillow can tell), what a
    decoder holds in memory beside them, and whether there are too few bytes for so many pixels."""

    pixels: int = 0
    side_memory_bytes: int = 0
    is_too_short: bool = False


def check_container(path: Path, kind: str) -> Skeleton:
    """Walk the parts of a file of this kind, reading only their headers.

    Raises FileRejected "image-incomplete" if a part reaches behind the end of the file, "image-damaged" if
    there are absurdly many, "image-unsupported" for kinds of JPEG that no ordinary decoder knows.
    """
    if not path.stat().st_size:
        raise errors.incomplete()  # and nothing to map
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return _CHECKS[kind](data)


def is_cut_off(path: Path, kind: str) -> bool:
    """Whether a file that does not decode was cut off rather than garbled; only a TIFF needs to be asked."""
    if kind != "tiff":
        return False
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return reaches_behind_end(data)


def _check_jpeg(data: mmap) -> Skeleton:
    """ITU-T T.81, annex B: the frame header says the sampling, the first scan header how it is spread."""
    frame = None
    for marker, start, end in _segments(data):
        if end > len(data):
            break
        if marker in _FRAMES and frame is None:
            frame = _Frame(marker, data[start:end])
        if marker == _SOS and frame is not None:
            if _is_spread(data, frame, start):
                return Skeleton(frame.pixels, side_memory_bytes=frame.coefficient_bytes)
            return Skeleton(frame.pixels, is_too_short=frame.least_bytes > len(data) - start)
    raise errors.incomplete()


def _segments(data: mmap) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's content; stray bytes between are skipped, as decoders do."""
    position = 2
    for _ in range(MAX_PARTS):
        position = data.find(b"\xff", position)
        if position < 0 or position + 4 > len(data):
            return
        marker = data[position + 1]
        if marker in {0x00, 0xFF}:
            position += 1
        elif marker in _STANDALONE:
            position += 2
        else:
            end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
            yield marker, position + 4, end
            position = end
    raise errors.damaged(f"it has more than {MAX_PARTS:,} segments")


class _Frame:
    """A frame header: precision, lines, samples per line, then three bytes for each component."""

    def __init__(self, marker: int, content: bytes) -> None:
        try:
            bits, height, width, components = struct.unpack_from(">BHHB", content)
            factors = [content[7 + 3 * number] for number in range(components)]
        except (struct.error, IndexError):
            raise errors.damaged("its frame header is too short") from None
        if marker in _LOSSLESS_OR_HIERARCHICAL or bits != _SAMPLE_BITS:
            raise errors.unsupported(f"is a lossless, hierarchical or {bits}-bit JPEG")
        self.pixels: int = width * height
        self.components: int = components
        self.is_progressive = marker in _PROGRESSIVE
        self.is_huffman = marker in _HUFFMAN
        self.sampling = [(factor >> 4, factor & 15) for factor in factors]

    @property
    def coefficient_bytes(self) -> int:
        """Two bytes for each sample of each component, subsampled as declared."""
        widest = max((across for across, _ in self.sampling), default=1) or 1
        tallest = max((down for _, down in self.sampling), default=1) or 1
        shares = sum(across * down for across, down in self.sampling)
        return 2 * self.pixels * shares // (widest * tallest)

    @property
    def least_bytes(self) -> int:
        """What a single Huffman scan needs: one byte for four blocks of 8 × 8 samples, if all are flat."""
        return self.coefficient_bytes // 2 // 64 // _BLOCKS_PER_BYTE if self.is_huffman else 0


def _is_spread(data: mmap, frame: _Frame, scan_start: int) -> bool:
    """Whether the picture comes in several scans, so that all coefficients are held until the last one."""
    if not frame.is_progressive:
        return data[scan_start] < frame.components
    position = scan_start
    for _ in range(MAX_SCANS):
        position = data.find(b"\xff\xda", position + 2)
        if position < 0:
            return True
    raise errors.damaged(f"it has more than {MAX_SCANS} scans")


def _check_png(data: mmap) -> Skeleton:
    """PNG, section 5.3: length, type, content, checksum; IHDR comes first, a whole file ends with IEND."""
    position, pixels = 8, 0
    for _ in range(MAX_PARTS):
        if position + 12 > len(data):
            raise errors.incomplete()
        length, name = struct.unpack_from(">I4s", data, position)
        if name == b"IHDR":
            pixels = int.from_bytes(data[position + 8 : position + 12], "big") * int.from_bytes(
                data[position + 12 : position + 16], "big"
            )
        position += 12 + length
        if name == b"IEND":
            return Skeleton(pixels)
    raise errors.damaged(f"it has more than {MAX_PARTS:,} chunks")


def _check_tiff(_data: mmap) -> Skeleton:
    """Pillow judges a TIFF page by page; `is_cut_off` looks closer once one of them has failed."""
    return Skeleton()


def _check_webp(data: mmap) -> Skeleton:
    """RIFF: the second word is the size of all that follows it.

    libwebp's decoder for animations, which Pillow uses for still pictures too, keeps two canvases and hands
    over a third, with four bytes a pixel each.
    """
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise errors.incomplete()
    pixels = _webp_pixels(data[12:16], data[20:30])
    return Skeleton(pixels, _WEBP_SIDE_BYTES * pixels)


def _webp_pixels(chunk: bytes, content: bytes) -> int:
    """RFC 9649: the canvas (VP8X), else the size of the only frame (VP8L, VP8)."""
    if len(content) < 10:  # noqa: PLR2004  the shortest header of the three
        raise errors.incomplete()
    if chunk == b"VP8X":
        return (int.from_bytes(content[4:7], "little") + 1) * (int.from_bytes(content[7:10], "little") + 1)
    if chunk == b"VP8L":
        bits = int.from_bytes(content[1:5], "little")
        return ((bits & 0x3FFF) + 1) * (((bits >> 14) & 0x3FFF) + 1)
    width, height = struct.unpack_from("<HH", content, 6)
    return int(width & 0x3FFF) * int(height & 0x3FFF)


_CHECKS: dict[str, Callable[[mmap], Skeleton]] = {
    "jpeg": _check_jpeg,
    "png": _check_png,
    "tiff": _check_tiff,
    "webp": _check_webp,
}
