"""Step 1 of the road, sniff: the content decides what a file is; its name and what the sender says do not."""

from enum import StrEnum

from files import lookalikes
from files.errors import FileRejected
from files.lookalikes import Lookalike

HEAD_BYTES = 4096
"""How much of a file's start `sniff` wants to see."""

PDF_HEADER_WITHIN = 1024
"""Readers accept junk before the header of a PDF up to here (PDF Reference 1.7, annex H, note 13)."""


class FileKind(StrEnum):
    """The kinds that are taken in; everything else is refused by `sniff`."""

    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"
    DICOM = "dicom"
    PDF = "pdf"
    CSV = "csv"

    @property
    def is_document(self) -> bool:
        return self is FileKind.PDF

    @property
    def is_list(self) -> bool:
        """A list of patients, which goes into no chart."""
        return self is FileKind.CSV

    @property
    def is_image(self) -> bool:
        return not (self.is_document or self.is_list)

    @property
    def media_type(self) -> str:
        """The registered media type, as in "image/jpeg"."""
        family = {FileKind.PDF: "application", FileKind.DICOM: "application", FileKind.CSV: "text"}
        return f"{family.get(self, 'image')}/{self.value}"

    @property
    def extension(self) -> str:
        """The usual ending of a file name without its dot, as in "jpg"."""
        return {FileKind.JPEG: "jpg", FileKind.TIFF: "tif", FileKind.DICOM: "dcm"}.get(self, self.value)


ACCEPTED = "JPEG, PNG, TIFF, WebP, DICOM, PDF and CSV"

_LIST_ENDINGS = (".csv", ".txt")

_STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"II*\0", FileKind.TIFF),
    (b"MM\0*", FileKind.TIFF),
    (b"II+\0", FileKind.TIFF),  # BigTIFF
    (b"MM\0+", FileKind.TIFF),
    (b"%PDF-", FileKind.PDF),
)


def sniff(head: bytes, name: str = "") -> FileKind:
    """Say what a file is from its first `HEAD_BYTES` bytes (fewer if the file is shorter).

    What stands at the very start wins, so that a PDF inside a ZIP is a ZIP; only a file that is nothing else
    may carry its PDF header later, up to `PDF_HEADER_WITHIN`. Text has no mark of its own: it is a list where
    `name` ends in .csv or .txt as well, and without a name it never is.

    Raises FileRejected "empty-file", or "unsupported-kind" with what the file seems to be and what helps.
    """
    if not head:
        raise FileRejected("empty-file", "This file is empty (0 bytes). Please copy and send it again.")
    other = lookalikes.disguised(head)
    kind = None if other else _kind_by_start(head)
    if kind is not None:
        return kind
    other = other or lookalikes.known(head)
    if other is None and b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return FileKind.PDF
    if other is None and name.lower().endswith(_LIST_ENDINGS) and lookalikes.is_text(head):
        return FileKind.CSV
    raise _unsupported(other or lookalikes.unmarked(head))


def _kind_by_start(head: bytes) -> FileKind | None:
    if lookalikes.is_dicom(head):  # first, because the free bytes before it may look like any other
        return FileKind.DICOM
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)


def _unsupported(other: Lookalike) -> FileRejected:
    return FileRejected(
        "unsupported-kind",
        f"This file is {other.words}; accepted are {ACCEPTED}. {other.cure}",
        looks_like=other.name,
        accepted=[kind.value for kind in FileKind],
    )
