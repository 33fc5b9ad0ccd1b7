"""Compares what is stored with the rows that name it: bytes that no row names, and rows without their bytes.

A process that is killed between a commit and its clean-up leaves the first kind. The second kind must never
be, and needs a person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from batches.models import BatchFile, PatientCard
from batches.states import ON_THE_WAY
from documents.models import Document, DocumentVariant
from files import staging, storage
from files.errors import Trouble
from imaging.models import Image, Variant

_ORIGINALS, _DRAWINGS = "originals", "derivatives"
_IN_WORK = ON_THE_WAY


@dataclass
class Verified:
    """What was found: how many objects are as they must be, keys without a row, rows without their bytes.

    `missing` are pairs of what the row is and its identifier; `removed` is how many orphans went.
    """

    sound: int = 0
    orphans: list[str] = field(default_factory=list)
    young: int = 0
    missing: list[tuple[str, str]] = field(default_factory=list)
    removed: int = 0


def verify(*, older_than: float, delete: bool) -> Verified:
    """Look at every stored object and every row that names one; clinic by clinic, so that memory stays small.

    Only objects that came before `older_than` (seconds since 1970) count as orphans, because bytes are stored
    before the row that names them. With `delete` they go, each looked at once more.
    """
    found = Verified()
    for below in (_ORIGINALS, _DRAWINGS):
        for clinic in {*storage.folders(below), *_clinics_of_rows(below)}:
            _compare(found, f"{below}/{clinic}", older_than)
    found.missing += [("staged file", str(pk)) for pk in _without_staged_bytes()]
    if delete:
        found.removed = sum(_remove(key, older_than) for key in found.orphans)
    return found


def _compare(found: Verified, below: str, older_than: float) -> None:
    """The objects first: what is filed while we look has its row by the time that rows are read."""
    stored = set(storage.keys(below))
    named = dict(_named(below))
    found.sound += len(stored & named.keys())
    for key in stored - named.keys():
        if not _is_old(key, older_than):
            found.young += 1
        elif not _is_wanted(key):
            found.orphans.append(key)
    # Filed since the objects were listed, or really gone.
    found.missing += [named[key] for key in named.keys() - stored if _is_missing(key)]


def _named(below: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The keys that rows name, each with what its row is and its identifier."""
    for model, column in _COLUMNS[below.partition("/")[0]]:
        rows = _rows(model).filter(**{f"{column}__startswith": f"{below}/"}).values_list(column, "pk")
        kind = model._meta.verbose_name or ""  # noqa: SLF001 - Django's own public corner
        yield from ((key, (str(kind), str(pk))) for key, pk in rows.iterator(chunk_size=5_000))


def _is_wanted(key: str) -> bool:
    """Does a row name it, or is it of a file that is in work, or of a card that can be looked at?"""
    if any(
        _rows(model).filter(**{column: key}).exists() for model, column in _COLUMNS[key.partition("/")[0]]
    ):
        return True
    record = key.split("/")[2]
    try:
        in_work = BatchFile.objects.filter(pk=UUID(record), status__in=_IN_WORK)
        return in_work.exists() or PatientCard.objects.filter(file=UUID(record)).exists()
    except ValueError:
        return True  # not a key of ours: somebody else put it there, and may take it away


def _is_missing(key: str) -> bool:
    is_named = any(
        _rows(model).filter(**{column: key}).exists() for model, column in _COLUMNS[key.partition("/")[0]]
    )
    return is_named and not storage.exists(key)


def _is_old(key: str, older_than: float) -> bool:
    """Something that goes away while we look is nobody's any more."""
    try:
        return storage.stored_at(key) < older_than
    except Trouble:
        return False


def _remove(key: str, older_than: float) -> bool:
    if not _is_old(key, older_than) or _is_wanted(key):
        return False
    storage.delete(key)
    return True


def _without_staged_bytes() -> Iterable[UUID]:
    """Files whose bytes should wait in staging, and do not."""
    rows = BatchFile.objects.exclude(storage_key="").values_list("pk", "storage_key")
    for pk, key in rows.iterator(chunk_size=5_000):
        if not staging.path_of(key).exists() and BatchFile.objects.filter(pk=pk, storage_key=key).exists():
            yield pk


def _clinics_of_rows(below: str) -> set[str]:
    found: set[str] = set()
    for model, column in _COLUMNS[below]:
        path = "clinic" if column == "original_key" else f"{_PARENTS[model]}__clinic"
        ids = _rows(model).exclude(**{column: ""}).order_by().values_list(path, flat=True).distinct()
        found.update(str(pk) for pk in ids)
    return found


def _rows(model: Any) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.all()
    return rows


_COLUMNS: dict[str, tuple[tuple[Any, str], ...]] = {
    _ORIGINALS: ((Image, "original_key"), (Document, "original_key")),
    _DRAWINGS: ((Variant, "key"), (DocumentVariant, "key")),
}
_PARENTS: dict[Any, str] = {Variant: "image", DocumentVariant: "document"}
