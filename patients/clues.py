"""Clues: what a file says about its patient, each with where it was read; the matcher weighs them, nobody
else does.
"""

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What a clue speaks about."""

    RECORD_NUMBER = "record_number"  # in a record number's place: labelled, or where a pattern puts it
    NUMBER = "number"  # could be a record number, an episode, a counter
    NAME = "name"  # words in the order they were written, with their separators
    BIRTH_DATE = "birth_date"  # labelled as such, or from a field that holds nothing else
    DATE = "date"  # a birth date or the day of the study
    EPISODE = "episode"
    DOCUMENT_TYPE = "document_type"
    DOCTOR = "doctor"  # a name that is not the patient's
    PATTERN = "pattern"  # which pattern the name follows
    FAMILY_NAME = "family_name"  # surnames, and nothing else
    GIVEN_NAMES = "given_names"  # given names, and nothing else
    SEX = "sex"  # F, M or X
    SUFFIX = "suffix"  # Jr, Sr, III
    TAKEN_ON = "taken_on"  # the day of the picture by the camera or modality, ISO


FILE_NAME = "file_name"
FOLDER = "folder"
EXIF = "exif"
DICOM = "dicom"  # the header's patient module, written by a machine from a worklist
CARD = "card"  # a label or wristband photographed before this shot
LIST = "list"  # a list of patients, or of paths and record numbers, that came in the same batch
BATCH = "batch"
# A machine wrote what these say, so that no digit was mistyped.
MACHINES = frozenset({DICOM, CARD})

NUMBER_NAME_EPISODE = "NUMBER_SURNAMES, NAMES_EPISODE_TYPE"  # a pattern that says where the name stands


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing one source says.

    `value` is text as it was written (repaired where its encoding was broken); a date is its possible
    readings in ISO form, the likeliest first, joined by `|`. `source` is `file_name`, `folder`, `exif`,
    `batch` and so on. `place` says how the clue stood there: `labelled`, `first` or `later` for numbers,
    `date` for digits that are a date as well, `prefix` for letters that stand before a number.
    """

    field: str
    value: str
    source: str
    place: str = ""
