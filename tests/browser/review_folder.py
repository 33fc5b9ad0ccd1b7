"""Sixty files that no machine may file: what a ward leaves behind, with whose each of them is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from batches.demo import pdf, pictures

_MORNING = datetime(2026, 5, 4, 8, 30)  # noqa: DTZ001 - cameras know no time zone
FILED, ASIDE, TWIN, STRANGER = "filed", "aside", "twin", "stranger"
STRANGERS_NUMBER = "3999999017"

Person = Mapping[str, str]


@dataclass(frozen=True)
class Truth:
    """A file and where a careful person puts it: `mrn` names the chart it belongs in."""

    path: str
    content: bytes
    outcome: str
    mrn: str = ""


def write(target: Path, files: Iterable[Truth]) -> list[Truth]:
    """Write the files below `target`."""
    files = list(files)
    for file in files:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return files


def before(people: Sequence[Person], salt: int = 0) -> Iterator[Truth]:
    """What is filed before: pictures in a chart, and one of which the same bytes come again."""
    first, seventh, eighth = people[0], people[6], people[7]
    for shot in range(3):
        yield Truth(_full(first, f"_{shot}"), _photo(900 + shot, salt), FILED, first["mrn"])
    yield Truth(_full(seventh), _photo(910, salt), FILED, seventh["mrn"])
    yield Truth(_full(eighth), _photo(911, salt), FILED, eighth["mrn"])


def sixty(people: Sequence[Person], salt: int = 0) -> Iterator[Truth]:
    """In groups: by surname alone, by a number with another's name, bursts and folders that say nothing.

    `people` are at least eight patients of distinct surnames, as the REST interface writes them; another
    `salt`, other bytes.
    """
    first, second, third, fourth, fifth, sixth, seventh = people[:7]
    for person, folder, shots, seed in ((first, "Dermatology", 14, 0), (second, "Wound clinic", 12, 100)):
        for shot in range(shots):
            path = f"{folder}/{person['family_name']}_{shot + 1:04d}.jpg"
            yield Truth(path, _photo(seed + shot, salt, 30 * shot), FILED, person["mrn"])
    for shot in range(8):
        path = f"Surgery/{third['mrn']}_{fourth['family_name']}_{shot:03d}.jpg"
        yield Truth(path, _photo(200 + shot, salt, 60 * shot), FILED, third["mrn"])
    for shot in range(9):
        yield Truth(f"Card/DSC_{410 + shot:04d}.jpg", _photo(300 + shot, salt, 4 * shot), FILED, fifth["mrn"])
    for page in range(4):
        letter = pdf.letter([["Consultation", f"Sheet {salt}-{page}", "The wound is clean."]])
        yield Truth(f"Letters/{sixth['family_name']}_{page:02d}.pdf", letter, FILED, sixth["mrn"])
    for shot in range(6):
        yield Truth(f"Tests/white balance_{shot:02d}.jpg", _photo(400 + shot, salt), ASIDE)
    for shot in range(5):
        name = f"{STRANGERS_NUMBER}_QUINTERO ZAZUETA, XOCHITL_{shot}.jpg"
        yield Truth(f"Emergency/{name}", _photo(500 + shot, salt, 3 * shot), STRANGER, STRANGERS_NUMBER)
    yield Truth(f"Z again/{_full(seventh)}", _photo(911, salt), TWIN, seventh["mrn"])
    yield Truth("Z again/DSC_0999.jpg", _photo(600, salt), ASIDE)


def _full(person: Person, ending: str = "") -> str:
    return f"{person['mrn']}_{person['family_name']}, {person['given_names']}{ending}.jpg"


def _photo(seed: int, salt: int, seconds: int = 0) -> bytes:
    return pictures.photograph(
        1000 * (salt + 1) + seed, _MORNING + timedelta(hours=seed // 100, seconds=seconds)
    )
