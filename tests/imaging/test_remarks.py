"""What a person wrote into EXIF about the patient is read, and what a camera wrote there is not."""

from datetime import date

import pytest

from imaging.exif import Exif
from imaging.remarks import read_remarks

TODAY = date(2026, 5, 4)
MARIA = ("name", "García López, María", "")
REMARKS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "nothing": ("", []),
    "name": ("García López, María", [MARIA]),
    "name and labelled number": (
        "García López, María | MRN 10423381",
        [MARIA, ("record_number", "10423381", "labelled")],
    ),
    "labelled name": ("Patient: maria garcia", [("name", "maria garcia", "")]),
    "labelled name in Spanish": ("Paciente: García López", [("name", "García López", "")]),
    "name with carets": ("GARCIA^MARIA", [("name", "GARCIA^MARIA", "")]),
    "name written as names are": ("María García López", [("name", "María García López", "")]),
    "name whose letters were broken": ("GarcÃ­a LÃ³pez, MarÃ­a", [MARIA]),
    "number without a label": ("10423381", [("number", "10423381", "later")]),
    "number before a name": (
        "10423381 GARCIA LOPEZ MARIA",
        [("number", "10423381", "later"), ("name", "GARCIA LOPEZ MARIA", "")],
    ),
    "labelled number": ("Patient ID: 10423381", [("record_number", "10423381", "labelled")]),
    "birth date": ("DOB 1970-01-31", [("birth_date", "1970-01-31", "labelled")]),
    "finding": ("wound left foot, clean", []),
    "finding in capitals": ("Wound Left Foot", []),
    "finding with a comma in capitals": ("Foot, Left", []),
    "one word": ("Dermatoscopy", []),
    "day of treatment": ("day 3", []),
    "camera": ("OLYMPUS DIGITAL CAMERA", []),
    "another camera": ("SONY DSC", []),
    "program": ("Created with GIMP", []),
    "address": ("https://example.org/12345678", []),
    "markup": ("<x:xmpmeta>García López, María", []),
    "settings": ("ImageJ=1.53c unit=10423381", []),
}


@pytest.mark.parametrize(("remark", "expected"), REMARKS.values(), ids=REMARKS)
def test_remarks_become_weak_clues_or_nothing(remark: str, expected: list[tuple[str, str, str]]) -> None:
    found = read_remarks(Exif(remarks=(remark,)), today=TODAY)
    assert all(clue["source"] == "exif" for clue in found)
    assert [(clue["field"], clue["value"], clue["place"]) for clue in found] == expected


def test_the_day_of_the_picture_is_a_clue() -> None:
    (found,) = read_remarks(Exif(captured_at="2026-05-01T10:00:00"), today=TODAY)
    assert found == {"field": "taken_on", "value": "2026-05-01", "source": "exif", "place": ""}


def test_the_same_words_in_two_places_are_one_clue() -> None:
    assert len(read_remarks(Exif(remarks=("García, Ana", "García, Ana")), today=TODAY)) == 1
