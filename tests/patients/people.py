"""A small directory for tests of matching: ordinary people, and those who are easily taken for each other."""

from collections.abc import Iterable
from datetime import date

from patients.clues import Clue
from patients.filename_patterns import read_path
from patients.matching.directory import MemoryDirectory
from patients.matching.identify import identify
from patients.matching.normalise import Person, person_of
from patients.matching.policy import Policy
from patients.matching.results import MatchResult

TODAY = date(2026, 6, 30)

# Record number (with a Luhn digit), surnames, given names, suffix, birth date.
ROWS = (
    ("3000003792", "Garza Tijerina", "María Esther", "", "1974-03-18"),
    ("3000003966", "Hernández López", "María Guadalupe", "", "1961-07-02"),
    ("3000004139", "Hernández López", "María Guadalupe", "", "1993-11-25"),
    ("3000004642", "Treviño Cantú", "Sofía Elena", "", "2012-09-09"),
    ("3000004816", "Treviño Cantú", "Sofía Isabel", "", "2012-09-09"),
    ("3000004980", "Walker", "Thomas Daniel", "Sr", "1956-02-11"),
    ("3000005151", "Walker", "Thomas Daniel", "Jr", "1984-10-05"),
    ("3000005326", "de la Garza", "Luis", "", "1969-12-01"),
    ("3000005490", "O'Brien", "Margaret Anne", "", "1947-04-23"),
    ("3000005664", "Nguyễn", "Minh Anh", "", "1999-08-17"),
    ("3000005839", "Sepúlveda Ramos", "Norma", "", "1999-01-15"),
    ("3000006001", "Martínez Rodríguez", "Sergio", "", "1956-04-12"),
    ("3000006175", "Pérez Quintanilla", "Eduardo José", "", "1958-03-04"),
    ("3000006340", "Díaz Rodríguez", "Gabriela", "", "1959-08-29"),
)


def people(rows: tuple[tuple[str, ...], ...] = ROWS) -> list[Person]:
    """The rows as the matcher sees them; the id is the record number."""
    return [
        person_of(
            number,
            number,
            family=family,
            given=given,
            suffix=suffix,
            birth_date=date.fromisoformat(birth_date),
        )
        for number, family, given, suffix, birth_date in rows
    ]


def directory(*more: Person) -> MemoryDirectory:
    """Everybody, and `more`."""
    return MemoryDirectory([*people(), *more])


def matched(
    path: str,
    *,
    where: MemoryDirectory | None = None,
    policy: Policy | None = None,
    batch_patient: str = "",
    beside: Iterable[Clue] = (),
    listed: Iterable[str] = (),
) -> MatchResult:
    """The result for a file at `path`, with what other sources say `beside` it."""
    return identify(
        where or directory(),
        (*read_path(path, today=TODAY), *beside),
        policy=policy or Policy(name_alone=True),
        today=TODAY,
        batch_patient=batch_patient,
        listed=frozenset(listed),
    )
