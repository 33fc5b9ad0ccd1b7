"""What people reach for first, measured on the same names: a plain recipe, and rapidfuzz's `WRatio`.

    python -m benchmarks.names.rivals FOLDER --files 300 --answers naive.jsonl wratio.jsonl

Both file a name by themselves from a similarity of 0.95, and look at every patient for every name.
"""

import argparse
import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler, Levenshtein

_ASSIGN_FROM = 0.95
_SUGGEST_FROM = 0.60
_SHOWN = 5
_NUMBER_FIRST = re.compile(r"^([A-Za-z-]{0,3}\d{5,})(?:[_ .-]|$)")
_NO_LETTER = re.compile(r"[^a-z]+")


class Directory:
    """Everybody's number, and everybody's name both ways round."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        self.ids = [row["id"] for row in rows]
        self.by_number = {_number(row["id"]): row["id"] for row in rows}
        self.orders = (
            [_plain(f"{row['family']} {row['given']}") for row in rows],
            [_plain(f"{row['given']} {row['family']}") for row in rows],
        )


def naive(directory: Directory, name: str) -> dict[str, Any]:
    """A number in front decides; else the best of Levenshtein, Jaro-Winkler and the set of words."""
    stem = name.rpartition(".")[0] or name
    first = _NUMBER_FIRST.match(stem)
    owner = directory.by_number.get(_number(first.group(1))) if first else None
    if owner is not None:
        return {"patient": owner, "confidence": 1.0, "auto": True, "candidates": [owner]}
    return _best(directory, stem, (_levenshtein, _jaro_winkler, _token_set))


def wratio(directory: Directory, name: str) -> dict[str, Any]:
    """`WRatio` of the whole name, a number that is somebody's taken for theirs."""
    stem = name.rpartition(".")[0] or name
    for part in re.split(r"[_ .-]", stem):
        owner = directory.by_number.get(_number(part)) if any(ch.isdigit() for ch in part) else None
        if owner is not None:
            return {"patient": owner, "confidence": 1.0, "auto": True, "candidates": [owner]}
    return _best(directory, stem, (_wratio,))


_Scorer = Callable[[str, list[str]], NDArray[np.float32]]


def _levenshtein(asked: str, names: list[str]) -> NDArray[np.float32]:
    return _similar(asked, names, Levenshtein.normalized_similarity, 1.0)


def _jaro_winkler(asked: str, names: list[str]) -> NDArray[np.float32]:
    return _similar(asked, names, JaroWinkler.normalized_similarity, 1.0)


def _token_set(asked: str, names: list[str]) -> NDArray[np.float32]:
    return _similar(asked, names, fuzz.token_set_ratio, 100.0)


def _wratio(asked: str, names: list[str]) -> NDArray[np.float32]:
    return _similar(asked, names, fuzz.WRatio, 100.0)


def _similar(asked: str, names: list[str], scorer: Callable[..., float], best: float) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = process.cdist([asked], names, scorer=scorer, dtype=np.float32)[0]
    return scores / np.float32(best)


def _best(directory: Directory, stem: str, scorers: tuple[_Scorer, ...]) -> dict[str, Any]:
    asked = _plain(stem)
    if not asked:
        return {"patient": None, "confidence": 0.0, "auto": False, "candidates": []}
    scores = np.max([scorer(asked, names) for scorer in scorers for names in directory.orders], axis=0)
    top = np.argsort(-scores, kind="stable")[:_SHOWN]
    confidence, ids = float(scores[top[0]]), [directory.ids[at] for at in top]
    return {
        "patient": ids[0] if confidence >= _SUGGEST_FROM else None,
        "confidence": confidence,
        "auto": confidence >= _ASSIGN_FROM,
        "candidates": ids,
    }


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(_NO_LETTER.sub(" ", letters).split())


def _number(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper()).lstrip("0")


def main() -> None:
    """Answer the first names of the folder twice, and print the milliseconds of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, required=True)
    parser.add_argument("--answers", type=Path, nargs=2, required=True)
    options = parser.parse_args()
    directory = Directory(options.folder / "directory.jsonl")
    with (options.folder / "files.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, options.files)]
    took = []
    for rival, path in zip((naive, wratio), options.answers, strict=True):
        spent = []
        with path.open("w") as out:
            for row in rows:
                started = time.perf_counter()
                answer = rival(directory, row["file"])
                spent.append(1e3 * (time.perf_counter() - started))
                out.write(json.dumps({"file_id": row["file_id"], **answer}) + "\n")
        spent.sort()
        took.append({"p50": spent[len(spent) // 2], "p99": spent[int(0.99 * len(spent))]})
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main()
