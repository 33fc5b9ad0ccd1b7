"""Turns a relative path into clues: by the clinic's own pattern where one fits, else by the built-in ones,
one file name or folder name at a time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

from patients.clues import FILE_NAME, FOLDER, NUMBER_NAME_EPISODE, Clue, Field
from patients.filename_patterns.compiled import CompiledPattern, Fit
from patients.filename_patterns.dates import find_dates
from patients.filename_patterns.marks import DOCTOR_MASK, MASK, masked, without_counters, without_doctors
from patients.filename_patterns.text import EXTENSION, repaired

PATIENT_ID = "PatientID_*"
LAST_FIRST = "LastName_FirstName_*"

_LABELS = (
    r"mrn|nhcl?|expediente|exp|hc|historia|paciente|pac|patient[ _-]?id|patient|pid|id|record|folio|"
    r"no|num|nro|p|#"
)
_NUMBER = re.compile(
    rf"(?<![^\W\d_])(?:(?P<label>{_LABELS})[ _.:#-]{{0,2}})?"
    r"(?P<value>(?:(?<![^\W_])[A-Za-z]{1,3}-?|(?<=[nNcCpPdD#])[A-Za-z]{2}-?)?"
    r"(?:\d{3}-\d{3}-\d{2,6}|\d{5,}|\d+(?![^\W\d_])))"
    r"|(?<=[^\W\d_])(?P<glued>\d{5,})",
    re.IGNORECASE,
)
_WITH_EPISODE = re.compile(
    rf"(?:(?P<label>{_LABELS})[_.:#-]?)?(?P<number>(?:[A-Za-z]{{1,4}}-?)?\d{{4,}})_(?P<name>[^\d]+?)"
    r"_(?P<episode>[A-Za-z]?\d{5,})_(?P<type>[^\W\d_]{1,16})$",
    re.IGNORECASE,
)
_STARTS_WITH_NAMES = re.compile(r"[^\W\d_]{2,}(?:[ '’-][^\W\d_]+)*_[^\W\d_]{2,}")
_SHORTEST_NUMBER = 3
_YEAR = re.compile(r"(?:19|20)\d\d")
_STRETCH = re.compile(rf"[^{MASK}{DOCTOR_MASK}]+")
_EDGES = " _-.,;()[]{}#+=~"
_LONGEST_NAME = 300
_MOST_FOLDERS = 8


def read_path(path: str, *, today: date, patterns: Sequence[CompiledPattern] = ()) -> tuple[Clue, ...]:
    """The clues of a file's relative path: those of its own name first, then those of each folder, the
    nearest first.

    The first of `patterns` that fits reads the names that it speaks of; the built-in ones read all others.
    `today` bounds what can be a date. Never raises: what cannot be read gives no clue.
    """
    *folders, name = _names_of(path)
    found = _first_fit(patterns, path, today)
    if found is None:
        clues = list(read_name(name, source=FILE_NAME, today=today))
    else:
        clues = list(_read_by(found, today))
        folders = folders[: len(folders) + 1 - found.names]
    for folder in reversed(folders):
        clues += read_name(folder, source=FOLDER, today=today)
    return tuple(clues)


def legible_names(path: str) -> list[str]:
    """The last names of a relative path as patterns read them: folders, and the file's own without its
    extension, all repaired.
    """
    *folders, name = _names_of(path)
    return [*(_legible(folder, FOLDER) for folder in folders), _legible(name, FILE_NAME)]


def _names_of(path: str) -> list[str]:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    folders = [part for part in parts[:-1] if part not in {".", "..", "/"}][-_MOST_FOLDERS:]
    return [*folders, parts[-1] if parts else ""]


def read_name(name: str, *, source: str, today: date) -> tuple[Clue, ...]:
    """The clues of one file or folder name."""
    text = _legible(name, source)
    whole = _WITH_EPISODE.fullmatch(text)
    if whole is not None and not _holds_a_date(whole, today):
        return tuple(_read_episode_form(whole, source))
    clues = tuple(_read_freely(text, source, today))
    return (*_pattern_of(text, clues, source), *clues)


def _first_fit(patterns: Sequence[CompiledPattern], path: str, today: date) -> Fit | None:
    names = legible_names(path) if patterns else []
    fits = (pattern.fit(names, today=today) for pattern in patterns)
    return next((each for each in fits if isinstance(each, Fit)), None)


def _legible(name: str, source: str) -> str:
    text = repaired(name[:_LONGEST_NAME])
    return EXTENSION.sub("", text) if source == FILE_NAME else text


def _read_by(found: Fit, today: date) -> Iterator[Clue]:
    """What a pattern read, and what may speak against it where it left the choice open.

    A number there is no record number for standing first: the pattern says where that stands.
    """
    yield from found.clues
    for unread in found.unread:
        for clue in _read_freely(unread.text, unread.source, today):
            is_first = clue.field == Field.RECORD_NUMBER and clue.place == "first"
            yield replace(clue, field=Field.NUMBER, place="later") if is_first else clue


def _holds_a_date(whole: re.Match[str], today: date) -> bool:
    """`20240131_Ruiz, Ana_10123578_OPG`: a day, a name and a number are another form."""
    first = "" if whole["label"] else whole["number"]
    return any(any(find_dates(text, today=today)) for text in (first, whole["name"], whole["episode"]))


def _read_episode_form(whole: re.Match[str], source: str) -> Iterator[Clue]:
    yield Clue(Field.PATTERN, NUMBER_NAME_EPISODE, source)
    yield Clue(Field.RECORD_NUMBER, whole["number"], source, "labelled" if whole["label"] else "first")
    yield Clue(Field.NAME, whole["name"].strip(_EDGES), source)
    yield Clue(Field.EPISODE, whole["episode"], source)
    yield Clue(Field.DOCUMENT_TYPE, whole["type"], source)


def _pattern_of(text: str, clues: tuple[Clue, ...], source: str) -> Iterator[Clue]:
    if any(clue.field == Field.RECORD_NUMBER and clue.place == "first" for clue in clues):
        yield Clue(Field.PATTERN, PATIENT_ID, source)
    elif _STARTS_WITH_NAMES.match(text):
        yield Clue(Field.PATTERN, LAST_FIRST, source)


def _read_freely(text: str, source: str, today: date) -> Iterator[Clue]:
    text = without_counters(text)
    text, doctors = without_doctors(text)
    yield from (Clue(Field.DOCTOR, name, source) for name in doctors)
    unread, dates = _read_dates(text, source, today)
    yield from dates
    unread, numbers = _read_numbers(unread, source)
    yield from numbers
    for stretch in _STRETCH.findall(unread):
        words = stretch.strip(_EDGES)
        if any(ch.isalpha() for ch in words):
            yield Clue(Field.NAME, words, source)


def _read_dates(text: str, source: str, today: date) -> tuple[str, list[Clue]]:
    clues: list[Clue] = []
    unread = text
    for found in find_dates(text, today=today):
        field = Field.BIRTH_DATE if found.is_labelled else Field.DATE
        clues.append(Clue(field, found.value, source, "labelled" if found.is_labelled else ""))
        if found.is_packed and not found.is_labelled:  # digits that are a date may be a record number, too
            clues.append(Clue(Field.NUMBER, text[found.start : found.end], source, "date"))
        unread = masked(unread, found.start, found.end)
    return unread, clues


def _read_numbers(text: str, source: str) -> tuple[str, list[Clue]]:
    clues: list[Clue] = []
    unread = text
    for found in _NUMBER.finditer(text):
        value = found["value"] or found["glued"]
        unread = masked(unread, found.start(), found.end())
        if sum(ch.isdigit() for ch in value) < _SHORTEST_NUMBER:
            continue
        clues.append(_number_clue(found, value, source))
        letters = "".join(ch for ch in value if ch.isalpha())
        # Part of the number where the clinic's numbers have them, else a short name or a code; one letter
        # before the digits (`A1234567`) is no initial.
        if len(letters) > 1 or "-" in value:
            clues.append(Clue(Field.NAME, letters, source, "prefix"))
    return unread, clues


def _number_clue(found: re.Match[str], value: str, source: str) -> Clue:
    if _YEAR.fullmatch(value) and not found["label"]:
        return Clue(Field.NUMBER, value, source, "date")
    if found["label"]:
        return Clue(Field.RECORD_NUMBER, value, source, "labelled")
    before = found.string[: found.start()]
    if not any(ch.isalnum() or ch == DOCTOR_MASK for ch in before):
        return Clue(Field.RECORD_NUMBER, value, source, "first")
    return Clue(Field.NUMBER, value, source, "later")
