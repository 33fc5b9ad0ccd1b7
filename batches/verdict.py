"""Where a file goes and why: the match, the twin, the card and the clinic's policy decide together."""

from dataclasses import dataclass
from typing import Any

from batches.context import PATIENT_CARD
from batches.decided import is_decided
from batches.models import BatchFile
from batches.records import Record
from batches.states import FileStatus
from clinics import audit
from clinics.models import Clinic
from files.errors import Refused
from patients.actions import PatientFacts, register
from patients.directory import survivor_id
from patients.matching.results import MatchResult
from patients.models import Patient
from patients.owners import owners_of

CARD_UNKNOWN = "card-unknown"
DECIDED_BEFORE = "decided-before"
PROVISIONAL = "provisional-registered"

_CONTRADICTIONS = frozenset(
    {
        *("card-disagrees", "dicom-disagrees", "exif-disagrees", "list-disagrees"),
        *("number-and-name-disagree", "two-numbers", "number-not-unique", "number-near"),
        *("birth-date-disagrees", "sex-disagrees", "suffix-disagrees", "not-the-batch-patient"),
    }
)
_WORDS = {
    CARD_UNKNOWN: (
        "It shows a code that is no record number here: perhaps the card of somebody who is not in the "
        "directory. The shots after it were not given to the card before it."
    ),
    DECIDED_BEFORE: "A person has decided about it before and brought it back: only a person files it again.",
}


@dataclass(frozen=True)
class Verdict:
    """The next place of a file: `patient` or `stranger` is set exactly when it is filed, `twin` when the same
    bytes are here already. A stranger is registered as provisional by whoever carries the verdict out.
    """

    status: FileStatus
    code: str
    patient: Patient | None = None
    twin: Record | None = None
    stranger: PatientFacts | None = None


def judge(file: BatchFile, found: MatchResult, twin: Record | None, card: str | None = None) -> Verdict:
    """Filed, held, duplicate, or set aside as a card (`card` is the number on it).

    The same bytes under another patient's name stop the file, whatever the confidence: one of the two charts
    is wrong. Only a person who wants both lets it pass. What a person has ever decided is a person's again.
    """
    verdict = _judged(file, found, twin, card)
    if verdict.status is FileStatus.REVIEW or not is_decided(file):
        return verdict
    return Verdict(FileStatus.REVIEW, DECIDED_BEFORE, twin=verdict.twin)


def _judged(file: BatchFile, found: MatchResult, twin: Record | None, card: str | None) -> Verdict:
    if card is not None and (owner := owners_of(file.batch.clinic, [card]).get(card)):
        return _of_a_card(owner, found, twin)
    patient = _living_patient(found)
    if card is None and (twin is None or file.keep_both):
        return _of_a_first(file.batch.clinic, found, patient, twin)
    if twin is None:
        return Verdict(FileStatus.REVIEW, CARD_UNKNOWN)
    if patient is not None and twin.patient_id is None:
        return Verdict(FileStatus.REVIEW, "same-bytes-in-review", twin=twin)
    if patient is not None and twin.patient_id not in {None, patient.pk}:
        return Verdict(FileStatus.REVIEW, "same-bytes-other-patient", twin=twin)
    return Verdict(FileStatus.DUPLICATE, "same-bytes", twin=twin)


def facts_of(found: MatchResult, verdict: Verdict) -> dict[str, Any]:
    """What the file's row keeps of the match: columns and their values."""
    if verdict.code == PATIENT_CARD:
        return {"confidence": None, "decision": PATIENT_CARD, "evidence": {}}
    evidence = found.as_json()
    if verdict.code in _WORDS:
        evidence |= {"decision": "review", "reason": verdict.code, "words": _WORDS[verdict.code]}
    return {"confidence": found.confidence, "decision": evidence["decision"], "evidence": evidence}


def register_stranger(file: BatchFile, verdict: Verdict) -> Patient | None:
    """The provisional patient for whom a file is filed; None when the number became somebody's meanwhile.

    Call it in the transaction that files: when that comes to nothing, so does the patient.
    """
    if verdict.stranger is None:
        return None
    clinic = file.batch.clinic
    try:
        patient = register(clinic=clinic, facts=verdict.stranger, actor=None)
    except Refused:
        return None
    audit.record(PROVISIONAL, clinic=clinic, actor=None, target=file, patient=str(patient.pk))
    return patient


def _of_a_card(owner: Patient, found: MatchResult, twin: Record | None) -> Verdict:
    """Set aside, unless its own path, header or batch speak of somebody else: it may be no card at all."""
    is_anothers = found.decision == "assign" and found.patient_id != survivor_id(owner.pk)
    if is_anothers or found.reason in _CONTRADICTIONS:
        return Verdict(FileStatus.REVIEW, found.reason, twin=twin)
    return Verdict(FileStatus.CANCELLED, PATIENT_CARD)


def _of_a_first(clinic: Clinic, found: MatchResult, patient: Patient | None, twin: Record | None) -> Verdict:
    if found.decision == "assign" and patient is not None:
        return Verdict(FileStatus.COMPLETED, found.reason, patient, twin=twin)
    stranger = found.stranger
    if stranger is None or clinic.unknown_patients != Clinic.UnknownPatients.PROVISIONAL:
        return Verdict(FileStatus.REVIEW, found.reason, twin=twin)
    facts = PatientFacts(
        mrn=stranger.mrn,
        family_name=stranger.family_name,
        given_names=stranger.given_names,
        birth_date=stranger.birth_date,
        provisional=True,
    )
    return Verdict(FileStatus.COMPLETED, PROVISIONAL, twin=twin, stranger=facts)


def _living_patient(found: MatchResult) -> Patient | None:
    return Patient.objects.living().filter(pk=found.patient_id).first() if found.patient_id else None
