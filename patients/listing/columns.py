"""Which column of a list holds what, by its header in Spanish or English."""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Column(StrEnum):
    """What a column holds."""

    PATH = "path"
    NUMBER = "mrn"
    FAMILY = "family_name"
    FAMILY_2 = "family_name_2"  # the second surname, where it has a column of its own
    GIVEN = "given_names"
    GIVEN_2 = "given_names_2"
    NAME = "whole_name"  # the whole name in one cell
    SUFFIX = "suffix"
    BIRTH = "birth_date"
    SEX = "sex"


IDENTITY = frozenset({Column.NUMBER, Column.FAMILY, Column.NAME, Column.PATH})

# What a sentence to a person names: the columns that help, in the words that are understood.
HELPFUL = "MRN (NHC, expediente), apellidos and nombre (family name, given names), fecha de nacimiento (DOB)"
HELPFUL_FOR_PATHS = "archivo (file, path) beside the MRN"

_HEADERS: Mapping[Column, str] = {
    Column.PATH: (
        "path file filename filepath archivo nombrearchivo nombredearchivo nombredelarchivo ruta fichero "
        "imagen image picture photo foto relativepath document documento"
    ),
    Column.NUMBER: (
        "mrn recordnumber medicalrecordnumber medicalrecord record recordno chartnumber chart patientid "
        "patientnumber patientno pid id idpaciente pacienteid numerodepaciente numpaciente nopaciente "
        "nhc nhcl numerodehistoria numerodehistoriaclinica nohistoria historiaclinica historia hc "
        "expediente numerodeexpediente noexpediente numexpediente nexpediente exp folio "
        "numeroderegistro registro"
    ),
    Column.FAMILY: (
        "familyname familynames lastname lastnames surname surnames family last apellido apellidos "
        "apellidopaterno primerapellido apellido1 paterno apellidosdelpaciente apellidospaciente"
    ),
    Column.FAMILY_2: "apellidomaterno segundoapellido apellido2 materno secondsurname secondlastname",
    Column.GIVEN: (
        "givenname givennames firstname firstnames forename forenames given first nombre nombres "
        "nombredepila primernombre nombre1 nombrespaciente nombresdelpaciente"
    ),
    Column.GIVEN_2: "middlename middle segundonombre nombre2 secondname",
    Column.NAME: (
        "name fullname patientname patient nombrecompleto nombreyapellidos apellidosynombre "
        "apellidosynombres nombredelpaciente nombrepaciente paciente"
    ),
    Column.SUFFIX: "suffix sufijo",
    Column.BIRTH: (
        "birthdate dateofbirth dob born birthday birth fechadenacimiento fechanacimiento fechanac fnac "
        "fecnac fechadenac nacimiento fn fdenacimiento"
    ),
    Column.SEX: "sex sexo gender genero",
}
_COLUMN_OF = {header: column for column, headers in _HEADERS.items() for header in headers.split()}


def columns_of(cells: Iterable[str]) -> tuple[Column | None, ...]:
    """What each column holds; of two with the same meaning the first counts."""
    found: list[Column | None] = []
    for cell in cells:
        column = _COLUMN_OF.get(_plain(cell))
        found.append(None if column in found else column)
    if Column.GIVEN in found and not {Column.FAMILY, Column.NAME} & set(found):
        # `Nombre` beside no surname is the whole name.
        found[found.index(Column.GIVEN)] = Column.NAME
    return tuple(found)


def is_spanish(cells: Iterable[str]) -> bool:
    """Does the header of the birth dates speak Spanish? Then their day comes before their month."""
    return any(_plain(cell).startswith(("f", "nac")) for cell in cells if _is_birth(cell))


def _is_birth(cell: str) -> bool:
    return _COLUMN_OF.get(_plain(cell)) is Column.BIRTH


def _plain(header: str) -> str:
    """`Fecha de Nac.` and `FECHA_DE_NAC` are both `fechadenac`; `N.º de expediente` is `nexpediente`."""
    folded = unicodedata.normalize("NFKD", header.replace("º", "").replace("°", ""))
    plain = "".join(char for char in folded.casefold() if char.isascii() and char.isalnum())
    return plain.replace("nde", "n", 1) if plain.startswith("nde") else plain
