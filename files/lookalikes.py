"""Step 1, for what is not taken in: named, so that a refusal can say what the file is and what helps."""

from typing import Literal, NamedTuple


class Lookalike(NamedTuple):
    """A kind that is known and not accepted: a stable name, its words in a sentence, and what helps."""

    name: str
    words: str
    cure: str


_PICTURE = "Please export it as JPEG and send that."
_DOCUMENT = "Please save it as PDF and send that."
_ARCHIVE = "Please unpack it and send the files that are inside."
_OTHER = "Please check that this is the file you meant to send."
_COPY = "Please copy it from the card or the drive again."

_HEIC = Lookalike("heic", "a HEIC picture, as phones make them", _PICTURE)
_AVIF = Lookalike("avif", "an AVIF picture", _PICTURE)
_RAW = Lookalike("camera-raw", "a camera's raw picture", _PICTURE)
_BMP = Lookalike("bmp", "a BMP picture", _PICTURE)
_JXL = Lookalike("jpeg-xl", "a JPEG XL picture", _PICTURE)
_JP2 = Lookalike("jpeg-2000", "a JPEG 2000 picture", _PICTURE)
_SVG = Lookalike("svg", "an SVG drawing", _PICTURE)
_DISGUISED = Lookalike(
    "disguised-dicom",
    "a DICOM file that poses as another kind of file",
    "Please export it again from the workstation or the archive that it came from, and send that.",
)
_VIDEO = Lookalike("video", "a video", _OTHER)
_SOUND = Lookalike("sound", "a sound recording", _OTHER)
_PROGRAM = Lookalike("program", "a program", _OTHER)
_HTML = Lookalike("html", "a web page (HTML)", _OTHER)
_XML = Lookalike("xml", "an XML file", _OTHER)
_TEXT = Lookalike("text", "plain text", _OTHER)
_EPS = Lookalike("postscript", "a PostScript file", _DOCUMENT)
_OFFICE = Lookalike("office", "an Office document", _DOCUMENT)
_ZIP = Lookalike("zip", "a ZIP archive", _ARCHIVE)
_TAR = Lookalike("tar", "a tar archive", _ARCHIVE)
_UNKNOWN = Lookalike("unknown", "of a kind that is not known here", _OTHER)
_ZEROS = Lookalike("zeros", "filled with zeros where its content should begin", _COPY)

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STARTS: tuple[tuple[bytes, Lookalike], ...] = (
    (b"GIF8", Lookalike("gif", "a GIF picture", _PICTURE)),
    (b"8BPS", Lookalike("psd", "a Photoshop file", _PICTURE)),
    (b"IIRO", _RAW),
    (b"IIRS", _RAW),
    (b"IIU\0", _RAW),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"\0\0\0\x0cjP  ", _JP2),
    (b"\xff\x4f\xff\x51", _JP2),
    (b"\0\0\0\x0cJXL ", _JXL),
    (b"\xff\x0a", _JXL),
    (b"\0\0\x01\0", Lookalike("ico", "an icon", _PICTURE)),
    (b"%!PS", _EPS),
    (b"\xc5\xd0\xd3\xc6", _EPS),
    (b"{\\rtf", Lookalike("rtf", "a text document (RTF)", _DOCUMENT)),
    (_COMPOUND, _OFFICE),
    (b"\x1f\x8b", Lookalike("gzip", "a gzip archive", _ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Lookalike("7z", "a 7-Zip archive", _ARCHIVE)),
    (b"Rar!\x1a\x07", Lookalike("rar", "a RAR archive", _ARCHIVE)),
    (b"BZh", Lookalike("bzip2", "a bzip2 archive", _ARCHIVE)),
    (b"\xfd7zXZ\0", Lookalike("xz", "an xz archive", _ARCHIVE)),
    (b"\x28\xb5\x2f\xfd", Lookalike("zstd", "a Zstandard archive", _ARCHIVE)),
    (b"SQLite format 3\0", Lookalike("sqlite", "a database file", _OTHER)),
    (b"\x7fELF", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xce\xfa\xed\xfe", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"#!", _PROGRAM),
    (b"\x1a\x45\xdf\xa3", _VIDEO),
    (b"\0\0\x01\xba", _VIDEO),
    (b"\0\0\x01\xb3", _VIDEO),
    (b"ID3", _SOUND),
    (b"OggS", _SOUND),
    (b"fLaC", _SOUND),
)
_TEXT_STARTS: tuple[tuple[bytes, Lookalike], ...] = (
    (b"<!doctype html", _HTML),
    (b"<html", _HTML),
    (b"<head", _HTML),
    (b"<body", _HTML),
    (b"<script", _HTML),
    (b"<!--", _HTML),
    (b"<svg", _SVG),
    (b"<!doctype svg", _SVG),
    (b"<?xml", _XML),
    (b"<?php", _PROGRAM),
)
_BRANDS: tuple[tuple[frozenset[bytes], Lookalike], ...] = (
    (frozenset({b"avif", b"avis"}), _AVIF),
    (frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}), _HEIC),
    (frozenset({b"crx "}), _RAW),
    (frozenset({b"jp2 ", b"jpx "}), _JP2),
    (frozenset({b"M4A ", b"M4B "}), _SOUND),
)
_ZIP_MEMBERS: tuple[tuple[bytes, Lookalike], ...] = (
    (b"xl/", Lookalike("xlsx", "an Excel workbook (XLSX)", _DOCUMENT)),
    (b"word/", Lookalike("docx", "a Word document (DOCX)", _DOCUMENT)),
    (b"ppt/", Lookalike("pptx", "a PowerPoint presentation (PPTX)", _DOCUMENT)),
    (b"[Content_Types].xml", _OFFICE),
    (b"application/vnd.oasis.opendocument", Lookalike("opendocument", "an OpenDocument file", _DOCUMENT)),
    (b"application/epub", Lookalike("epub", "an e-book (EPUB)", _DOCUMENT)),
)
_BRANDS_WITHIN = 256
_DICOM_MARK_AT = 128
_BARE_META = (
    b"\x02\0\0\0UL\x04\0",  # the length of the group
    b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01",  # its version
    b"\x02\0\x02\0UI",  # the class of the object
    b"\x02\0\x10\0UI",  # the transfer syntax
)
_ZIP_START = b"PK\x03\x04"
_SPREADSHEET = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_WIDE_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NOT_IN_TEXT = frozenset(range(0x20)) - frozenset(b"\t\n\v\f\r")
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706


