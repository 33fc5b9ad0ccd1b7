"""The demonstration clinic's patients: the same 200 people every time, with the look-alikes that make
matching hard.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypedDict

from patients.matching.check_digits import luhn_digit

_SEED = 20_260_501
_FIRST_BODY = 300_000_379  # with its check digit the first record number of the clinic
_GAP = 17  # between two numbers, as real ones have them
_TWO_SURNAMES = 0.7  # of the people have two


def _words(text: str) -> list[str]:
    return text.split()


_SURNAMES = _words(
    "García Martínez López Hernández González Rodríguez Pérez Sánchez Ramírez Flores Torres Rivera "
    "Gómez Díaz Reyes Cruz Morales Ortiz "
    "Gutiérrez Chávez Ramos Ruiz Mendoza Aguilar Medina Castillo Vargas Jiménez Guerrero Salazar "
    "Delgado Treviño Cantú Garza Elizondo "
    "Villarreal Ibarra Núñez Peña Muñoz Zambrano Cavazos Tijerina Montemayor Sepúlveda Ayala "
    "Quintanilla Benavides Leal Lozano"
)
_US_SURNAMES = _words(
    "Smith Johnson Williams Brown Miller Davis Wilson Anderson Thompson Clark Walker Young Nelson "
    "Carter Mitchell Parker Collins O'Brien "
    "Murphy McDonald Bennett Sullivan Nguyen Kim"
)
_GIVEN = {
    "F": _words(
        "María Ana Guadalupe Sofía Valeria Fernanda Ximena Lucía Camila Daniela Elena Teresa Rosa "
        "Patricia Gabriela Verónica "
        "Leticia Adriana Carmen Isabel Esther Beatriz Silvia Norma"
    ),
    "M": _words(
        "José Juan Luis Carlos Miguel Jorge Francisco Alejandro Ricardo Fernando Eduardo Roberto "
        "Javier Raúl Sergio Héctor Arturo "
        "Diego Emilio Andrés Gerardo Ramón Óscar Iván"
    ),
}  # fmt: skip
_US_GIVEN = {
    "F": _words("Emily Jessica Ashley Sarah Karen Linda Susan Margaret Nancy Donna Grace Olivia"),
    "M": _words("James John Robert Michael William David Richard Thomas Daniel Matthew Kevin Brian"),
}


class DemoPatient(TypedDict):
    """One made-up person, in the fields of the patient directory."""

    mrn: str
    family_name: str
    given_names: str
    suffix: str
    birth_date: date
    sex: str


def demo_patients(count: int = 200) -> list[DemoPatient]:
    """`count` people, always the same ones in the same order; record numbers of ten digits, the last a Luhn
    digit.

    Among the first are the patient of the file-name example, two pairs of namesakes, a pair of twins, and a
    father and son.
    """
    rng = random.Random(_SEED)  # noqa: S311 - made-up people need no strong randomness
    people = list(_look_alikes())
    taken = {(person["family_name"], person["given_names"]) for person in people}
    while len(people) < count:
        person = _anybody(rng)
        name = (person["family_name"], person["given_names"])
        if name not in taken:
            taken.add(name)
            people.append(person)
    return [{**person, "mrn": _record_number(place)} for place, person in enumerate(people[:count])]


def _record_number(place: int) -> str:
    body = str(_FIRST_BODY + place * _GAP)
    return body + luhn_digit(body)


def _look_alikes() -> Iterator[DemoPatient]:
    yield _person("Garza Tijerina", "María Esther", date(1974, 3, 18), "F")
    yield _person("Hernández López", "María Guadalupe", date(1961, 7, 2), "F")
    yield _person("Hernández López", "María Guadalupe", date(1993, 11, 25), "F")
    yield _person("Smith", "James", date(1979, 1, 30), "M")
    yield _person("Smith", "James", date(1988, 6, 14), "M")
    yield _person("Treviño Cantú", "Sofía Elena", date(2012, 9, 9), "F")
    yield _person("Treviño Cantú", "Sofía Isabel", date(2012, 9, 9), "F")
    yield _person("Walker", "Thomas Daniel", date(1956, 2, 11), "M", suffix="Sr")
    yield _person("Walker", "Thomas Daniel", date(1984, 10, 5), "M", suffix="Jr")
    yield _person("de la Garza", "Luis", date(1969, 12, 1), "M")
    yield _person("O'Brien", "Margaret Anne", date(1947, 4, 23), "F")
    yield _person("Nguyen", "Minh Anh", date(1999, 8, 17), "F")


def _anybody(rng: random.Random) -> DemoPatient:
    sex = rng.choice("FM")
    birth_date = date(1936, 1, 1) + timedelta(days=rng.randrange(88 * 365))
    if rng.random() < _TWO_SURNAMES:
        family = " ".join(rng.sample(_SURNAMES, 2))
        given = " ".join(rng.sample(_GIVEN[sex], rng.choice((1, 2))))
    else:
        family = rng.choice(_US_SURNAMES)
        given = " ".join(rng.sample(_US_GIVEN[sex], rng.choice((1, 2))))
    return _person(family, given, birth_date, sex)


def _person(family: str, given: str, birth_date: date, sex: str, *, suffix: str = "") -> DemoPatient:
    return {
        "mrn": "",
        "family_name": family,
        "given_names": given,
        "suffix": suffix,
        "birth_date": birth_date,
        "sex": sex,
    }
