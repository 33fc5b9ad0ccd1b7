"""What the sandboxed readers of pictures are asked and what they tell, in JSON-able shapes."""

from typing import TypedDict

from patients.clues import Clue


class Wanted(TypedDict):
    """A smaller copy to make: its name, and the longest side it may have in pixels."""

    name: str
    side_px: int


class Made(TypedDict):
    """A smaller copy: a JPEG in the scratch directory; `file` is its bare name, `size` its bytes."""

    name: str
    width: int
    height: int
    size: int
    file: str


class Code(TypedDict):
    """A QR, Data Matrix or Code 128 label in the picture; `area_fraction` is its share of the picture."""

    text: str
    format: str
    area_fraction: float


class ClueFact(TypedDict):
    """A `patients.clues.Clue` on its way out of the sandbox."""

    field: str
    value: str
    source: str
    place: str


def fact_of(clue: Clue) -> ClueFact:
    """The clue as it crosses the wall; `Clue(**fact)` brings it back."""
    return ClueFact(field=str(clue.field), value=clue.value, source=clue.source, place=clue.place)


class Examined(TypedDict):
    """What `examine` tells of any picture. Width and height are those of the upright picture, in pixels.

    `clues` and `codes` are patient data: they serve the matching and are not stored with the picture.
    """

    width: int
    height: int
    frames: int
    orientation: int
    captured_at: str | None
    captured_subsec: str | None
    camera: str | None
    pixel_hash: str
    variants: list[Made]
    warnings: list[str]
    clues: list[ClueFact]
    codes: list[Code]


class ExaminedDicom(Examined):
    """The same of a DICOM file, and which study it belongs to."""

    modality: str
    body_part: str
    laterality: str
    study_date: str
    study_uid: str
    series_uid: str
    instance_uid: str
    transfer_syntax: str
