"""Makes a directory and file names whose owners are known: seeded, our own, and the same on every machine.

It serves where no folder of the benchmark generator is at hand, and writes the same four files.
"""

import json
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

_KINDS = {
    "mrn_name": 30, "name_only": 24, "mrn_only": 15, "name_dob": 12, "none": 10, "outsider": 6, "mrn_dob": 2,
    "conflict": 1,
}  # fmt: skip
SURNAMES = (
    "García Hernández Martínez López González Rodríguez Pérez Sánchez Ramírez Cruz Flores Gómez Morales "
    "Vázquez Jiménez Reyes Díaz Torres Gutiérrez Ruiz Mendoza Aguilar Ortiz Castillo Moreno Romero Álvarez "
    "Smith Johnson Brown Miller Davis Wilson Nguyen Tran Lee Kim Chen Patel Singh O'Connor McDonald"
)
GIVEN = (
    "María José Juan Guadalupe Francisco Luis Ana Carlos Jesús Antonio Miguel Margarita Pedro Alejandro "
    "Manuel Rosa Jorge Roberto Fernando Verónica Patricia Elena Teresa Sofía Valeria Diego Daniel James "
    "Robert Michael Emily Ashley Linh Minh Wei Priya Arjun Ximena Renata Emilio"
)
_STARTS, _ENDS = (
    "Ba Ca Da Fa Ga La Ma Na Pa Ra Sa Ta Ve Ze Be Ce Le Me Ne Que Ri Ti Vi Bo Co Lo Mo No So Zu",
    "bal cer do dez gal ji lar llo mar na nal ndo quez ra rán res rín ro rral sco tes vas vedo yes zar",
)
_DOCUMENTS = ("CONS", "RX", "lab", "EGRESO", "carta", "perfil", "INE", "scan", "foto", "ECG")
_NOBODY = ("IMG_{0:04d}", "DSC{0:05d}", "scan {0}", "2025-{1:02d}-11 {0}", "WhatsApp Image {0}", "hoja {0}")
_WRONG_DIGIT, _SLIP, _BARE, _LEFT_OUT = 0.015, 0.06, 0.3, 0.35


@dataclass(frozen=True)
class Row:
    """A patient as `directory.jsonl` has one; `id` is the record number."""

    id: str
    family: str
    given: str
    suffix: str
    birth_date: str
    sex: str


@dataclass(frozen=True)
class File:
    """A name, whose it is, and whether somebody who knew the directory could tell."""

    file: str
    truth: str | None
    ambiguous: bool
    kind: str


