"""Looks into the compressed parts of a PDF before a reader unpacks them: a megabyte can hold gigabytes."""

import re
import zlib
from collections.abc import Iterable, Iterator
from mmap import mmap

from documents import errors

MAX_STREAM_BYTES = 64 << 20
"""What one stream may unpack to. The reader needs many times that for drawing commands; pictures are exempt,
as they are unpacked line by line, and attachments, which are not unpacked at all."""

MAX_ALL_BYTES = 512 << 20
MAX_STREAMS = 100_000

_START = re.compile(rb"stream\r?\n")  # begins with plain letters, which is what makes searching fast
_END = re.compile(rb"endstream")
_DICTIONARY_BYTES = 1024
_EXEMPT = re.compile(rb"/(Image|EmbeddedFile)\b")
_DEFLATED = re.compile(rb"/Fl(ateDecode)?\b")
_BLOCK_BYTES = 1 << 16
_UNPACKED_BLOCK_BYTES = 1 << 20
_MAX_LAYERS = 4
_DEFLATE_RATIO = 1032  # deflate packs at most 258 bytes into two bits


def check_streams(data: mmap) -> None:
    """Unpack every deflated stream that could hold too much, keeping nothing.

    Raises FileRejected "too-much-memory" if one gives more than `MAX_STREAM_BYTES`, or all of them together
    more than `MAX_ALL_BYTES`, "pdf-damaged" if there are more than `MAX_STREAMS`. Other packings (LZW, run
    length) and dictionaries written in unusual ways are not seen; behind this stands the job's memory limit.
    """
    left = MAX_ALL_BYTES
    for number, match in enumerate(_START.finditer(data)):
        if number > 2 * MAX_STREAMS:  # the word that ends a stream counts as well
            raise errors.damaged()
        dictionary = _dictionary_before(data, match.start())
        layers = len(_DEFLATED.findall(dictionary))
        if dictionary.endswith(b"end") or not layers or _EXEMPT.search(dictionary):
            continue
        if layers > 1 or not _is_small(data, match.end()):
            left -= _unpacked_bytes(data, match.end(), min(layers, _MAX_LAYERS))
        if left < 0:
            raise errors.too_much_memory(MAX_ALL_BYTES)


def _dictionary_before(data: mmap, position: int) -> bytes:
    """The text between the last "obj" and the stream."""
    return data[max(0, position - _DICTIONARY_BYTES) : position].rsplit(b"obj", 1)[-1]


def _is_small(data: mmap, start: int) -> bool:
    """Whether a stream ends so soon that no deflate could hold more than is allowed."""
    return _END.search(data, start, start + MAX_STREAM_BYTES // _DEFLATE_RATIO) is not None


def _unpacked_bytes(data: mmap, start: int, layers: int) -> int:
    blocks: Iterable[bytes] = (data[at : at + _BLOCK_BYTES] for at in range(start, len(data), _BLOCK_BYTES))
    for _ in range(layers):
        blocks = _inflate(blocks)
    total = 0
    for block in blocks:
        total += len(block)
        if total > MAX_STREAM_BYTES:
            raise errors.too_much_memory(MAX_STREAM_BYTES)
    return total


def _inflate(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What comes out, in blocks of at most a megabyte, up to the end of the stream or the first damage."""
    decoder = zlib.decompressobj()
    for block in blocks:
        packed = block
        while packed and not decoder.eof:
            try:
                yield decoder.decompress(packed, _UNPACKED_BLOCK_BYTES)
            except zlib.error:
                return
            packed = decoder.unconsumed_tail
        if decoder.eof:
            return
