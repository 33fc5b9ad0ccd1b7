"""What the camera wrote beside the pixels (EXIF): which way is up, when it was taken, and with what."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

UPRIGHT = 1
# Of the first year and the last, some hours do not exist in every time zone.
_TIME = re.compile(r"(?!0001|9999)(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_LONGEST_NAME = 64
_LONGEST_REMARK = 200
_XP_TITLE, _XP_COMMENT, _XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9F
_COMMENT_ENCODINGS = {b"ASCII\0\0\0": "utf-8", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}
_CODE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Exif:
    """The few facts we use. Times are the camera's own clock, without a zone, as ISO 8601 to the second."""

    orientation: int = UPRIGHT
    captured_at: str | None = None
    captured_subsec: str | None = None
    camera: str | None = None
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a person or a capture station may have written, each up to 200 printable characters."""

    @property
    def lies_on_its_side(self) -> bool:
        """Whether width and height change places when the picture is turned upright."""
        return self.orientation in {5, 6, 7, 8}


def read_exif(image: Image.Image) -> Exif:
    """Read the facts from an opened picture; never raises, damage becomes a warning code.

    Call it after the pixels of a PNG were loaded (its EXIF may stand behind them), and before those of a TIFF
    are (Pillow turns them itself and then forgets the tag).
    Tags: Orientation 0x0112, Make 0x010F, Model 0x0110, DateTimeOriginal 0x9003, SubSecTimeOriginal 0x9291;
    as remarks ImageDescription 0x010E, UserComment 0x9286, and Windows' XPTitle, XPComment and XPSubject.
    """
    try:
        main = dict(image.getexif())
        detail = image.getexif().get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001  Pillow meets damaged EXIF with a dozen exception types
        return Exif(warnings=("exif-damaged",))
    orientation, odd_orientation = _orientation(main.get(ExifTags.Base.Orientation))
    captured_at, odd_time = _moment(_text(detail.get(ExifTags.Base.DateTimeOriginal)))
    return Exif(
        orientation=orientation,
        captured_at=captured_at,
        captured_subsec=_digits(_text(detail.get(ExifTags.Base.SubsecTimeOriginal))),
        camera=_camera(_text(main.get(ExifTags.Base.Make)), _text(main.get(ExifTags.Base.Model))),
        warnings=odd_orientation + odd_time,
        remarks=_remarks(main, detail),
    )


def _orientation(value: Any) -> tuple[int, tuple[str, ...]]:
    if value is None:
        return UPRIGHT, ()
    if isinstance(value, int) and 1 <= value <= 8:  # noqa: PLR2004  the eight ways of TIFF 6.0, tag 274
        return value, ()
    return UPRIGHT, ("orientation-unknown",)


def _moment(text: str) -> tuple[str | None, tuple[str, ...]]:
    """ISO time, or None; a clock that was never set (blanks or zeros) is no reason to warn."""
    if not text.strip(" :0"):
        return None, ()
    match = _TIME.match(text)
    if match:
        year, month, day, hour, minute, second = match.groups()
        try:
            return datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second}").isoformat(), ()
        except ValueError:
            pass
    return None, ("captured-at-unreadable",)


def _camera(make: str, model: str) -> str | None:
    """Make and model, once: makers like to repeat themselves ("Canon", "Canon EOS 5D")."""
    name = model if model.casefold().startswith(make.casefold()) else f"{make} {model}"
    return name.strip() or None


def _remarks(main: dict[int, Any], detail: dict[int, Any]) -> tuple[str, ...]:
    written = [_as_text(main.get(ExifTags.Base.ImageDescription), "utf-8")]
    written += [_as_text(main.get(tag), "utf-16-le") for tag in (_XP_TITLE, _XP_SUBJECT, _XP_COMMENT)]
    comment = detail.get(ExifTags.Base.UserComment)
    if isinstance(comment, bytes):  # EXIF 2.32, 4.6.5: eight bytes say how the rest is written
        encoding = _COMMENT_ENCODINGS.get(comment[:_CODE_BYTES], "utf-8")
        is_said = comment[:_CODE_BYTES] in _COMMENT_ENCODINGS or not comment[:_CODE_BYTES].strip(b"\0")
        written.append(_as_text(comment[_CODE_BYTES:] if is_said else comment, encoding))
    return tuple(dict.fromkeys(text for text in written if text))


def _as_text(value: Any, encoding: str) -> str:
    """In this encoding, or else in Latin-1, which every byte is; lines stay apart by a bar."""
    if isinstance(value, str) and value.isascii() is False and max(value) <= "\xff":
        value = value.encode("latin-1")  # as which Pillow reads what is meant to be ASCII
    if isinstance(value, bytes):
        try:
            value = value[: 4 * _LONGEST_REMARK].decode(encoding)
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    if not isinstance(value, str):
        return ""
    lines = value[: 4 * _LONGEST_REMARK].strip("\0").splitlines()
    visible = ["".join(char if char.isprintable() else " " for char in line).split() for line in lines]
    return " | ".join(" ".join(words) for words in visible if words)[:_LONGEST_REMARK]


def _digits(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() else None


def _text(value: Any) -> str:
    """Up to 64 printable characters of a tag, whatever type the file gave it."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return ""
    visible = "".join(char if char.isprintable() else " " for char in value.split("\0", 1)[0])
    return " ".join(visible.split())[:_LONGEST_NAME]
