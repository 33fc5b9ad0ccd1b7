"""What somebody wrote about the patient into a picture's EXIF, as clues: weak ones, which only add."""

import re
from collections.abc import Iterator
from datetime import date

from imaging.exif import Exif
from imaging.facts import ClueFact, fact_of
from patients.clues import EXIF, Clue, Field
from patients.filename_patterns import read_name
from patients.filename_patterns.text import repaired
from patients.matching.ward_words import SIDED, SIDES, WARD_WORDS
from patients.matching.words_aside import ASIDE

_BY_MACHINES = re.compile(
    r"\b(?:digital (?:still )?camera|dcim|dsc|screenshot"
    r"|(?:created|captured|processed|edited|scanned) (?:by|with|in)"
    r"|olympus|nikon|canon|sony|samsung|kodak|pentax|minolta|casio|leica|fuji(?:film)?|panasonic|ricoh|iphone"
    r"|adobe|photoshop|lightroom|gimp|imagej|picasa|instagram|whatsapp|android|untitled|default|copyright|https?)\b"
    r"|[{}<>=\\]",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\b(?:patient|paciente|pac|name|nombre|apellidos?|surname)\s*[:#]\s*", re.IGNORECASE)
_LAST_FIRST = re.compile(r"(?P<last>[^\W\d_]{2,})\s*[,^]\s*(?P<first>[^\W\d_]{2,})")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_WORDS, _MOST_WORDS = 2, 5
_NO_NAMES = WARD_WORDS | SIDES | SIDED | ASIDE
_NEVER = frozenset({Field.PATTERN, Field.EPISODE, Field.DOCUMENT_TYPE})


def read_remarks(exif: Exif, *, today: date) -> list[ClueFact]:
    """Clues with the source "exif": the day of the picture, and who it shows where a remark says so.

    A camera's own boilerplate says nothing. A name is believed to be one where it is labelled, stands as
    "surname, names", or is written as names are; a number without a label is only a number.
    """
    clues = [Clue(Field.TAKEN_ON, exif.captured_at[:10], EXIF)] if exif.captured_at else []
    for remark in exif.remarks:
        for line in repaired(remark).split(" | "):
            if not _BY_MACHINES.search(line):
                clues += _read_line(line, today)
    return [fact_of(clue) for clue in dict.fromkeys(clues)]


def _read_line(line: str, today: date) -> Iterator[Clue]:
    names_somebody = _names_somebody(line)
    for clue in read_name(_LABEL.sub("", line), source=EXIF, today=today):
        if clue.field in _NEVER or (clue.field == Field.NAME and not names_somebody):
            continue
        if clue.field == Field.RECORD_NUMBER and clue.place != "labelled":
            yield Clue(Field.NUMBER, clue.value, EXIF, "later")
        else:
            yield clue


def _names_somebody(line: str) -> bool:
    around_comma = _LAST_FIRST.search(line)
    if _LABEL.search(line) or (around_comma and all(map(_is_like_a_name, around_comma.groups()))):
        return True
    words = _WORD.findall(line)
    return _LEAST_WORDS <= len(words) <= _MOST_WORDS and all(map(_is_like_a_name, words))


def _is_like_a_name(word: str) -> bool:
    return word[0].isupper() and word.casefold() not in _NO_NAMES
