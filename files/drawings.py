"""The JPEGs that the sandboxed reader drew of a file: into storage, and the rows that will name them."""

from pathlib import Path
from typing import TypedDict
from uuid import UUID

from django.conf import settings

from files import storage
from files.examined import Examined


class DrawingRow(TypedDict):
    """The fields that every variant row has; `width` and `height` in pixels."""

    name: str
    width: int
    height: int
    size_bytes: int
    key: str


def store(examined: Examined, clinic_id: UUID) -> None:
    """Put every drawing into storage under its own key; running it twice writes the same objects."""
    for drawing in examined.facts["variants"]:
        key = storage.variant_key(clinic_id, examined.record_id, drawing["name"])
        # Only the bare name: what a child says is not trusted to stay in its folder.
        storage.put(key, examined.scratch / Path(drawing["file"]).name, "image/jpeg")


def rows(examined: Examined, clinic_id: UUID) -> list[DrawingRow]:
    """One row for each drawing, ready for the record's own variant table."""
    return [
        DrawingRow(
            name=drawing["name"],
            width=drawing["width"],
            height=drawing["height"],
            size_bytes=drawing["size"],
            key=storage.variant_key(clinic_id, examined.record_id, drawing["name"]),
        )
        for drawing in examined.facts["variants"]
    ]


def discard(clinic_id: UUID, record_id: UUID) -> None:
    """Remove every drawing of one record; what is gone already counts as done."""
    for name in settings.INTAKE_VARIANTS:
        storage.delete(storage.variant_key(clinic_id, record_id, name))
