"""Which waiting files belong together, so that one look can decide about all of them: a pure partition."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from patients.clues import Field
from patients.matching.results import Verdict

BURST_PAUSE = timedelta(seconds=10)
# More than a person can look through at once; what is larger comes as several groups.
MOST_FILES = 100

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_COUNTER = re.compile(r"[\s_\-.(#]*\d+[\s_\-.)]*$")
_WORD = re.compile(r"[^\W\d_]+")
# What cameras, phones and scanners call everything says nothing about what belongs together.
_BY_MACHINE = frozenset(
    {
        *("img", "mg", "dsc", "dscn", "dscf", "p", "pxl", "mvi", "pict", "photo", "foto", "picture", "image"),
        *("imagen", "scan", "escaneo", "doc", "document", "documento", "screenshot", "captura", "file"),
        *("archivo", "untitled", "unnamed", "copy", "copia", "whatsapp", "at", "de"),
    }
)

# What must be the same in all files of a group that speak of a patient. A plain number is a counter as a
# rule; where it told a patient, the evidence holds it.
_SPOKEN = frozenset(
    {
        Field.RECORD_NUMBER,
        Field.NAME,
        Field.FAMILY_NAME,
        Field.GIVEN_NAMES,
        Field.BIRTH_DATE,
        Field.DATE,
        Field.SEX,
        Field.SUFFIX,
    }
)


class Bond(StrEnum):
    """What holds a group together."""

    BURST = "burst"  # one camera, hardly a pause between the shots
    PREFIX = "prefix"  # names that differ by their counter only
    FOLDER = "folder"  # one folder, and nothing else
    SUGGESTION = "suggestion"  # the same words about the same patient, in several folders
    ALONE = "alone"


class Sureness(StrEnum):
    """How far a decision about one of the group is a decision about all."""

    SURE = "sure"  # all say the same about their patient
    LIKELY = "likely"  # none says anything, but they were made together
    OPEN = "open"  # they only lie in one place


@dataclass(frozen=True, slots=True)
class Waiting:
    """One file that waits for a person, as far as grouping asks.

    `identity` is everything that it says about its patient (`identity_in`); empty where it says nothing.
    `suggestion` is the best patient, if there is one. `story` tells files apart that came into review in
    different ways; `is_question` marks one that must be judged by itself, because its bytes are here twice.
    """

    file: str
    batch: str
    path: str
    received_at: datetime | None = None
    identity: str = ""
    suggestion: str = ""
    taken_at: datetime | None = None
    camera: str = ""
    story: str = ""
    is_question: bool = False

    @property
    def folder(self) -> str:
        """The path without the name."""
        return self.path.rpartition("/")[0]

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Where in its batch's queue it stands: the longest waiting first."""
        return self.received_at or _LONG_AGO, self.path, self.file

    @property
    def stem(self) -> str:
        """The name without its counter; empty where a machine made it up."""
        name = _EXTENSION.sub("", self.path.rpartition("/")[2])
        stem = _COUNTER.sub("", name).casefold()
        return "" if _BY_MACHINE.issuperset(_WORD.findall(stem)) else stem


@dataclass(frozen=True, slots=True)
class Group:
    """Files that may be decided together, in the order of the queue; never of two suggested patients."""

    bond: Bond
    files: tuple[Waiting, ...]

    @property
    def key(self) -> str:
        """The identifier of its first file: stable whatever else waits, and any member's leads here too."""
        return self.files[0].file

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Where in the queue of its batch it stands."""
        return self.files[0].place

    @property
    def sureness(self) -> Sureness:
        """How sure it is that all of it is one patient's."""
        if self.bond is Bond.ALONE or self.files[0].identity:
            return Sureness.SURE
        return Sureness.OPEN if self.bond is Bond.FOLDER else Sureness.LIKELY

    @property
    def words(self) -> str:
        """Why they belong together and how sure that is, in words for a clinician; empty for a single."""
        return "" if self.bond is Bond.ALONE else f"{self._bond_words()} {_SURENESS[self._says()]}"

    def _says(self) -> str:
        if not self.files[0].identity:
            return self.sureness
        return "same patient" if self.files[0].suggestion else "same words"

    def _bond_words(self) -> str:
        match self.bond:
            case Bond.BURST:
                moments = [each.taken_at for each in self.files if each.taken_at]
                return f"Taken by one camera within {_span(max(moments) - min(moments))}."
            case Bond.PREFIX:
                return "Named alike but for a counter."
            case Bond.FOLDER:
                return "From one folder." if self.files[0].folder else "Dropped together."
        return "From several folders."


_SURENESS = {
    "same patient": "All say the same about their patient.",
    "same words": "All carry the same words, which fit nobody in the directory.",
    Sureness.LIKELY: "None says whose it is: see that all show the same patient.",
    Sureness.OPEN: "None says whose it is, and a folder can hold several patients: look at each.",
}


