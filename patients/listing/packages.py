"""Opens the ZIP that a workbook is: nothing is unpacked beyond a limit, no document type is followed."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from patients.listing.refusals import damaged, encrypted, unpacks_too_large

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

CELL_CHARS = 32_767
"""What a spreadsheet holds in one cell at most; more of a text is not kept."""

_CHUNK_BYTES = 1 << 17
_MOST_MEMBERS = 5000
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Package:
    """The parts of a workbook by their names, whatever their case; all that is read has one limit."""

    def __init__(self, path: Path, max_unpacked_bytes: int) -> None:
        self._left, self._limit = max_unpacked_bytes, max_unpacked_bytes
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise damaged() from error
        members = self._zip.infolist()
        self._members = {_key(member.filename): member for member in members}
        if len(members) > _MOST_MEMBERS or len(self._members) < len(members):
            raise damaged()
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise encrypted()

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._members

    def parse(self, name: str, start: Start, end: End, text: Text) -> Iterator[None]:
        """Read the XML part `name` and tell its handlers; gives way after every [128] KiB.

        Names come without their prefixes. Raises FileRejected "workbook-damaged" and "workbook-too-large".
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = _first_start(parser, start, end)
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            for chunk in self._chunks(name):
                parser.Parse(chunk, False)  # noqa: FBT003 - the signature of pyexpat
                yield
            parser.Parse(b"", True)  # noqa: FBT003 - the signature of pyexpat
        except expat.ExpatError as error:
            raise damaged() from error
        yield

    def read(self, name: str, start: Start) -> None:
        """Read a whole small part of which only the elements count."""
        for _ in self.parse(name, start, _nothing, _nothing):
            pass

    def _chunks(self, name: str) -> Iterator[bytes]:
        member = self._members.get(_key(name))
        if member is None or member.compress_type not in _METHODS or member.header_offset < 0:
            raise damaged()
        try:
            with self._zip.open(member) as part:
                while chunk := part.read(_CHUNK_BYTES):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise unpacks_too_large(self._limit)
                    yield chunk
        except _BROKEN as error:
            raise damaged() from error


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _first_start(parser: expat.XMLParserType, start: Start, end: End) -> Start:
    """Handles the root: where it has a prefix, the names of all that follow are given without theirs.

    Most workbooks have none, and millions of cells.
    """

    def handle(name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
            parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
        else:
            parser.StartElementHandler = start
        start(name.rpartition(":")[2], attributes)

    return handle


def _refuse_doctype(*_: object) -> NoReturn:
    raise damaged()


def _nothing(_: str) -> None:
    """Leave an end, or a text, alone."""
