"""Keeps what people wrote from running as a formula when a table of ours is opened in a spreadsheet."""

import re

# What makes a spreadsheet read a cell as a formula (OWASP, CSV injection); a plain number is none.
_FORMULA = re.compile(r"\s*[=+\-@\t\r|%＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def neutralised(cell: str) -> str:
    """The text with a quote before it if a spreadsheet would run it as a formula; numbers stay numbers."""
    is_formula = _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell
