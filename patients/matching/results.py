"""What a match is when it is done: frozen values that are stored, shown and tested."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from patients.clues import Clue


class Decision(StrEnum):
    """What becomes of the file."""

    ASSIGN = "assign"
    REVIEW = "review"
    NONE = "none"


class Verdict(StrEnum):
    """What one field says about one patient."""

    AGREES = "agrees"
    CLOSE = "close"
    ABSENT = "absent"
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field's word for or against one patient; `words` is a sentence for a clinician."""

    field: str
    value: str
    verdict: Verdict
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient whom the file may belong to."""

    patient_id: str
    confidence: float
    evidence: tuple[Evidence, ...]
    score: float = 0.0  # the log-odds that the confidence was calibrated from


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody whose record number and full name were both read, and who is not in the directory."""

    mrn: str
    family_name: str
    given_names: str
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Whose file it is, how sure that is, why, and who else it could be.

    `patient_id` is the patient that `confidence` speaks of: the owner when `decision` is `assign`, a
    suggestion when it is `review`, and None when it is `none`. `confidence` is the posterior probability
    and nothing else; `decision` is policy. `score` is the log-odds before calibration. `gap` is the distance
    to the confidence of `runner_up`, the next likeliest patient. `reason` is a stable kebab-case code,
    `words` the same as a sentence. `stranger` is whom a provisional patient could be made of.
    """

    patient_id: str | None
    confidence: float
    decision: Decision
    reason: str
    words: str
    evidence: tuple[Evidence, ...]
    candidates: tuple[Candidate, ...]
    gap: float
    rule_version: str
    clues: tuple[Clue, ...]
    score: float = 0.0
    runner_up: str | None = None
    stranger: Stranger | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain lists, dictionaries, strings and numbers, as they are stored in the file's row."""
        plain = asdict(self)
        plain["decision"] = str(self.decision)
        plain["evidence"] = [_plain(piece) for piece in self.evidence]
        plain["candidates"] = [
            {
                "patient_id": candidate.patient_id,
                "confidence": candidate.confidence,
                "score": candidate.score,
                "evidence": [_plain(piece) for piece in candidate.evidence],
            }
            for candidate in self.candidates
        ]
        if self.stranger is not None:
            born = self.stranger.birth_date
            plain["stranger"] = asdict(self.stranger) | {"birth_date": born.isoformat() if born else None}
        plain["clues"] = [
            {"field": str(clue.field), "value": clue.value, "source": clue.source, "place": clue.place}
            for clue in self.clues
        ]
        return plain


def _plain(piece: Evidence) -> dict[str, str]:
    return {
        "field": piece.field,
        "value": piece.value,
        "verdict": str(piece.verdict),
        "words": piece.words,
        "source": piece.source,
    }
