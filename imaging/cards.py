"""Which of the codes in a picture is a patient's record number: the forms that labels and wristbands have.

| form | example | number |
|---|---|---|
| the number alone | `10423381`, `HC-0042338`, `A123456` | all of it |
| labelled | `MRN:10423381`, `PID=10423381`, `NHC 10423381` | behind the label |
| HL7 patient segment | `PID|1||10423381^^^HOSP^MR||GARCIA^MARIA` | third field; of several, type MR |
| fields between `|`, `;`, `^`, lines | `10423381|GARCIA LOPEZ|MARIA` | labelled, else the only one |
| JSON | `{"mrn": "10423381", "name": "…"}` | the value of a known key |
| web address | `https://his.example/p?mrn=10423381` | the value of a known key |
| GS1, element string | `(8018)341234512345678906` | GSRN of the recipient |

Nothing is taken from other GS1 strings (8017 is the *provider*'s badge, 01 an article, 00 a parcel), from
health industry and blood labels (`+…`, `=…`, `&…`), contacts, networks, and from several bare numbers that
differ: one of them may be the episode.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from imaging.facts import Code

_KEYS = frozenset(
    {
        *(
            "mrn",
            "pid",
            "patientid",
            "patientnumber",
            "recordnumber",
            "medicalrecordnumber",
            "hospitalnumber",
        ),
        *(
            "nhc",
            "nhcl",
            "hc",
            "hcl",
            "historia",
            "historiaclinica",
            "expediente",
            "exp",
            "paciente",
            "record",
        ),
    }
)
_LABELLED = re.compile(r"(?P<label>[^\W\d]+(?:[ _.-][^\W\d]+)?)\s*[:=#]?\s*(?P<value>[^\W_].*)")
_NUMBER = re.compile(r"(?=(?:.*\d){4})(?:[A-Za-z]{1,4}[-. /]?)?\d[\dA-Za-z]*(?:[-./]\d[\dA-Za-z]*){0,3}")
_DATE = re.compile(r"(?:19|20)\d\d[-./]?\d\d[-./]?\d\d|\d\d[-./]\d\d[-./](?:19|20)\d\d")
_DATE_ALONE = re.compile(r"(?:19|20)\d\d[-./]\d\d[-./]\d\d|\d\d[-./]\d\d[-./](?:19|20)\d\d")
_LONGEST = 20
_BETWEEN_FIELDS = re.compile(r"[|;^]")
_GS1 = re.compile(r"\(\d{2,4}\)")
_RECIPIENT = re.compile(r"\(8018\)(\d{18})(?!\d)")
_NOT_A_PATIENT = re.compile(
    r"[+=&!]|(?:begin:|mecard:|wifi:|tel:|mailto:|smsto:|geo:|bizcard:)", re.IGNORECASE
)
_SEGMENT = re.compile(r"(?:^|\|)(?P<name>PID\|)")
_PID_NUMBER = 3
_RECORD_TYPES = frozenset({"MR", "PI", "PT"})  # HL7 table 0203


def number_on(codes: Sequence[Code]) -> str | None:
    """The record number that these codes agree on, as it stands there; None where none or several do."""
    numbers = numbers_on(codes)
    return numbers[0] if len(numbers) == 1 else None


def numbers_on(codes: Sequence[Code]) -> tuple[str, ...]:
    """Every record number that the codes could mean: those named as such, else the bare ones."""
    read = [found for code in codes for found in _read(code["text"])]
    named = dict.fromkeys(number for number, is_named in read if is_named)
    return tuple(named) or tuple(dict.fromkeys(number for number, _ in read))


def share_of(codes: Sequence[Code]) -> float:
    """How much of the picture the codes with a record number take, 0..1."""
    return sum(code["area_fraction"] for code in codes if any(_read(code["text"])))


def _read(text: str) -> Iterator[tuple[str, bool]]:
    """Record numbers of one code, and whether it calls them so."""
    text = text.strip()
    if _GS1.match(text):
        yield from ((number, True) for number in _RECIPIENT.findall(text))
    elif text.startswith(("{", "[")):
        yield from ((number, True) for number in _from_json(text))
    elif re.match(r"https?://", text, re.IGNORECASE):
        yield from ((number, True) for number in _from_pairs(_query_of(text)))
    elif segment := _SEGMENT.search(text):
        yield from ((number, True) for number in _from_segment(text[segment.start("name") :]))
    elif not _NOT_A_PATIENT.match(text):
        yield from _from_fields([field.strip() for field in _BETWEEN_FIELDS.split(text)])


def _query_of(address: str) -> list[tuple[str, str]]:
    """The pairs of an address. Split by hand: `urlsplit` raises for an address that is none."""
    return parse_qsl(address.partition("?")[2].partition("#")[0])


def _from_fields(fields: Sequence[str]) -> Iterator[tuple[str, bool]]:
    named = [number for field in fields if (number := _labelled(field))]
    yield from ((number, True) for number in named)
    if named:
        return
    date = _DATE_ALONE if len(fields) == 1 else _DATE
    bare = [field for field in fields if _is_number(field) and not date.fullmatch(field)]
    if len(bare) == 1:
        yield bare[0], False


def _labelled(field: str) -> str:
    found = _LABELLED.fullmatch(field)
    is_ours = found is not None and _folded(found["label"]) in _KEYS and _is_number(found["value"])
    return found["value"] if found is not None and is_ours else ""


def _from_segment(text: str) -> Iterator[str]:
    """HL7 v2, 3.4.2: PID-3 is a list of identifiers, each number^check^scheme^authority^type."""
    fields = text.split("|")
    listed = fields[_PID_NUMBER].split("~") if len(fields) > _PID_NUMBER else []
    parts = [(each.split("^") + [""] * 5)[:5] for each in listed]
    chosen = [part for part in parts if part[4] in _RECORD_TYPES] or parts
    yield from (part[0].strip() for part in chosen[:1] if _is_number(part[0].strip()))


def _from_json(text: str) -> Iterator[str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(content, dict):
        yield from _from_pairs(content.items())


def _from_pairs(pairs: Any) -> Iterator[str]:
    for key, value in pairs:
        if _folded(str(key)) in _KEYS and isinstance(value, (str, int)) and _is_number(str(value).strip()):
            yield str(value).strip()


def _folded(label: str) -> str:
    return re.sub(r"[\W_]", "", label).casefold()


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST and _NUMBER.fullmatch(text) is not None