def identity_in(evidence: Mapping[str, Any]) -> str:
    """Everything that a match read about the patient, and whom it found by it: equal texts decide alike.

    `evidence` is what the matcher stored with the file. Empty where nothing spoke of a patient.
    """
    clues = evidence.get("clues", ())
    is_silent = evidence.get("reason") == "no-identity" or not (clues or evidence.get("candidates"))
    if is_silent and not evidence.get("patient_id"):
        return ""
    read = sorted({(clue["field"], clue["value"].casefold()) for clue in clues if clue["field"] in _SPOKEN})
    found = [
        (candidate["patient_id"], sorted(_weighed(candidate.get("evidence", ()))))
        for candidate in evidence.get("candidates", ())
    ]
    return json.dumps([evidence.get("reason"), read, found])


def _weighed(pieces: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for piece in pieces:
        if piece["verdict"] != Verdict.ABSENT:
            yield piece["field"], piece["verdict"], piece["value"].casefold()


def groups_of(files: Iterable[Waiting]) -> list[Group]:
    """Put every file into exactly one group; the same files give the same groups in any order.

    Within a batch, files that speak of their patient in the same words go together. Files that say nothing
    go together by burst, else by name, else by folder. Questions stay alone.
    """
    ordered = sorted(files, key=lambda each: each.place)
    questions = [each for each in ordered if each.is_question]
    speaking = [each for each in ordered if each.identity and not each.is_question]
    silent = [each for each in ordered if not each.identity and not each.is_question]
    groups = [Group(Bond.ALONE, (each,)) for each in questions]
    groups += [group for bucket in _buckets(speaking, _spoken) for group in _grouped(bucket, _bond(bucket))]
    groups += [group for bucket in _buckets(silent, _lying) for group in _silent_groups(bucket)]
    return sorted(groups, key=lambda group: (group.files[0].batch, group.place))


def _spoken(file: Waiting) -> Hashable:
    # Words that fit nobody bind only inside a folder: two folders may well hold two strangers of one name.
    return file.batch, file.story, file.identity, file.suggestion or ("in", file.folder)


def _lying(file: Waiting) -> Hashable:
    return file.batch, file.story, file.folder


def _silent_groups(files: Sequence[Waiting]) -> Iterator[Group]:
    """One folder's files of which none says whose it is, by the strongest bond that each has."""
    bursts = [burst for burst in _bursts(files) if len(burst) > 1]
    for burst in bursts:
        yield from _grouped(burst, Bond.BURST)
    taken = {each.file for burst in bursts for each in burst}
    loose = []
    for alike in _buckets([each for each in files if each.file not in taken], lambda each: each.stem):
        if alike[0].stem and len(alike) > 1:
            yield from _grouped(alike, Bond.PREFIX)
        else:
            loose += alike
    yield from _grouped(sorted(loose, key=lambda each: each.place), Bond.FOLDER)


def _bond(files: Sequence[Waiting]) -> Bond:
    """The strongest bond of files that say the same about their patient."""
    if len(_bursts(files)) == 1:
        return Bond.BURST
    if len({(each.folder, each.stem) for each in files}) == 1 and files[0].stem:
        return Bond.PREFIX
    return Bond.FOLDER if len({each.folder for each in files}) == 1 else Bond.SUGGESTION


def _bursts(files: Sequence[Waiting]) -> list[list[Waiting]]:
    """Chains of one camera's shots; a file of unknown camera or time is a chain of its own."""
    chains: list[list[Waiting]] = []
    for each in sorted(files, key=lambda one: (one.camera, one.taken_at or _LONG_AGO, one.place)):
        if chains and _follows(chains[-1][-1], each):
            chains[-1].append(each)
        else:
            chains.append([each])
    return chains


def _follows(before: Waiting, after: Waiting) -> bool:
    if not after.camera or before.camera != after.camera or not before.taken_at or not after.taken_at:
        return False
    return after.taken_at - before.taken_at <= BURST_PAUSE


def _grouped(files: Sequence[Waiting], bond: Bond) -> Iterator[Group]:
    ordered = sorted(files, key=lambda each: each.place)
    for start in range(0, len(ordered), MOST_FILES):
        part = tuple(ordered[start : start + MOST_FILES])
        yield Group(bond if len(part) > 1 else Bond.ALONE, part)


def _buckets(files: Iterable[Waiting], by: Callable[[Waiting], Hashable]) -> list[list[Waiting]]:
    found: dict[Hashable, list[Waiting]] = defaultdict(list)
    for each in files:
        found[by(each)].append(each)
    return list(found.values())


def _span(length: timedelta) -> str:
    seconds = max(1, round(length.total_seconds()))
    if seconds < 120:  # noqa: PLR2004 - below two minutes seconds are plainer
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{round(seconds / 60)} minutes"
