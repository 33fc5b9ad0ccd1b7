"""What a sender calls a file: cleaned into data that can be stored, shown and matched, never used as a path
of ours.
"""

import re
import unicodedata

from files.errors import Refused

# Control characters, and the invisible ones that reorder or hide text (bidi marks, zero-width, byte order
# mark).
_INVISIBLE = re.compile("[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def clean_path(path: str, *, max_path_bytes: int, max_name_bytes: int) -> str:
    """The relative path with `/` between its parts, in NFC, without invisible characters, `.` or `..`.

    Raises Refused `name-missing` when nothing is left and `name-too-long` over a limit (bytes of UTF-8).
    """
    kept = _parts(path)
    if not kept:
        raise Refused("name-missing", "The file has no usable name. Give it one and send it again.")
    cleaned = "/".join(kept)
    _refuse_too_long(len(kept[-1].encode()), max_name_bytes, "name")
    _refuse_too_long(len(cleaned.encode()), max_path_bytes, "path")
    return cleaned


def cut_path(path: str, *, max_path_bytes: int, max_name_bytes: int) -> str:
    """Something to show of a name that `clean_path` refuses: its last part, cut to the limits."""
    name = (_parts(path) or ["(no name)"])[-1]
    return name.encode()[: min(max_path_bytes, max_name_bytes)].decode("utf-8", "ignore")


def is_system_junk(path: str) -> bool:
    """Files that operating systems leave in folders and nobody means to send."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    return name in _JUNK or name.startswith("._")


def _parts(path: str) -> list[str]:
    # A lone surrogate is what Python makes of a byte that is not UTF-8; it becomes "?".
    text = unicodedata.normalize("NFC", path.encode("utf-8", "replace").decode("utf-8"))
    parts = [_INVISIBLE.sub("", part).strip() for part in text.replace("\\", "/").split("/")]
    return [part for part in parts if part not in {"", ".", ".."}]


def _refuse_too_long(length_bytes: int, limit_bytes: int, what: str) -> None:
    if length_bytes > limit_bytes:
        message = f"The {what} is {length_bytes} bytes long; at most {limit_bytes} are accepted. Shorten it."
        raise Refused("name-too-long", message, limit_bytes=limit_bytes)
