"""Who a file in review could belong to, with the evidence for and against each, as the page shows it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F

from batches.models import BatchFile
from batches.records import Record, twin_of
from batches.views.deciders import is_taken_out
from batches.views.rows import percent
from clinics.models import Clinic
from documents.models import Document
from imaging.models import Image
from patients.clues import FOLDER, Field
from patients.matching.results import Verdict
from patients.models import Patient

_MOST = 5
_PICTURES = 4
_FACTS = ("mrn", "family_name", "given_names", "birth_date", "sex")
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
class Glimpse:
    """One of the last things in a chart; exactly one of both is set."""

    image: Image | None
    document: Document | None


@dataclass(frozen=True)
class Candidate:
    """A patient whom the file may belong to; `key` is the digit that assigns it.

    `is_offered` makes its button the page's main one: the likeliest, when nothing speaks against it.
    """

    key: int
    patient: Patient
    certainty: str
    pieces: list[Piece]
    chart: list[Glimpse]
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


def chart_of(patient: Patient) -> list[Glimpse]:
    """The last [4] things in a patient's chart: pictures first, because faces and wounds are known again."""
    latest = F("captured_at").desc(nulls_last=True)
    images = list(Image.objects.filter(patient=patient).order_by(latest, "-created_at")[:_PICTURES])
    room = _PICTURES - len(images)
    documents = Document.objects.filter(patient=patient).order_by("-created_at")[:room] if room else []
    return [Glimpse(image, None) for image in images] + [Glimpse(None, document) for document in documents]


def is_filed_elsewhere(file: BatchFile) -> bool:
    """Are the same bytes in somebody's chart already?"""
    twin: Record | None = twin_of(file)
    return twin is not None and twin.patient_id is not None


def facts_read_in(file: BatchFile) -> dict[str, Any]:
    """What the file says of its patient, as a new patient's form starts: as the matcher understood it where
    it did, else word by word, for a person to put right.
    """
    if stranger := file.evidence.get("stranger"):
        return {field: stranger.get(field) or "" for field in _FACTS}
    if file.evidence.get("reason") == "no-identity":
        return {}
    clues = sorted(file.evidence.get("clues", ()), key=lambda clue: clue["source"] == FOLDER)
    read = {clue["field"]: clue["value"] for clue in reversed(clues)}
    family, given = _parts_of(read.get(Field.NAME, ""))
    return {
        "mrn": read.get(Field.RECORD_NUMBER, ""),
        "family_name": read.get(Field.FAMILY_NAME, family),
        "given_names": read.get(Field.GIVEN_NAMES, given),
        "birth_date": read.get(Field.BIRTH_DATE, "").partition("|")[0],
        "sex": read.get(Field.SEX, ""),
    }


def _parts_of(name: str) -> tuple[str, str]:
    """Family and given names, where a comma or an underscore tells them apart."""
    for separator in (",", "_"):
        family, found, given = name.partition(separator)
        if found:
            return " ".join(family.split()), " ".join(given.replace("_", " ").split())
    return name, ""


def _candidate(key: int, patient: Patient, found: dict[str, Any], *, is_contested: bool) -> Candidate:
    pieces = [_piece(each) for each in found.get("evidence", [])]
    is_offered = key == 1 and not is_contested and all(piece.tone != "bad" for piece in pieces)
    return Candidate(key, patient, percent(found["confidence"]), pieces, chart_of(patient), is_offered)


def _piece(evidence: dict[str, str]) -> Piece:
    icon, tone, side = _VERDICTS[Verdict(evidence["verdict"])]
    return Piece(evidence["words"], icon, tone, side)