def make(folder: Path, *, patients: int, files: int, seed: int) -> None:
    """Write the four files of a benchmark folder."""
    rng = random.Random(f"{seed}/{patients}")
    people = list(_directory(rng, patients))
    rows = list(_files(rng, people, files))
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "directory.jsonl", [asdict(person) for person in people])
    _write(folder / "files.jsonl", [{"file_id": at, "file": row.file} for at, row in enumerate(rows)])
    _write(folder / "truth.jsonl", [{"file_id": at, **asdict(row)} for at, row in enumerate(rows)])
    meta = {"n": patients, "seed": seed, "profile": "made", "scheme": "running", "rates": "default"}
    (folder / "meta.json").write_text(json.dumps(meta))


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _directory(rng: random.Random, count: int) -> Iterator[Row]:
    surname = _picker(rng, SURNAMES.split(), 60 + count // 40)
    given = _picker(rng, GIVEN.split(), 60 + count // 200)
    number, person = 3_000_000_000, None
    for _ in range(count):
        number += rng.randrange(1, 20)
        fresh = Row(
            str(number), f"{surname()} {surname()}", _given(rng, given), "", _day(rng), rng.choice("FM")
        )
        fresh = _short(rng, fresh)
        chance = rng.random()
        if person is None or chance > 0.2:
            person = fresh
        elif chance < 0.01:  # twins
            person = replace(fresh, family=person.family, birth_date=person.birth_date)
        elif chance < 0.03:  # father and son, mother and daughter
            person = replace(fresh, family=person.family, given=person.given, suffix=rng.choice(["", "Jr"]))
        else:
            person = replace(fresh, family=person.family)
        yield person


def _picker(rng: random.Random, known: list[str], count: int) -> Callable[[], str]:
    """Names as frequent as names are: the n-th as often as 1/n, rare ones made of syllables."""
    names = dict.fromkeys(known)
    while len(names) < count:
        parts = [rng.choice(_STARTS.split()), *rng.choices(_ENDS.split(), k=rng.choice((1, 2, 2)))]
        names["".join(parts)] = None
    every = list(names)
    weights = list(accumulate(1.0 / (place + 8) for place in range(len(every))))
    return lambda: rng.choices(every, cum_weights=weights)[0]


def _given(rng: random.Random, given: Callable[[], str]) -> str:
    return given() if rng.random() < 0.5 else f"{given()} {given()}"


def _short(rng: random.Random, row: Row) -> Row:
    return replace(row, family=row.family.split()[0]) if rng.random() < 0.2 else row


def _day(rng: random.Random) -> str:
    return (date(1935, 1, 1) + timedelta(days=rng.randrange(32_500))).isoformat()


def _files(rng: random.Random, people: list[Row], count: int) -> Iterator[File]:
    fitting = _Fitting(people)
    kinds = rng.choices(list(_KINDS), list(_KINDS.values()), k=count)
    for kind in kinds:
        yield _file(rng, kind, people, fitting)


def _file(rng: random.Random, kind: str, people: list[Row], fitting: "_Fitting") -> File:
    person = rng.choice(people)
    if kind == "none":
        name = rng.choice(_NOBODY).format(rng.randrange(9_999), rng.randrange(1, 13))
        return File(f"{name}.jpg", None, ambiguous=False, kind=kind)
    if kind == "outsider":
        stranger = replace(rng.choice(people), given=rng.choice(people).given, id=str(7_000_000_000))
        words = _words(rng, stranger)
        return File(_named(rng, [_name(rng, words)]), None, ambiguous=fitting.count(words) > 0, kind=kind)
    words = _words(rng, person)
    number, is_wrong = _number(rng, person.id)
    parts = {
        "mrn_name": [number, _name(rng, words)],
        "mrn_only": [number],
        "mrn_dob": [number, person.birth_date],
        "name_only": [_name(rng, words)],
        "name_dob": [_name(rng, words), person.birth_date],
        "conflict": [person.id, _name(rng, _words(rng, rng.choice(people)))],
    }[kind]
    shown = person.birth_date if kind == "name_dob" else ""
    by_name = kind in {"name_only", "name_dob"} and fitting.count(words, shown) != 1
    ambiguous = by_name or kind == "conflict" or (is_wrong and kind == "mrn_only")
    return File(_named(rng, parts), person.id, ambiguous, kind)


def _words(rng: random.Random, person: Row) -> list[str]:
    family, given = person.family.split(), person.given.split()
    if len(family) > 1 and rng.random() < _LEFT_OUT:
        family = family[:1]
    if len(given) > 1 and rng.random() < _LEFT_OUT:
        given = given[:1]
    return family + given if rng.random() < 0.6 else given + family


def _name(rng: random.Random, words: list[str]) -> str:
    written = [_slipped(rng, _bare(word) if rng.random() < _BARE else word) for word in words]
    text = rng.choice(("_", " ", "-", "")).join(written)
    return text if rng.random() < 0.7 else text.upper()


def _slipped(rng: random.Random, word: str) -> str:
    if len(word) < 5 or rng.random() > _SLIP:
        return word
    at = rng.randrange(1, len(word) - 1)
    return rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]))


def _number(rng: random.Random, number: str) -> tuple[str, bool]:
    if rng.random() > _WRONG_DIGIT:
        return number, False
    at = rng.randrange(4, len(number))
    return number[:at] + str((int(number[at]) + rng.randrange(1, 10)) % 10) + number[at + 1 :], True


def _named(rng: random.Random, parts: list[str]) -> str:
    return "_".join([*parts, rng.choice(_DOCUMENTS)]) + rng.choice((".jpg", ".pdf", ".JPG", ".dcm"))


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(ch for ch in plain if not unicodedata.combining(ch))


class _Fitting:
    """How many patients bear all the words of a name: could anybody tell them apart?"""

    def __init__(self, people: list[Row]) -> None:
        self._people = people
        self._bearers: dict[str, list[int]] = defaultdict(list)
        for place, person in enumerate(people):
            for word in set(self._plain(f"{person.family} {person.given}")):
                self._bearers[word].append(place)

    def count(self, words: list[str], birth_date: str = "") -> int:
        """Patients with every one of `words`, and with this birth date if one is given."""
        wanted = set(self._plain(" ".join(words)))
        places = Counter(place for word in wanted for place in self._bearers.get(word, ()))
        there = [self._people[place] for place, shared in places.items() if shared == len(wanted)]
        return sum(not birth_date or person.birth_date == birth_date for person in there)

    @staticmethod
    def _plain(text: str) -> list[str]:
        return _bare(text).lower().split()
