"""What the cells of a list mean: sex in one alphabet, record numbers that are whole."""

import re
from collections.abc import Iterable

_SEXES = {
    "f": "F", "female": "F", "femenino": "F", "femenina": "F", "fem": "F", "mujer": "F", "w": "F",
    "woman": "F",
    "male": "M", "masculino": "M", "masc": "M", "hombre": "M", "varon": "M", "varón": "M", "h": "M",
    "man": "M",
    "x": "X", "other": "X", "otro": "X",
}  # fmt: skip
SEX_WORDS = frozenset({*_SEXES, "m"})
_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?[eE][+]\d+|\d+[.,]\d+[eE]\d+")
# What a spreadsheet or a data frame makes of a whole number; `12.50` is another thing.
_WITH_FRACTION = re.compile(r"(\d+)\.0")


def sexes_of(cells: Iterable[str]) -> dict[str, str]:
    """What each cell of the column means. A bare `M` is a man beside `F`, a woman (mujer) beside `H`, and
    not known where neither stands.
    """
    found = {cell.casefold() for cell in cells if cell}
    known = {cell: _SEXES[cell] for cell in found if cell in _SEXES}
    if "m" in found and ("f" in found) != ("h" in found):
        known["m"] = "F" if "h" in found else "M"
    return known


def whole_number(cell: str) -> str:
    """`3000003799.0` is `3000003799`: a record number has no fraction."""
    found = _WITH_FRACTION.fullmatch(cell) if cell.endswith(".0") else None
    return found[1] if found else cell


def is_shortened(number: str) -> bool:
    """`3.00E+09`: a spreadsheet has rounded this record number, and nobody can tell what it was."""
    return _SHORTENED.fullmatch(number) is not None
