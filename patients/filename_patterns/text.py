"""Repairs the text of a file name before anything is read from it: encodings, Unicode forms, look-alike
letters.
"""

import re
import unicodedata
from urllib.parse import unquote

LOST = "\ufffd"  # stands where a letter was lost on the way
EXTENSION = re.compile(
    r"\.(?:jpe?g?|png|tiff?|webp|pdf|dcm|dicom|hei[cf]|gif|bmp|raw|cr2|nef|docx?|xlsx?|txt|csv|vcf|zip)$",
    re.IGNORECASE,
)

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UTF8_PIECE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_LOST_IN_WORD = re.compile(r"(?<=[^\W\d_])[?\ufffd]|[?\ufffd](?=[^\W\d_])")
_WORD = re.compile(r"[^\W\d_]+")
_DASH = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")

# Letters of other scripts that a reader takes for Latin ones; the two strings run in parallel.
_FOREIGN = "АВЕЅІЈКМНОРСТХУаесѕіјкорхуԁԛԝҺһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν"
_LATIN = "ABESIJKMHOPCTXYaecsijkopxydqwHhABEZHIKMNOPTYXoav"
_LOOKALIKES = str.maketrans(_FOREIGN, _LATIN)

# What cp1252 letters become when a program shows them in the DOS code page 437, and back.
_ACCENTED = "áéíóúüñçàèìòùâêîôûäëïöãõÁÉÍÓÚÜÑÇÀÈÌÒÙÂÊÎÔÛÄËÏÖÃÕ"
_FROM_DOS = {
    letter.encode("cp1252").decode("cp437"): letter
    for letter in _ACCENTED
    if not letter.encode("cp1252").isascii()
}
_DOS = re.compile(
    r"(?<=[A-Za-z])["
    + re.escape("".join(_FROM_DOS))
    + r"]|["
    + re.escape("".join(_FROM_DOS))
    + r"](?=[A-Za-z])"
)
_VOWELS = frozenset("aeiouyAEIOUY")


def repaired(text: str) -> str:
    """The text as its author meant it: broken encodings undone, composed Unicode, nothing invisible, Latin
    look-alikes Latin.

    A letter that cannot be brought back becomes U+FFFD.
    """
    text = _DASH.sub("-", _undo_dos(_undo_utf8(_undo_percent(text))))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFC", text))
    text = "".join(ch for ch in text if unicodedata.category(ch) not in {"Cf", "Cc"})
    return _LOST_IN_WORD.sub(LOST, _WORD.sub(_latin_if_it_looks_so, text))


def _undo_percent(text: str) -> str:
    """`Jos%C3%A9` was a web address once; what is no valid UTF-8 stays as it is."""

    def decode(found: re.Match[str]) -> str:
        plain = unquote(found.group(), errors="replace")
        return found.group() if LOST in plain else plain

    return _PERCENT.sub(decode, text)


def _undo_utf8(text: str) -> str:
    """`GonzÃ¡lez`: UTF-8 bytes that were read as cp1252 or Latin-1, piece by piece, since some bytes get
    lost.
    """
    if text.isascii():
        return text
    if any(unicodedata.combining(ch) for ch in text) or max(text) < "\xc2":
        return text
    return "".join(_decode_run(run) for run in re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", text))


def _decode_run(run: str) -> str:
    if run.isascii():
        return run
    raw = [_one_byte(ch) for ch in run]
    if any(piece is None for piece in raw):
        return run
    data = b"".join(piece for piece in raw if piece is not None)
    return _decode_pieces(data, run)


def _decode_pieces(data: bytes, run: str) -> str:
    out, at = [], 0
    for found in _UTF8_PIECE.finditer(data):
        out += [run[at : found.start()], found.group().decode("utf-8", "replace")]
        at = found.end()
    return "".join([*out, run[at:]])


def _one_byte(letter: str) -> bytes | None:
    for encoding in ("cp1252", "latin-1"):
        try:
            return letter.encode(encoding)
        except UnicodeEncodeError:
            continue
    return None


def _undo_dos(text: str) -> str:
    """`Gonzßlez`: Windows letters shown by a DOS program. A sharp s after a vowel is German and stays."""

    def back(found: re.Match[str]) -> str:
        before = text[found.start() - 1 : found.start()]
        is_german = found.group() == "ß" and before in _VOWELS
        return found.group() if is_german else _FROM_DOS[found.group()]

    return text if text.isascii() else _DOS.sub(back, text)


def _latin_if_it_looks_so(found: re.Match[str]) -> str:
    """A word that holds Latin letters, or only look-alikes, is Latin; a really Cyrillic or Greek word is
    left alone.
    """
    word = found.group()
    if word.isascii():
        return word
    latin = word.translate(_LOOKALIKES)
    still_foreign = any(ch > "\u036f" and "LATIN" not in unicodedata.name(ch, "") for ch in latin)
    return word if still_foreign else latin
