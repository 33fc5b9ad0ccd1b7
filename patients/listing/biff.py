"""The records of an old workbook's stream (MS-XLS): their kinds, and the texts in them."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from patients.listing.packages import CELL_CHARS
from patients.listing.refusals import damaged

BOF, EOF, CONTINUE, FILEPASS, CODEPAGE, DATE_MODE = 0x809, 0x0A, 0x3C, 0x2F, 0x42, 0x22
BOUND_SHEET, FORMAT, XF, SHARED_TEXTS = 0x85, 0x41E, 0xE0, 0xFC
NUMBER, RK, MANY_RK, FORMULA, TEXT_OF_FORMULA, TRUTH_OR_ERROR = 0x203, 0x27E, 0xBD, 0x06, 0x207, 0x205
SHARED_TEXT, OWN_TEXT, RICH_TEXT = 0xFD, 0x204, 0xD6

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}

_MOST_TEXTS = 2_000_000


class Record(NamedTuple):
    """One record with what continues it, each piece for itself: a text can be cut between them."""

    kind: int
    pieces: list[bytes]

    @property
    def data(self) -> bytes:
        """What the record holds before it is continued."""
        return self.pieces[0]


def records(stream: bytes, start: int = 0) -> Iterator[Record]:
    """Every record of one substream from its BOF to its EOF, without the charts and the like within it."""
    held: Record | None = None
    for kind, data in _substream(stream, start):
        if kind == CONTINUE:
            if held is not None:
                held.pieces.append(data)
            continue
        if held is not None:
            yield held
        held = Record(kind, [data])
    if held is not None:
        yield held


def _substream(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    depth = 0
    for kind, data in _raw(stream, start):
        depth += kind == BOF
        if depth == 1:
            yield kind, data
        depth -= kind == EOF
        if depth <= 0:
            return


def _raw(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


class Texts:
    """Reads texts of BIFF8 from the pieces of a record; each piece says anew how wide its letters are."""

    def __init__(self, pieces: list[bytes], at: int) -> None:
        self._pieces, self._piece, self._at = pieces, 0, at

    def shared(self) -> list[str]:
        """All texts of the table that cells share (SST, 2.4.265)."""
        found: list[str] = []
        while self._piece < len(self._pieces) and len(found) < _MOST_TEXTS:
            if self._at >= len(self._pieces[self._piece]):
                self._piece, self._at = self._piece + 1, 0
                continue
            found.append(self.one())
        return found

    def one(self, *, short: bool = False) -> str:
        """The text that begins here, without its fonts; `short` where one byte says its length."""
        length = self._skip(1)[0] if short else int.from_bytes(self._skip(2), "little")
        flags = self._skip(1)[0]
        runs = int.from_bytes(self._skip(2), "little") if flags & 8 else 0
        more = int.from_bytes(self._skip(4), "little") if flags & 4 else 0
        text = self._chars(length, is_wide=bool(flags & 1))
        self._pass_over(4 * runs + more)
        return text

    def _skip(self, size: int) -> bytes:
        piece = self._pieces[self._piece]
        found = piece[self._at : self._at + size]
        if len(found) < size:
            raise damaged()
        self._at += size
        return found

    def _chars(self, length: int, *, is_wide: bool) -> str:
        found: list[str] = []
        while length > 0:
            piece = self._pieces[self._piece]
            if self._at >= len(piece):
                if self._piece + 1 >= len(self._pieces) or not self._pieces[self._piece + 1]:
                    raise damaged()
                self._piece, self._at = self._piece + 1, 1
                is_wide = bool(self._pieces[self._piece][0] & 1)
                continue
            width = 2 if is_wide else 1
            data = piece[self._at : self._at + length * width]
            self._at += len(data)
            found.append(data.decode("utf-16-le" if is_wide else "latin-1", "replace"))
            length -= max(len(data) // width, 1)
        return "".join(found)[:CELL_CHARS]

    def _pass_over(self, size: int) -> None:
        while size > 0:
            room = len(self._pieces[self._piece]) - self._at
            if size <= room:
                self._at += size
                return
            size -= room
            if self._piece + 1 >= len(self._pieces):
                self._at += room
                return
            self._piece, self._at = self._piece + 1, 0


def rk_number(word: int) -> float:
    """A number in four bytes (RkNumber, 2.5.217)."""
    if word & 2:
        number = float((word >> 2) - (1 << 30 if word & 0x80000000 else 0))
    else:
        (number,) = struct.unpack("<d", struct.pack("<II", 0, word & 0xFFFFFFFC))
    return number / 100 if word & 1 else number
