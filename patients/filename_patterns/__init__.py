"""Reads a file's path by the built-in patterns; the only door is `read_path`, and `read_name` for a single
name.
"""

from patients.filename_patterns.reader import read_name, read_path

__all__ = ["read_name", "read_path"]
