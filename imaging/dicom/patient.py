"""What a DICOM header says of patient and study, as facts and as clues with the source "dicom"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

from patients.clues import DICOM, Clue, Field
from patients.filename_patterns.text import repaired
from patients.matching.normalise import SUFFIXES

_LONGEST_TEXT = 200
_DATE = re.compile(r"(\d{4})[.:-]?(\d\d)[.:-]?(\d\d)")
_TIME = re.compile(r"(\d\d):?(\d\d):?(\d\d)(?:\.(\d{1,6}))?")
_NOBODY = re.compile(
    r"(?:anon\w*|unknown|unnamed|no ?name|none|null|n/?a|test|phantom|desconocid[oa]|sin nombre|[\W\d_x]*)+",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(r"(?:anon\w*|unknown|none|null|n/?a|test|phantom|[\W0_x]*)", re.IGNORECASE)
_SEXES = frozenset({"F", "M"})  # "O" is what machines fill in when nobody was asked
_MOMENTS = ("Acquisition", "Content", "Series", "Study")


@dataclass(frozen=True, slots=True)
class Study:
    """What was made and when, in DICOM's own terms; empty where the header does not say.

    Times are the machine's own clock, without a zone, as ISO 8601 to the second; dates ISO 8601.
    """

    modality: str
    body_part: str
    laterality: str
    study_date: str
    study_uid: str
    series_uid: str
    instance_uid: str
    camera: str | None
    captured_at: str | None
    captured_subsec: str | None


def read_study(header: Dataset) -> Study:
    """The study of a header (PS3.3, C.7.2, C.7.3, C.7.5); never raises."""
    captured_at, subsec = _moment(header)
    return Study(
        modality=text_of(header, "Modality"),
        body_part=text_of(header, "BodyPartExamined"),
        laterality=_first_text(header, "ImageLaterality", "Laterality", "FrameLaterality"),
        study_date=_date(text_of(header, "StudyDate")),
        study_uid=text_of(header, "StudyInstanceUID"),
        series_uid=text_of(header, "SeriesInstanceUID"),
        instance_uid=text_of(header, "SOPInstanceUID"),
        camera=" ".join(_words(header, "Manufacturer", "ManufacturerModelName")) or None,
        captured_at=captured_at,
        captured_subsec=subsec,
    )


def read_patient(header: Dataset) -> Iterator[Clue]:
    """Clues of the patient module (PS3.3, C.7.1.1) and the day of the picture; never raises.

    What stands there when nobody was named (ANONYMOUS, 0000, sex O) gives no clue.
    """
    number = text_of(header, "PatientID").split("^")[0].strip()  # some systems send HL7's whole CX
    if number and not _NO_NUMBER.fullmatch(number):
        yield Clue(Field.RECORD_NUMBER, number, DICOM, "labelled")
    yield from _name_clues(_value(header, "PatientName"))
    if born := _date(text_of(header, "PatientBirthDate")):
        yield Clue(Field.BIRTH_DATE, born, DICOM, "labelled")
    if (sex := text_of(header, "PatientSex").upper()[:1]) in _SEXES:
        yield Clue(Field.SEX, sex, DICOM)
    if day := _day(header):
        yield Clue(Field.TAKEN_ON, day, DICOM)


def text_of(header: Dataset, keyword: str) -> str:
    """Up to 200 printable characters of an element's first value, whatever the file says that it is."""
    return _tidy(_value(header, keyword))


def _value(header: Dataset, keyword: str) -> Any:
    """The first value of an element, None where it is missing or cannot be read."""
    try:
        value = header.get(keyword)
        if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
            return value[0] if len(value) else None
    except Exception:  # noqa: BLE001  pydicom meets damaged values with a dozen exception types
        return None
    return value


def _tidy(value: Any) -> str:
    try:
        text = str(value if value is not None else "")[: 4 * _LONGEST_TEXT]
    except Exception:  # noqa: BLE001  a person's name is decoded only now
        return ""
    visible = "".join(char if char.isprintable() else " " for char in text.split("\0", 1)[0])
    return " ".join(visible.split())[:_LONGEST_TEXT]


def _first_text(header: Dataset, *keywords: str) -> str:
    return next((text for keyword in keywords if (text := text_of(header, keyword))), "")


def _words(header: Dataset, make: str, model: str) -> list[str]:
    """Make and model once: makers like to repeat themselves."""
    words = [text_of(header, make), text_of(header, model)]
    repeats = words[1].casefold().startswith(words[0].casefold())
    return [word for word in (words[1:] if repeats else words) if word]


def _name_clues(written: Any) -> Iterator[Clue]:
    """PS3.5, 6.2.1: family^given^middle^prefix^suffix, in letters, then in ideograms, then as they sound."""
    groups = _groups(written)
    name = next((group for group in groups if not _NOBODY.fullmatch(group.replace("^", " "))), "")
    if not name:
        return
    if "^" not in name.rstrip("^"):
        yield Clue(Field.NAME, name.rstrip("^ "), DICOM)  # typed into one field: the order is anybody's guess
        return
    family, given, middle, _prefix, suffix = (*(part.strip() for part in name.split("^")), *[""] * 4)[:5]
    if family:
        yield Clue(Field.FAMILY_NAME, family, DICOM)
    if given or middle:
        yield Clue(Field.GIVEN_NAMES, f"{given} {middle}".strip(), DICOM)
    if suffix.strip(".").casefold() in SUFFIXES:  # and not a doctor's degree
        yield Clue(Field.SUFFIX, suffix, DICOM)


def _groups(written: Any) -> list[str]:
    if isinstance(written, PersonName):
        try:
            groups = [written.alphabetic, written.ideographic, written.phonetic]
        except Exception:  # noqa: BLE001  they are decoded only now
            return []
    else:
        groups = _tidy(written).split("=")[:3]
    return [repaired(_tidy(group)) for group in groups]


def _moment(header: Dataset) -> tuple[str | None, str | None]:
    """When the picture was taken and the fraction of its second: the nearest to the picture that is whole."""
    stamp = text_of(header, "AcquisitionDateTime")
    written = [(stamp[:8], stamp[8:])]
    written += [(text_of(header, f"{name}Date"), text_of(header, f"{name}Time")) for name in _MOMENTS]
    for day, clock in written:
        time = _TIME.match(clock)
        if time and (date := _date(day)):
            hour, minute, second, fraction = time.groups()
            if moment := _iso(f"{date}T{hour}:{minute}:{second}"):
                return moment, fraction
    return None, None


def _day(header: Dataset) -> str:
    written = [text_of(header, "AcquisitionDateTime")[:8]]
    written += [text_of(header, f"{name}Date") for name in _MOMENTS]
    return next((day for text in written if (day := _date(text))), "")


def _date(text: str) -> str:
    """ISO date of a DA value, with the dots of ACR-NEMA or without; empty where it is no day."""
    found = _DATE.fullmatch(text.strip())
    moment = _iso("{}-{}-{}T00:00:00".format(*found.groups())) if found else None
    return moment[:10] if moment and text[:4] not in {"0001", "9999"} else ""


def _iso(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
