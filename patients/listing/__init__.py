"""Reads a list of patients, or of paths and record numbers, in the sandboxed child: bytes in, rows out."""

from patients.listing.reader import ROWS_FILE, read

__all__ = ["ROWS_FILE", "read"]
