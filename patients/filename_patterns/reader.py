"""Turns a relative path into clues: one file name or folder name at a time, by the built-in patterns."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath

from patients.clues import FILE_NAME, FOLDER, NUMBER_NAME_EPISODE, Clue, Field
from patients.filename_patterns.dates import find_dates
from patients.filename_patterns.marks import DOCTOR_MASK, MASK, masked, without_counters, without_doctors
from patients.filename_patterns.text import repaired

PATIENT_ID = "PatientID_*"
LAST_FIRST = "LastName_FirstName_*"

_EXTENSION = re.compile(
    r"\.(?:jpe?g?|png|tiff?|webp|pdf|dcm|dicom|hei[cf]|gif|bmp|raw|cr2|nef|docx?|xlsx?|txt|csv|vcf|zip)$",
    re.IGNORECASE,
)
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
    r"(?P<number>[A-Za-z]{0,4}-?\d{4,})_(?P<name>[^\d]+?)_(?P<episode>[A-Za-z]?\d{5,})_(?P<type>[^\W\d_]{1,16})$"
)
_STARTS_WITH_NAMES = re.compile(r"[^\W\d_]{2,}(?:[ '’-][^\W\d_]+)*_[^\W\d_]{2,}")
_SHORTEST_NUMBER = 3
_YEAR = re.compile(r"(?:19|20)\d\d")
_STRETCH = re.compile(rf"[^{MASK}{DOCTOR_MASK}]+")
_EDGES = " _-.,;()[]{}#+=~"
_LONGEST_NAME = 300
_MOST_FOLDERS = 8


def read_path(path: str, *, today: date) -> tuple[Clue, ...]:
    """The clues of a file's relative path: those of its own name first, then those of each folder, the
    nearest first.

    `today` bounds what can be a date. Never raises: what cannot be read gives no clue.
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    folders = [part for part in parts[:-1] if part not in {".", "..", "/"}][-_MOST_FOLDERS:]
    clues = list(read_name(parts[-1] if parts else "", source=FILE_NAME, today=today))
    for folder in reversed(folders):
        clues += read_name(folder, source=FOLDER, today=today)
    return tuple(clues)


def read_name(name: str, *, source: str, today: date) -> tuple[Clue, ...]:
    """The clues of one file or folder name."""
    text = repaired(name[:_LONGEST_NAME])
    if source == FILE_NAME:
        text = _EXTENSION.sub("", text)
    whole = _WITH_EPISODE.fullmatch(text)
    if whole is not None:
        return tuple(_read_episode_form(whole, source))
    clues = tuple(_read_freely(text, source, today))
    return (*_pattern_of(text, clues, source), *clues)


def _read_episode_form(whole: re.Match[str], source: str) -> Iterator[Clue]:
    yield Clue(Field.PATTERN, NUMBER_NAME_EPISODE, source)
    yield Clue(Field.RECORD_NUMBER, whole["number"], source, "first")
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
        if letters:  # part of the number where the clinic's numbers have them, else a short name or a code
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
