"""Who a file in review could belong to, with the evidence for and against each, as the page shows it."""

from dataclasses import dataclass
from typing import Any

from batches.models import BatchFile
from batches.views.deciders import is_taken_out
from batches.views.rows import percent
from clinics.models import Clinic
from documents.models import Document
from imaging.models import Image
from patients.matching.results import Verdict
from patients.models import Patient

_MOST = 5
# Icon and tone of what one piece of evidence says; the sentence beside it carries the meaning.
_VERDICTS = {
    Verdict.AGREES: ("check", "good", "for"),
    Verdict.CLOSE: ("near", "ask", "nearly"),
    Verdict.ABSENT: ("dot", "quiet", "silent"),
    Verdict.DISAGREES: ("cross", "bad", "against"),
}


@dataclass(frozen=True)
class Piece:
    """One sentence of evidence; `side` says in a word whether it speaks for the patient."""

    words: str
    icon: str
    tone: str
    side: str


@dataclass(frozen=True)
class Candidate:
    """A patient whom the file may belong to; `key` is the digit that assigns it.

    `is_offered` makes its button the page's main one: the likeliest, when nothing speaks against it.
    """

    key: int
    patient: Patient
    certainty: str
    pieces: list[Piece]
    is_offered: bool


def candidates_of(file: BatchFile, clinic: Clinic) -> list[Candidate]:
    """The likeliest [5] patients, as the matcher ranked them; those merged meanwhile are left out."""
    found = file.evidence.get("candidates", [])
    patients = Patient.objects.of(clinic).living().in_bulk([each["patient_id"] for each in found])
    by_id = {str(pk): patient for pk, patient in patients.items()}
    known = [(by_id[each["patient_id"]], each) for each in found if each["patient_id"] in by_id][:_MOST]
    is_contested = is_taken_out(file) or is_filed_elsewhere(file)
    return [
        _candidate(key, patient, each, is_contested=is_contested)
        for key, (patient, each) in enumerate(known, start=1)
    ]


def twin_of(file: BatchFile) -> Image | Document | None:
    """The record with the same bytes that stopped this file, or was filed since; None when there is none."""
    record = file.image or file.document
    if record is None or record.twin_of is not None:
        return record.twin_of if record is not None else None
    kept = record.kept_twins.filter(patient__isnull=False).select_related("patient")
    return kept.first()


def is_filed_elsewhere(file: BatchFile) -> bool:
    """Are the same bytes in somebody's chart already?"""
    twin = twin_of(file)
    return twin is not None and twin.patient_id is not None


def _candidate(key: int, patient: Patient, found: dict[str, Any], *, is_contested: bool) -> Candidate:
    pieces = [_piece(each) for each in found.get("evidence", [])]
    is_offered = key == 1 and not is_contested and all(piece.tone != "bad" for piece in pieces)
    return Candidate(key, patient, percent(found["confidence"]), pieces, is_offered)


def _piece(evidence: dict[str, str]) -> Piece:
    icon, tone, side = _VERDICTS[Verdict(evidence["verdict"])]
    return Piece(evidence["words"], icon, tone, side)
