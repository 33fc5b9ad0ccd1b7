"""Reads contacts (vCard 2.1, 3.0 and 4.0; RFC 2426, RFC 6350) property by property, and holds no picture."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from files.errors import FileRejected
from patients.listing.columns import Column, Columns
from patients.listing.content_lines import Property, properties, unescaped
from patients.listing.tables import Facts, Limits, Row, cleaned, damage_in
from patients.listing.text import encoding_of

TITLES = [
    "Record number", "Family name", "Given names", "Full name", "Suffix", "Birth date", "Sex",
    "UID", "Note", "Phone", "E-mail", "Organisation",
]  # fmt: skip
FIELDS: Columns = (
    Column.NUMBER, Column.FAMILY, Column.GIVEN, Column.NAME, Column.SUFFIX, Column.BIRTH, Column.SEX,
    None, None, None, None, None,
)  # fmt: skip

_NUMBER_WORDS = (
    r"mrn|nhc|n[uº°.]*m?\.?\s*(?:de\s+)?(?:expediente|exp|historia(?:\s+cl[ií]nica)?)|expediente|exp"
    r"|historia\s+cl[ií]nica|record\s+(?:number|no)|patient\s+(?:id|number|no)|medical\s+record(?:\s+number)?"
)
# `MRN: 3000003792`, `Expediente no. 00123`: a number is a record number only where a word beside it says so.
_LABELLED = re.compile(
    rf"(?<![^\W_])(?:{_NUMBER_WORDS})(?:\s*(?:no|n[uú]m|number|nr|n[.º°])\.?)?\s*[:#=\s-]\s*([A-Za-z]{{0,4}}-?\d[\d-]{{2,30}})(?![^\W_])",
    re.IGNORECASE,
)
_NUMBER_NAMES = frozenset({
    "MRN", "NHC", "EXPEDIENTE", "EXP", "RECORDNUMBER", "RECORDNO", "MEDICALRECORDNUMBER", "MEDICALRECORD",
    "PATIENTID", "PATIENTNUMBER", "PATIENTNO", "IDPACIENTE", "NUMEROEXPEDIENTE", "NOEXPEDIENTE",
    "HISTORIACLINICA", "NUMEROHISTORIA", "CHARTNUMBER",
})  # fmt: skip
_SEXES = {"m": "male", "f": "female", "o": "other", "1": "female", "2": "male"}
_TITLED = re.compile(
    r"\s*,\s*((?:(?:Ph\.?\s?D|M\.?\s?D|Dr|Dra|Lic|Ing|Jr|Sr|II|III|IV|MBA|R\.?N|D\.?D\.?S)\.?[,\s]*)+)$"
)
_MOST_SEEN = 4
_MOST_NESTED = 20
_LONGEST_VALUE = 4000
_NO_END = "Its card has no end; the file was cut off or damaged here."
_SEVERAL = "It has several record numbers ({}). Leave the right one in the contact and export it again."
_TOO_LONG = "One of its lines is too long."
_GROUP = "It is the card of an organisation or a group, not of a person."


@dataclass(slots=True)
class _Card:
    """One contact, as far as it has been read."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, None] = field(default_factory=dict)
    problem: str = ""


class CardList:
    """A file of contacts; its columns are the properties that say who a patient is."""

    titles: list[str] | None = TITLES
    fields: Columns = FIELDS

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._encoding = encoding_of(path)
        self.facts = Facts(format="vcard", encoding=self._encoding.removesuffix("-sig"))

    def rows(self) -> Iterator[Row]:
        """One row a card; its line is that of its BEGIN.

        Raises FileRejected "vcard-not-understood" where there is none.
        """
        number = 0
        for card in self._cards():
            number += 1
            yield _row(card)
        if not number:
            message = (
                "There is no contact in this file. Export the contacts again as vCard (.vcf), or as CSV."
            )
            raise FileRejected("vcard-not-understood", message)

    def _cards(self) -> Iterator[_Card]:
        card: _Card | None = None
        inside: list[str] = []  # what was begun within the card: an agent's card, something else
        is_agent = False
        for each in properties(self._path, self._encoding):
            is_card = each.value.strip().upper() == "VCARD"
            if each.name == "BEGIN" and is_card and not is_agent:
                if card is not None:
                    yield _cut(card)
                card, inside = _Card(each.line), []
            elif each.name in {"BEGIN", "END"}:
                if each.name == "END" and not inside and is_card and card is not None:
                    yield card
                    card = None
                inside = _nested(inside, each)
            elif card is not None and not inside:
                _take(card, each)
            is_agent = each.name == "AGENT" and not each.value.strip()
        if card is not None:
            yield _cut(card)