def disguised(head: bytes) -> Lookalike | None:
    """Name a kind whose files may begin like an accepted one, and so must be asked for first.

    The 128 bytes before a DICOM file are free. As a picture they are harmless and even foreseen; what begins
    like a program, an archive or a web page could later be opened as one (PS3.10, 7.5; CVE-2019-11687). A
    camera's raw file is a TIFF whose first
    picture is a small preview, which must not pass for the whole.
    """
    if is_dicom(head):
        preamble = head[:_DICOM_MARK_AT]
        return _DISGUISED if known(preamble) or b"%PDF-" in preamble else None
    return _RAW if head.startswith((b"II*\0", b"MM\0*")) and _is_camera_raw(head) else None


def is_dicom(head: bytes) -> bool:
    """Has this DICOM's mark behind its free preamble, or does it start with the meta information at once?

    Both begin with group 2 in explicit little endian (PS3.10, 7.1): its length, its version, or a class.
    """
    return head[_DICOM_MARK_AT : _DICOM_MARK_AT + 4] == b"DICM" or head.startswith(_BARE_META)


def known(head: bytes) -> Lookalike | None:
    """Name a kind by the mark in its head, or None when there is no mark."""
    found = next((other for start, other in _STARTS if head.startswith(start)), None)
    return found or _container(head) or _markup(head)


def unmarked(head: bytes) -> Lookalike:
    """Name as well as possible what carries no mark: zeros, plain text, or unknown."""
    if not head.strip(b"\0"):
        return _ZEROS
    return _TEXT if _is_text(head) else _UNKNOWN


def is_text(head: bytes) -> bool:
    """Is this text in UTF-8 or one of the one-byte encodings, without NULs and other control characters?

    DOS ended a text by one of its own, 1A.
    """
    return bool(head) and not set(head.rstrip(b"\x1a")) & _NOT_IN_TEXT


