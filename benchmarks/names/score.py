"""Holds answers against the truth, and says in figures how safe and how useful they were."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

_TWO_IDENTIFIERS = {"mrn_name", "name_dob", "mrn_dob", "mrn_initials", "initials_dob"}
_SURE = 0.95
_MATCHED_FROM = 0.5
_BINS = 20
_SHOWN = 5


@dataclass
class Share:
    """So many of so many."""

    hits: int = 0
    of: int = 0

    def count(self, *, hit: bool) -> None:
        """One more."""
        self.hits += hit
        self.of += 1

    @property
    def value(self) -> float | None:
        """The share, if there is anything to take it of."""
        return self.hits / self.of if self.of else None


@dataclass
class Score:
    """What the issue asks of a matcher."""

    files: int = 0
    wrong: int = 0  # filed in somebody else's chart
    lucky: int = 0  # filed right where nobody could have known
    coverage: Share = field(default_factory=Share)  # of the files that have a patient
    coverage_two: Share = field(default_factory=Share)  # of those with two identifiers, where one can tell
    recall_1: Share = field(default_factory=Share)
    recall_5: Share = field(default_factory=Share)
    recall_5_tellable: Share = field(default_factory=Share)
    strangers_unmatched: Share = field(default_factory=Share)
    ece: float = 0.0  # expected calibration error, twenty bins
    gap: float = 0.0  # mean confidence less accuracy, of answers above 0.95


def score(truth: Path, answers: Path) -> Score:
    """Of as many files as there are answers for."""
    result, sure = Score(), []
    with truth.open(encoding="utf-8") as asked, answers.open(encoding="utf-8") as given:
        for line in given:
            answer = json.loads(line)
            file = json.loads(next(islice(asked, 1)))
            assert file["file_id"] == answer["file_id"], "the answers are of other files"
            _count(result, file, answer)
            if answer["patient"] is not None:
                sure.append((answer["confidence"], answer["patient"] == file["truth"]))
    result.ece, result.gap = _calibration(sure)
    return result


def _count(result: Score, file: dict[str, Any], answer: dict[str, Any]) -> None:
    truth, is_right = file["truth"], answer["patient"] == file["truth"]
    filed = bool(answer["auto"]) and answer["patient"] is not None
    result.files += 1
    result.wrong += filed and not is_right
    result.lucky += filed and is_right and file["ambiguous"]
    if truth is None:
        matched = answer["patient"] is not None and answer["confidence"] >= _MATCHED_FROM
        result.strangers_unmatched.count(hit=not matched)
        return
    shown = list(dict.fromkeys([answer["patient"], *answer["candidates"]]))
    shown = [each for each in shown if each is not None][:_SHOWN]
    result.coverage.count(hit=filed and is_right)
    result.recall_1.count(hit=truth in shown[:1])
    result.recall_5.count(hit=truth in shown)
    if not file["ambiguous"]:
        result.recall_5_tellable.count(hit=truth in shown)
        if file["kind"] in _TWO_IDENTIFIERS:
            result.coverage_two.count(hit=filed and is_right)


def _calibration(answers: Iterable[tuple[float, bool]]) -> tuple[float, float]:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    above = []
    for confidence, is_right in answers:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, is_right))
        if confidence >= _SURE:
            above.append((confidence, is_right))
    count = sum(map(len, bins)) or 1
    return sum(abs(_surplus(each)) for each in bins) / count, _surplus(above) / (len(above) or 1)


def _surplus(answers: list[tuple[float, bool]]) -> float:
    return sum(confidence for confidence, _ in answers) - sum(is_right for _, is_right in answers)
