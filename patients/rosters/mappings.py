"""Which column means what: as somebody once said, and used when the same headers come again."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from clinics.models import Clinic
from files.errors import Refused
from patients.listing.columns import Column
from patients.models import RosterMapping

IGNORED = ""
FIELDS = tuple(column.value for column in Column if column is not Column.PATH)
_NAMES = frozenset({Column.FAMILY.value, Column.NAME.value})


def signature_of(headers: Iterable[str]) -> str:
    """The same for the same headers in the same order, however they are capitalised or accented."""
    plain = "\x1f".join(_folded(header) for header in headers)
    return hashlib.sha256(plain.encode()).hexdigest()


def checked(mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping, if it can be used. Raises Refused `bad-mapping`: a field that is unknown, or that two
    columns claim, a column that is no number, no record number, or no name.
    """
    taken = [field for field in mapping.values() if field != IGNORED]
    if unknown := sorted(set(taken) - set(FIELDS)):
        raise _bad(f"There is no field {unknown[0]}. Fields: {', '.join(FIELDS)}.")
    if twice := sorted({field for field in taken if taken.count(field) > 1}):
        raise _bad(f"Two columns are given as {twice[0]}. Choose one of them.")
    if not all(column.isdecimal() and column.isascii() for column in mapping):
        raise _bad("Columns are named by their number, counted from 0.")
    if Column.NUMBER.value not in taken:
        raise _bad("No column is given as the record number. Choose the one that holds it.")
    if not _NAMES & set(taken):
        raise _bad("No column is given as the surname. Choose the one that holds it.")
    return dict(mapping)


def remember(clinic: Clinic, columns: Iterable[Mapping[str, Any]], mapping: Mapping[str, str]) -> None:
    """Use `mapping` whenever a list with these headers comes to the clinic again."""
    signature = signature_of(str(column["header"]) for column in columns)
    facts = {"mapping": dict(mapping), "changed_at": timezone.now()}
    RosterMapping.objects.update_or_create(clinic=clinic, signature=signature, defaults=facts)


def remembered(clinic: Clinic, columns: Iterable[Mapping[str, Any]]) -> dict[str, str] | None:
    """What was said for these headers, if anything."""
    signature = signature_of(str(column["header"]) for column in columns)
    found = RosterMapping.objects.filter(clinic=clinic, signature=signature).first()
    return dict(found.mapping) if found else None


def mapping_of(columns: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """How the columns were read: {column: field, empty where it is ignored}."""
    return {str(column["index"]): str(column["field"]) for column in columns}


def _folded(header: str) -> str:
    plain = unicodedata.normalize("NFKD", header).casefold()
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def _bad(message: str) -> Refused:
    return Refused("bad-mapping", message)
