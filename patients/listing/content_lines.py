"""From the bytes of contacts to their properties: folding, quoted-printable, character sets; all bounded."""

import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

LINE_CHARS = 8 << 10
"""How much of one physical line is held; the rest of it, a picture for example, is passed over."""

PROPERTY_BYTES = 32 << 10
"""How much of one property is held, however many lines it is folded into."""

# What can be large and says nothing of who it is.
_PASSED_OVER = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
_NAME = re.compile(rb"(?:[\w-]+\.)?([\w-]+)", re.ASCII)
_HEAD = re.compile(rb'((?:[^":]|"[^"]*")*+):')
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?\d|windows-?12\d\d|cp12\d\d|macintosh|mac-roman"
)


@dataclass(slots=True)
class Property:
    """One property without its group: where it begins, its name in capitals, parameters and value."""

    line: int
    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    value: str = ""
    is_cut: bool = False

    @property
    def text(self) -> str:
        """The value of a property that is one text."""
        return unescaped(self.value)


@dataclass(slots=True)
class _Line:
    """One physical line."""

    number: int
    data: bytes
    is_cut: bool


def properties(path: Path, encoding: str) -> Iterator[Property]:
    """Every property of the file, in order; lines that are none are passed over.

    The bytes of a value are what its CHARSET says, else what the whole file is in.
    """
    # Latin-1 takes every byte as it is, so that each property can be decoded by itself.
    is_wide = encoding.startswith("utf-16")
    carrier, wanted = (encoding, "utf-8") if is_wide else ("latin-1", encoding)
    with path.open(encoding=carrier, errors="replace") as file:
        lines = _lines(file, "utf-8" if is_wide else "latin-1")
        held: _Line | None = None
        is_quoted = is_over = False
        for line in lines:
            if held is not None and _goes_on(held, line, is_quoted=is_quoted):
                if not is_over:
                    _join(held, line, is_quoted=is_quoted)
                continue
            if held is not None and not is_over and (found := _property(held, wanted)):
                yield found
            held, is_quoted = line, _is_quoted(line.data)
            is_over = _name_of(line.data) in _PASSED_OVER
        if held is not None and not is_over and (found := _property(held, wanted)):
            yield found


def _goes_on(held: _Line, line: _Line, *, is_quoted: bool) -> bool:
    if is_quoted and held.data.endswith(b"="):
        return True
    return line.data[:1] in {b" ", b"\t"} and bool(line.data.strip())


def _join(held: _Line, line: _Line, *, is_quoted: bool) -> None:
    if is_quoted and held.data.endswith(b"="):
        held.data = held.data[:-1] + line.data
    else:
        held.data += line.data[1:]
    held.is_cut |= line.is_cut or len(held.data) > PROPERTY_BYTES
    held.data = held.data[:PROPERTY_BYTES]


def _lines(file: TextIO, encoding: str) -> Iterator[_Line]:
    """Physical lines without their ends, each of bounded length whatever the file holds."""
    number = 0
    while text := file.readline(LINE_CHARS):
        number += 1
        is_cut, rest = False, text
        while len(rest) == LINE_CHARS and not rest.endswith("\n"):
            rest = file.readline(LINE_CHARS)
            is_cut = is_cut or bool(rest.strip())
        yield _Line(number, text.rstrip("\n").encode(encoding, "replace"), is_cut)


def _name_of(data: bytes) -> str:
    found = _NAME.match(data.removeprefix(codecs.BOM_UTF8))
    return found[1].decode().upper() if found else ""


def _head_of(data: bytes) -> bytes:
    """What stands before the colon that begins the value; one within quotes does not."""
    found = _HEAD.match(data)
    return found[1] if found else data.partition(b":")[0] if b":" in data else b""


def _is_quoted(data: bytes) -> bool:
    return b"QUOTED-PRINTABLE" in _head_of(data).upper()


def _property(line: _Line, encoding: str) -> Property | None:
    head = _head_of(line.data)
    name = _name_of(head)
    if not name:
        return None
    parameters = _parameters(head.decode("ascii", "replace"))
    value = line.data[len(head) + 1 :]
    if parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = quopri.decodestring(value)
    text = value.decode(_charset(parameters, encoding), "replace").replace("\0", "")
    return Property(line.number, name, parameters, text, line.is_cut)


def _parameters(head: str) -> dict[str, str]:
    """`;TYPE=home;CHARSET=UTF-8`, and in 2.1 the value alone: `;QUOTED-PRINTABLE`."""
    found: dict[str, str] = {}
    for part in head.split(";")[1:]:
        name, is_pair, value = part.partition("=")
        if is_pair:
            found.setdefault(name.strip().upper(), value.strip().strip('"'))
        elif part.strip().upper() in {"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"}:
            found.setdefault("ENCODING", part.strip())
    return found


def _charset(parameters: dict[str, str], encoding: str) -> str:
    said = parameters.get("CHARSET", "").casefold()
    if not _CHARSETS.fullmatch(said):
        return encoding
    try:
        return codecs.lookup(said).name
    except LookupError:
        return encoding


def unescaped(text: str) -> str:
    """RFC 6350, 3.4: `\\n` is a line break, and what follows another backslash is itself."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)
