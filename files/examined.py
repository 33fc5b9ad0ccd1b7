"""What is known of one staged file once its bytes have been read: the second step's result, handed down the
road.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from files.kinds import FileKind


@dataclass(frozen=True)
class Examined:
    """One file's content in facts.

    `record_id` becomes the identifier of the image or document, so that a second attempt writes the same
    keys. `facts` is what the sandboxed reader returned (pixels, pages, moments); its "variants" name JPEG
    files in
    `scratch`.
    """

    record_id: UUID
    name: str
    kind: FileKind
    size_bytes: int
    sha256: str
    facts: dict[str, Any]
    scratch: Path
