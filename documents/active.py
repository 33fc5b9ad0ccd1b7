"""Finds in a PDF what could act, wherever it is hidden: in compressed object streams and escaped names too.

Nothing of it is ever run: our reader knows no scripts, starts no programs and draws no XFA. It is said so
that people who download the original know what they open.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from documents import errors
from documents.loops import draws_itself

# Codes by a key that a dictionary has, and by what an action does (ISO 32000-1, 12.6.4).
_BY_KEY = {
    "/JS": "has-javascript",
    "/JavaScript": "has-javascript",
    "/EmbeddedFiles": "has-attachments",
    "/EF": "has-attachments",
    "/XFA": "has-xfa",
    "/RichMediaContent": "has-media",
}
_BY_ACTION = {
    "/JavaScript": "has-javascript",
    "/Launch": "has-launch-action",
    "/SubmitForm": "has-remote-action",
    "/ImportData": "has-remote-action",
    "/Rendition": "has-media",
}
CODES = tuple(dict.fromkeys((*_BY_KEY.values(), *_BY_ACTION.values())))
_HINT = re.compile(b"|".join(re.escape(name.encode()) for name in (*_BY_KEY, *_BY_ACTION)))
_DEEPEST = 100


def active_parts(path: Path) -> list[str]:
    """The codes of what could act in the PDF at `path`, each once; nothing where its structure is lost.

    A file that needs a password is looked at when it has been opened with it. Raises FileRejected
    "pdf-draws-itself" for what no reader should follow.
    """
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            if draws_itself(pdf):
                raise errors.draws_itself()
            found = {code for each in pdf.objects for code in _codes_of(each)}
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return _in_plain_sight(path)
    return [code for code in CODES if code in found]


def _codes_of(each: Any) -> Iterator[str]:
    """Reading an object's text is quick, and only one that names something active is gone through."""
    if not isinstance(each, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
        return
    holder = each.stream_dict if isinstance(each, pikepdf.Stream) else each
    if _HINT.search(holder.unparse(resolved=True)):
        yield from _walk(holder, _DEEPEST)


def _walk(holder: Any, depth: int) -> Iterator[str]:
    """Through what lies directly in `holder`; what it refers to is an object of its own, and comes later."""
    if depth and isinstance(holder, pikepdf.Array):
        for each in holder.as_list():
            yield from _walk_unless_elsewhere(each, depth - 1)
    elif depth and isinstance(holder, pikepdf.Dictionary):
        for key, value in holder.as_dict().items():
            yield from _of_entry(key, value)
            yield from _walk_unless_elsewhere(value, depth - 1)


def _walk_unless_elsewhere(value: Any, depth: int) -> Iterator[str]:
    if not getattr(value, "is_indirect", False):
        yield from _walk(value, depth)


def _of_entry(key: str, value: Any) -> Iterator[str]:
    if key in _BY_KEY:
        yield _BY_KEY[key]
    if key == "/S" and isinstance(value, pikepdf.Name) and str(value) in _BY_ACTION:
        yield _BY_ACTION[str(value)]


def _in_plain_sight(path: Path) -> list[str]:
    """What a look at the bytes tells of a file whose objects cannot be listed."""
    found = {match.decode() for match in _HINT.findall(path.read_bytes())}
    codes = {(_BY_KEY | _BY_ACTION)[name] for name in found}
    return [code for code in CODES if code in codes]
