"""Finds what in a file name identifies nobody or somebody else: camera counters, hashes, copies, doctors."""

import re

MASK = "\x1f"  # stands for characters that have been read, so that positions stay
DOCTOR_MASK = "\x1e"  # the same for a title and the name after it, which might be the patient's after all

_CAMERA = (
    r"img|dsc[nf]?|dscf|pxl|mvi|vid|cimg|sam|gopr|pict|image|imagen|scan|scanned|skm|escaneo|foto|photo|pic|page|pag|"
    r"whatsapp image|screenshot|captura(?: de pantalla)?|documento escaneado|doc|document"
)
# Rooms, beds and the like: their numbers are nobody's, even where one equals a record number.
_PLACE = r"sala|cama|camilla|cuarto|habitaci[oó]n|consultorio|quir[oó]fano|piso|turno|room|bed|ward|floor|bay"
_NOT_IDENTITY = re.compile(
    r"|".join((
        r"(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}(?:-[0-9a-f]{4}-[0-9a-f]{12})?(?![0-9a-z])",
        r"(?<![0-9a-z])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}(?![0-9a-z])",
        rf"(?<![a-z])(?:{_CAMERA})[ _-]?(?:\d{{8}}|\d{{4}}-\d\d-\d\d)(?: at )?[ _-]?[\d.]{{6,9}}(?!\d)",
        r"(?<![a-z])skm_\w{3,6}?\d{12}(?!\d)",
        r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d[ _](?:at )?[0-2]\d[.h:-]?[0-5]\d[.:-]?[0-5]\d(?![\d-])",
        rf"(?<![^\W\d_])(?:{_PLACE})[ _.-]{{0,2}}\d{{1,5}}(?!\d)",
        rf"(?<![a-z])(?:{_CAMERA})[ _-]{{0,2}}\(?\d{{1,5}}\)?(?!\d)",
        r"\(\d{1,3}\)",
        r"(?<![a-z0-9])[pv]\d{1,2}(?![a-z0-9])",
        r"(?<![a-z0-9])\d{1,2}(?:of|de)\d{1,2}(?![a-z0-9])",
    )),
    re.IGNORECASE,
)  # fmt: skip
_DOCTOR = re.compile(
    r"(?<![^\W\d_])"
    r"(?:(?:[dD][rR][aA]?|[dD]octora?|[mM]édic[oa]|[pP]hysician)\.?[ _.-]+"
    r"|(?:Dra?|DRA?)\.?(?=[A-ZÁÉÍÓÚÑ][^\W\d_]))"
    r"(?P<name>(?:(?:de|del|la|las|los|van|von)[ _]+)*[^\W\d_](?:[^\W\d_]|['’])*)"
    r"(?:-[^\W\d_]{2,}(?=[ _.]|$))?"  # the second half of `Dr_Gonzalez-Norris`
)


def masked(text: str, start: int, end: int) -> str:
    """`text` with what stands between `start` and `end` marked as read."""
    return text[:start] + MASK * (end - start) + text[end:]


def without_counters(text: str) -> str:
    """`text` with camera counters, time stamps of cameras, hashes and copy numbers marked as read."""
    return _NOT_IDENTITY.sub(lambda found: MASK * len(found.group()), text)


def without_doctors(text: str) -> tuple[str, list[str]]:
    """`text` with titles and the name after each marked as read, and those names."""
    names: list[str] = []

    def read(found: re.Match[str]) -> str:
        names.append(found["name"])
        return DOCTOR_MASK * len(found.group())

    return _DOCTOR.sub(read, text), names
