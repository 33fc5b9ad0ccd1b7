"""Makes lists of people as a clinic's program writes them: seeded, and the same on every machine."""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from benchmarks.names.made import GIVEN, SURNAMES
from files.tables import write_xlsx

SEED = 20261128
HEADER = ("NHC", "Apellidos", "Nombre", "Fecha de nacimiento", "Sexo")


def people(number: int) -> Iterator[tuple[str, ...]]:
    """Record number, surnames, given names, birth date (ISO 8601) and sex in Spanish."""
    chance = random.Random(SEED)
    surnames, given = SURNAMES.split(), GIVEN.split()
    for index in range(number):
        family = f"{chance.choice(surnames)} {chance.choice(surnames)}"
        names = " ".join(chance.sample(given, chance.choice((1, 2))))
        born = date.fromordinal(chance.randint(711_000, 738_000)).isoformat()
        yield str(3_000_000_000 + 7 * index), family, names, born, chance.choice(("mujer", "hombre"))


def write(path: Path, number: int) -> None:
    """The list at `path`: a workbook where its name ends so, else semicolons between the cells."""
    if path.suffix == ".xlsx":
        write_xlsx(path, HEADER, people(number), title="Pacientes")
        return
    with path.open("w", encoding="utf-8") as file:
        file.writelines(";".join(row) + "\n" for row in (HEADER, *people(number)))