def is_wide_text(head: bytes) -> bool:
    """Is this text in UTF-16, with its mark or without?

    Without one, most of its letters are those of Western Europe: every other byte is zero.
    """
    whole = head[: len(head) // 2 * 2]
    zeros = whole[0::2].count(0), whole[1::2].count(0)
    mark = next((encoding for start, encoding in _WIDE_MARKS if head.startswith(start)), "")
    if not mark and max(zeros) * 4 < len(whole):
        return False
    encoding = mark or ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    text = whole.decode(encoding, "replace").removeprefix("\ufeff").rstrip("\ufffd")
    return bool(text) and "\ufffd" not in text and not {ord(char) for char in text} & _NOT_IN_TEXT


def is_vcard(head: bytes) -> bool:
    """Does this begin with a contact (RFC 6350, 6.1.1), in whatever encoding?"""
    return _first_text(head).startswith(b"begin:vcard")


def is_genomic(head: bytes) -> bool:
    """Does this begin like variants of a genome (Variant Call Format, 1.4.1), which end in .vcf as well?"""
    return _first_text(head).startswith(b"##fileformat=vcf")


def is_spreadsheet_package(head: bytes) -> bool:
    """Is this a ZIP whose first part says that it is an OpenDocument spreadsheet (part 2, 3.3)?"""
    return head.startswith(_ZIP_START) and _SPREADSHEET in head[:200]


def is_workbook_package(head: bytes, *, is_named: bool) -> bool:
    """Is this a ZIP with a part of a workbook, or one of Office's that is named like a workbook?"""
    if not head.startswith(_ZIP_START) or any(other in head for other in (b"word/", b"ppt/")):
        return False
    return b"xl/" in head or (is_named and b"[Content_Types].xml" in head)


def is_old_workbook(head: bytes, *, is_named: bool) -> bool:
    """Is this a compound file that shows the stream of a workbook, or is named like one?

    So is a workbook with a password, whatever its ending: its reader says so.
    """
    return head.startswith(_COMPOUND) and (is_named or "Workbook".encode("utf-16-le") in head)


def _container(head: bytes) -> Lookalike | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return next((other for member, other in _ZIP_MEMBERS if member in head), _ZIP)
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    if head[:4] == b"RIFF":
        return _SOUND if head[8:12] == b"WAVE" else _VIDEO
    if head[257:262] == b"ustar":
        return _TAR
    return _BMP if head[:2] == b"BM" and head[6:10] == bytes(4) else None


def _by_brands(head: bytes) -> Lookalike:
    """Name an ISO base media file by its major brand and the compatible ones (ISO/IEC 14496-12, 4.3)."""
    box = head[: min(int.from_bytes(head[:4], "big"), _BRANDS_WITHIN)]
    brands = {head[8:12], *(box[at : at + 4] for at in range(16, len(box), 4))}
    return next((other for group, other in _BRANDS if brands & group), _VIDEO)


def _markup(head: bytes) -> Lookalike | None:
    text = _first_text(head)
    found = next((other for start, other in _TEXT_STARTS if text.startswith(start)), None)
    if found is None or found not in {_XML, _HTML}:
        return found
    if b"<html" in text:
        return _HTML
    return _SVG if b"<svg" in text else found


def _first_text(head: bytes) -> bytes:
    """What a text begins with, in small letters; without NULs and marks UTF-16 reads well enough for that."""
    return head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n\f").lower()


def _is_text(head: bytes) -> bool:
    """Is this UTF-8 without control characters, but for a character that the end of the head may have cut?"""
    if not is_text(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _is_camera_raw(head: bytes) -> bool:
    """Is this TIFF a CR2 (said at offset 8), a DNG, or a NEF, ARW or kin (a preview above the rest)?"""
    if head[8:10] == b"CR":
        return True
    tags = _first_directory(head)
    return _DNG_VERSION in tags or (tags.get(_NEW_SUBFILE_TYPE) == 1 and _SUB_IFDS in tags)


def _first_directory(head: bytes) -> dict[int, int]:
    """Tag and value field of a TIFF's first directory, as far as the head holds it (TIFF 6.0, section 2)."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(head[at : at + size], order)

    first = number(4, 4) + 2
    beyond = min(first + 12 * number(first - 2, 2), len(head) - 11)
    return {number(at, 2): number(at + 8, 4) for at in range(first, beyond, 12)}
