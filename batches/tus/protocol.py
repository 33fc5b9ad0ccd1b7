"""tus 1.0.0 as values: what a request's headers say, and the table of errors; free of Django.

Source: https://tus.io/protocols/resumable-upload (core, creation, creation-with-upload, termination,
expiration).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "termination", "expiration")
BODY_TYPE = "application/offset+octet-stream"
MAX_INTEGER = 2**63 - 1


class TusError(Exception):
    """A request that the protocol refuses: HTTP status, stable code, sentence; `offset` where the client
    may go on.
    """

    def __init__(self, status: int, code: str, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.offset = offset


@dataclass(frozen=True)
class Creation:
    """What `POST` asks for: the length in bytes and the decoded metadata."""

    length: int
    metadata: Mapping[str, str]


def check_version(headers: Mapping[str, str]) -> None:
    """412 unless the client speaks 1.0.0 (every verb but OPTIONS)."""
    if headers.get("Tus-Resumable") != VERSION:
        raise TusError(412, "tus-version", f"Send the header Tus-Resumable: {VERSION}.")


def read_creation(headers: Mapping[str, str]) -> Creation:
    """The creation headers; 400 when the length or the metadata cannot be read, deferred length is not
    offered.
    """
    if "Upload-Defer-Length" in headers:
        raise TusError(400, "tus-defer-length", "Send Upload-Length; a deferred length is not offered.")
    return Creation(_integer(headers, "Upload-Length"), _metadata(headers.get("Upload-Metadata", "")))


def read_offset(headers: Mapping[str, str]) -> int:
    """The offset of a `PATCH`, in bytes; 415 for another body type, 411 without a length, 400 for a bad
    offset.
    """
    if headers.get("Content-Type", "").partition(";")[0].strip() != BODY_TYPE:
        raise TusError(415, "tus-content-type", f"Send the bytes as {BODY_TYPE}.")
    if not headers.get("Content-Length"):
        raise TusError(
            411, "tus-length-required", "Send Content-Length; a chunked body cannot be received here."
        )
    return _integer(headers, "Upload-Offset")


def has_body(headers: Mapping[str, str]) -> bool:
    """Does a creation bring its first bytes with it (creation-with-upload)?"""
    return headers.get("Content-Type", "").partition(";")[0].strip() == BODY_TYPE


def metadata_header(metadata: Mapping[str, str]) -> str:
    """The values as `Upload-Metadata` writes them: key, space, base64, joined by commas."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


def _integer(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_INTEGER))
    if not is_number or int(text) > MAX_INTEGER:
        raise TusError(400, "tus-bad-number", f"{name} must be a whole number from 0 to {MAX_INTEGER}.")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    pairs = [pair.strip().partition(" ") for pair in header.split(",") if pair.strip()]
    if len({key for key, _, _ in pairs}) != len(pairs):
        raise TusError(400, "tus-bad-metadata", "A key stands twice in Upload-Metadata.")
    try:
        return {key: base64.b64decode(value.strip(), validate=True).decode() for key, _, value in pairs}
    except ValueError as bad:  # not base64, not ASCII, or not UTF-8 within
        raise TusError(400, "tus-bad-metadata", "Upload-Metadata must be base64 of UTF-8.") from bad