def _nested(inside: list[str], each: Property) -> list[str]:
    return [*inside, each.value][:_MOST_NESTED] if each.name == "BEGIN" else inside[:-1]


def _cut(card: _Card) -> _Card:
    card.problem = card.problem or _NO_END
    return card


def _take(card: _Card, each: Property) -> None:
    """Keep what a property says of the person; the first of each name counts."""
    name, text = each.name, each.text
    if each.is_cut and (name in _TAKEN or name.startswith("X-")):
        card.problem = card.problem or _TOO_LONG
    if name.replace("-", "").removeprefix("X") in _NUMBER_NAMES:
        _number(card, text)
    elif name in {"KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS"} and text.strip().casefold() in _GROUPS:
        card.problem = card.problem or _GROUP
    elif name in _TAKEN:
        card.cells.setdefault(_TAKEN[name], (each.value if name == "N" else text)[:_LONGEST_VALUE])
    if name in {"UID", "NOTE"}:
        _labelled(card, cleaned(text[:_LONGEST_VALUE]))


_GROUPS = frozenset({"group", "org", "organization", "location", "company"})
# Every property that is kept, under the name that its value is kept under.
_TAKEN = {
    "N": "N", "FN": "FN", "BDAY": "BDAY", "GENDER": "GENDER", "SEX": "GENDER", "X-GENDER": "GENDER",
    "X-SEX": "GENDER", "X-WAB-GENDER": "GENDER", "X-SEXO": "GENDER", "UID": "UID", "NOTE": "NOTE",
    "TEL": "TEL", "EMAIL": "EMAIL", "ORG": "ORG",
}  # fmt: skip


def _number(card: _Card, text: str) -> None:
    if (number := cleaned(text)) and len(card.numbers) < _MOST_SEEN:
        card.numbers[number] = None


def _labelled(card: _Card, text: str) -> None:
    """Every record number that this text calls one, and no other number in it."""
    for found in _LABELLED.finditer(text):
        _number(card, found[1].strip("-"))


def _row(card: _Card) -> Row:
    cells = card.cells
    family, given, suffix = _name(cells.get("N", ""))
    whole, titled = _whole(cells.get("FN", ""))
    number = next(iter(card.numbers), "") if len(card.numbers) == 1 else ""
    problem = card.problem or (_SEVERAL.format(", ".join(card.numbers)) if len(card.numbers) > 1 else "")
    sex = cells.get("GENDER", "").split(";")[0].strip().casefold()
    others = [cells.get("UID", ""), cells.get("NOTE", ""), cells.get("TEL", ""), cells.get("EMAIL", "")]
    row = [number, family, given, "" if family else whole, suffix or titled, cells.get("BDAY", "")]
    row += [_SEXES.get(sex, sex), *others, cells.get("ORG", "")]
    row = [cleaned(cell) for cell in row]
    return Row(card.line, row, None, problem or damage_in(row))


def _name(raw: str) -> tuple[str, str, str]:
    """Surnames, given names and suffix of an N: `Garza Tijerina;María;Esther;Dra.;`."""
    family, given, more, _prefix, suffix = [*split(raw, ";"), "", "", "", "", ""][:5]
    return family, f"{given} {more}", suffix


def _whole(text: str) -> tuple[str, str]:
    """A whole name, and what follows it as a title: `Bruce Banner, PhD` has no surname Bruce Banner."""
    found = _TITLED.search(text)
    return (text[: found.start()], found[1].strip(" ,")) if found else (text, "")


def split(raw: str, separator: str) -> list[str]:
    """The parts of a value; a separator after a backslash is part of one. Commas within a part are spaces."""
    parts = re.split(rf"(?<!\\){separator}", raw.replace("\\\\", "\0"))
    return [unescaped(re.sub(r"(?<!\\),", " ", part)).replace("\0", "\\") for part in parts]
