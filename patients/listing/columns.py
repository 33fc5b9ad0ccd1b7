"""Which column of a list holds what: by its header in Spanish or English, or by what a person said."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from files.errors import FileRejected


class Column(StrEnum):
    """What a column holds; the values are the names that a mapping uses."""

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


Columns = tuple[Column | None, ...]

IDENTITY = frozenset({Column.NUMBER, Column.FAMILY, Column.NAME, Column.PATH})

# What a sentence to a person names: the columns that help, in the words that are understood.
HELPFUL = "MRN (NHC, expediente), apellidos and nombre (family name, given names), fecha de nacimiento (DOB)"
HELPFUL_FOR_PATHS = "archivo (file, path) beside the MRN"

_HEADERS: Mapping[Column, str] = {
    Column.PATH: (
        "path file filename filepath archivo nombrearchivo nombredearchivo nombredelarchivo ruta fichero "
        "imagen image picture photo foto relativepath document documento rutadelarchivo nombredefichero"
    ),
    Column.NUMBER: (
        "mrn mrnumber recordnumber medicalrecordnumber medicalrecord medicalrecordno medrecno record "
        "recordno recordid recnum chartnumber chartno chartid chart patientid patientnumber patientno "
        "patientnum patientnr ptid ptno pid id idpaciente iddelpaciente "
        "pacienteid identificador numerodepaciente "
        "numeropaciente numpaciente nopaciente npaciente codigopaciente codigodepaciente clavepaciente "
        "nhc nhcl hcl numerohc numhc nohc numerodehistoria numerohistoria numerodehistoriaclinica "
        "numerohistoriaclinica numhistoria numhistoriaclinica nohistoria nohistoriaclinica nhistoria "
        "nhistoriaclinica historiaclinica historia hc historial historialclinico numerodehistorial "
        "hospitalnumber hospitalno hospnum unitnumber urn "
        "expediente expedienteclinico numerodeexpediente numeroexpediente noexpediente noexp numexpediente "
        "numexp nexpediente nexp exp expno noexpedienteclinico numerodeexpedienteclinico "
        "folio registro numeroderegistro numregistro noregistro nregistro numeroregistro"
    ),
    Column.FAMILY: (
        "familyname familynames lastname lastnames surname surnames family last apellido apellidos "
        "apellidopaterno apaterno appaterno paterno primerapellido 1erapellido 1apellido apellido1 "
        "apellidosdelpaciente apellidospaciente apellidodelpaciente apellidopaciente patientlastname "
        "patientsurname patientfamilyname lname"
    ),
    Column.FAMILY_2: (
        "apellidomaterno amaterno apmaterno materno segundoapellido 2doapellido 2oapellido 2apellido "
        "apellido2 secondsurname secondlastname mothersmaidenname"
    ),
    Column.GIVEN: (
        "givenname givennames firstname firstnames forename forenames given first nombre nombres "
        "nombredepila primernombre nombre1 nombrespaciente nombresdelpaciente patientfirstname "
        "patientgivenname fname"
    ),
    Column.GIVEN_2: "middlename middlenames middle middleinitial mi segundonombre nombre2 secondname",
    Column.NAME: (
        "name names fullname patientname patient patientfullname displayname nombrecompleto "
        "nombreyapellidos nombreyapellido nombresyapellidos apellidosynombre apellidosynombres "
        "apellidoynombre apellidoynombres apellidosnombre apellidosnombres nombreapellidos "
        "nombredelpaciente nombrepaciente nombredepaciente nombrecompletodelpaciente paciente"
    ),
    Column.SUFFIX: "suffix sufijo namesuffix",
    Column.BIRTH: (
        "birthdate dateofbirth dob born birthday birth bday birthdt datebirth patientdob "
        "fechadenacimiento fechanacimiento fechanac fnac fecnac fecnacimiento fechadenac nacimiento fn "
        "fdn fdenacimiento fnacimiento nacido fechadenacimientodelpaciente fechadenacimientopaciente"
    ),
    Column.SEX: "sex sexo gender genero sexodelpaciente sexopaciente patientsex patientgender",
}
_COLUMN_OF = {header: column for column, headers in _HEADERS.items() for header in headers.split()}
_LONGEST_HEADER = 100
_IN_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]?")


def columns_of(cells: Iterable[str]) -> Columns:
    """What each column holds; of two with the same meaning the first counts."""
    found: list[Column | None] = []
    for cell in cells:
        column = meaning_of(cell)
        found.append(None if column in found else column)
    return with_whole_name(found)


def with_whole_name(found: Sequence[Column | None]) -> Columns:
    """`Nombre` beside no surname is the whole name."""
    if Column.GIVEN in found and not {Column.FAMILY, Column.NAME} & set(found):
        return tuple(Column.NAME if column is Column.GIVEN else column for column in found)
    return tuple(found)


def meaning_of(header: str) -> Column | None:
    """What a column with this header holds, if the header is known; what stands in brackets is a remark."""
    if len(header) > _LONGEST_HEADER:
        return None
    return _COLUMN_OF.get(_plain(header)) or _COLUMN_OF.get(_plain(_IN_BRACKETS.sub("", header)))


def mapped(found: Columns, mapping: Mapping[str, str], width: int) -> Columns:
    """What a person said of each column, by its index as text; where they said nothing, what was found.

    Raises FileRejected "mapping-not-understood" for a column that is not there, a field that is not known,
    and a field that is given to two columns.
    """
    columns = [*found, *[None] * (width - len(found))]
    for index, field in mapping.items():
        if not index.isascii() or not index.isdigit() or int(index) >= width:
            raise _not_mapped(f"The list has no column {index[:20]}; its columns are 0 to {width - 1}")
        columns[int(index)] = _field(field)
    said = {int(index) for index, field in mapping.items() if field}
    for at, column in enumerate(columns):
        if column is not None and at not in said and column in [columns[other] for other in said]:
            columns[at] = None
    known = [column for column in columns if column is not None]
    if len(set(known)) < len(known):
        raise _not_mapped("Two columns were given the same field")
    return tuple(columns)


def _field(field: str) -> Column | None:
    if not field:
        return None
    try:
        return Column(field)
    except ValueError:
        raise _not_mapped(f"{field[:40]} is no field") from None


def _not_mapped(why: str) -> FileRejected:
    fields = [str(column) for column in Column]
    message = f"{why}. Give each field to one column at most; fields are {', '.join(fields)}."
    return FileRejected("mapping-not-understood", message, status=400, fields=fields)


def is_spanish(header: str) -> bool:
    """Does the header of the birth dates speak Spanish? Then their day comes before their month."""
    return _plain(header).startswith(("fn", "fec", "fd", "nac")) and meaning_of(header) is Column.BIRTH


def _plain(header: str) -> str:
    """`Fecha de Nac.` and `FECHA_DE_NAC` are both `fechadenac`; `N.º de expediente` is `nexpediente`."""
    folded = unicodedata.normalize("NFKD", header.replace("º", "").replace("°", "").replace("ª", ""))
    plain = "".join(char for char in folded.casefold() if char.isascii() and char.isalnum())
    for long, short in (("node", "no"), ("nde", "n"), ("numde", "num")):
        if plain.startswith(long):
            return plain.replace(long, short, 1)
    return plain
