"""Reads a file's path by a clinic's own patterns and the built-in ones; the doors are `compile_pattern`,
`read_path`, and `read_name` for a single name.
"""

from patients.filename_patterns.compiled import CompiledPattern
from patients.filename_patterns.language import PatternRefused, compile_pattern, understood
from patients.filename_patterns.reader import legible_names, read_name, read_path

__all__ = [
    "CompiledPattern",
    "PatternRefused",
    "compile_pattern",
    "legible_names",
    "read_name",
    "read_path",
    "understood",
]
