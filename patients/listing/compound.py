"""Looks into the compound file that an old workbook is (MS-CFB): what it holds, before anybody reads it."""

import struct
from pathlib import Path

from patients.listing.refusals import damaged, encrypted, not_a_workbook

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_HEADER_BYTES = 512
_DIRECT_FATS = 109
_LAST_SECTOR = 0xFFFFFFFA
_ENTRY_BYTES = 128
_NAME_BYTES = 64
_MOST_ENTRIES = 4096
_STREAM = 2
_WORKBOOKS = ("workbook", "book")
_ENCRYPTED = frozenset({"encryptedpackage", "encryptioninfo"})


class Compound:
    """A compound file by its allocation table, which may lie: no chain is followed twice."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER_BYTES or not data.startswith(SIGNATURE):
            raise damaged()
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in {9, 12} or mini_shift != 6:  # noqa: PLR2004 - sectors of 512 or 4096 bytes, MS-CFB 2.2
            raise damaged()
        self._data, self._size = data, 1 << shift
        self._sectors = (len(data) - self._size + self._size - 1) // self._size
        self._table = self._allocation()
        (self._cutoff,) = struct.unpack_from("<I", data, 56)
        (directory,) = struct.unpack_from("<I", data, 48)
        self._entries = self._directory(directory)

    def workbook(self) -> bytes:
        """The stream of the workbook.

        Raises FileRejected "workbook-encrypted", "workbook-not-understood" (a letter, a presentation) and
        "workbook-damaged".
        """
        if _ENCRYPTED & set(self._entries):
            raise encrypted()
        name = next((name for name in _WORKBOOKS if name in self._entries), "")
        if not name:
            raise not_a_workbook()
        start, size = self._entries[name]
        if size < self._cutoff:
            return self._small(start, size)
        return self._chain(start)[:size]

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._data[at : at + self._size]

    def _allocation(self) -> list[int]:
        numbers = [
            number
            for number in struct.unpack_from(f"<{_DIRECT_FATS}I", self._data, 76)
            if number < _LAST_SECTOR
        ]
        (more,) = struct.unpack_from("<I", self._data, 68)
        seen: set[int] = set()
        per_sector = self._size // 4
        while more < _LAST_SECTOR and len(seen) * per_sector <= self._sectors:
            if more in seen or more >= self._sectors:
                raise damaged()
            seen.add(more)
            found = self._words(self._sector(more))
            numbers += [number for number in found[:-1] if number < _LAST_SECTOR]
            more = found[-1] if found else _LAST_SECTOR
        if (
            len(numbers) * per_sector > self._sectors + 2 * per_sector * (len(seen) + 1)
            or max(numbers, default=0) >= self._sectors
        ):
            raise damaged()
        return [word for number in numbers for word in self._words(self._sector(number))]

    def _words(self, sector: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])

    def _chain(self, start: int) -> bytes:
        found: list[bytes] = []
        number = start
        seen: set[int] = set()
        while number < _LAST_SECTOR:
            if number in seen or number >= min(self._sectors, len(self._table)):
                raise damaged()
            seen.add(number)
            found.append(self._sector(number))
            number = self._table[number]
        return b"".join(found)

    def _directory(self, start: int) -> dict[str, tuple[int, int]]:
        """Every stream by its name in small letters: its first sector and its size in bytes."""
        data = self._chain(start)
        self._root = struct.unpack_from("<I", data, 116)[0] if len(data) >= _ENTRY_BYTES else _LAST_SECTOR
        found: dict[str, tuple[int, int]] = {}
        for at in range(0, min(len(data), _MOST_ENTRIES * _ENTRY_BYTES) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            (length,) = struct.unpack_from("<H", data, at + _NAME_BYTES)
            if data[at + 66] == _STREAM and 2 <= length <= _NAME_BYTES:  # noqa: PLR2004 - a name, and its end
                name = data[at : at + length - 2].decode("utf-16-le", "replace").casefold()
                found.setdefault(name, struct.unpack_from("<II", data, at + 116))
        return found

    def _small(self, start: int, size: int) -> bytes:
        """A stream below the cut-off lives in the root's stream, in sectors of 64 bytes."""
        (first,) = struct.unpack_from("<I", self._data, 60)
        table = self._words(self._chain(first))
        root = self._chain(self._root)
        found, number, seen = b"", start, set[int]()
        while number < _LAST_SECTOR and len(found) < size:
            if number in seen or number >= len(table):
                raise damaged()
            seen.add(number)
            found += root[number * 64 : number * 64 + 64]
            number = table[number]
        return found[:size]


def workbook_in(path: Path) -> bytes:
    """The stream of the workbook in the file at `path`; for what it raises see `Compound.workbook`."""
    try:
        return Compound(path.read_bytes()).workbook()
    except (struct.error, IndexError) as error:
        raise damaged() from error
