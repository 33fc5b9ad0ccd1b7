"""The kinds of document that a clinic knows by their codes: which there are, and which one a name says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from clinics.models import Clinic
from documents.models import TypeCode

USUAL: Mapping[str, str] = {
    "CONS": "Consultation note",
    "CONSENT": "Informed consent",
    "EPI": "Discharge summary",
    "EVOL": "Progress note",
    "HC": "Clinical history",
    "LAB": "Laboratory result",
    "PATO": "Pathology report",
    "REC": "Prescription",
    "REF": "Referral",
    "RX": "Imaging report",
}
"""What a clinic begins with; its own table takes their place with the first change."""

CODE = re.compile(r"[A-Z0-9]{1,16}")
_LAST_PART = re.compile(r"[_ .-]([^_ .-]+)$")


@dataclass(frozen=True)
class DocumentType:
    """One kind of document; a retired one is offered no more."""

    code: str
    name: str
    is_retired: bool = False


def types_of(clinic: Clinic) -> list[DocumentType]:
    """Every kind that the clinic has or had, by code."""
    rows = TypeCode.objects.filter(clinic=clinic)
    own = [DocumentType(row.code, row.name, row.is_retired) for row in rows]
    return own or [DocumentType(code, name) for code, name in USUAL.items()]


def offered(clinic: Clinic) -> list[DocumentType]:
    """Those that can be given to a document."""
    return [each for each in types_of(clinic) if not each.is_retired]


def name_of(clinic: Clinic, code: str) -> str:
    """What the clinic calls it; the code itself where it has no name for it."""
    return next((each.name for each in types_of(clinic) if each.code == code), code)


def code_for(clinic: Clinic, said: str, file_name: str) -> str:
    """The code that a file name says, if it is one of the clinic's; else `""`.

    `said` is what a pattern has read in the place of the kind. Without it, the last part of the name counts
    when it is written exactly like a code: `…_LAB.pdf`, and not `…_lab.pdf`.
    """
    known = {each.code for each in offered(clinic)}
    if said:
        return said.upper() if said.upper() in known else ""
    last = _LAST_PART.search(PurePosixPath(file_name).stem)
    return last[1] if last and last[1] in known else ""
