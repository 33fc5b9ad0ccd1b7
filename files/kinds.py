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
    VCARD = "vcard"
    XLS = "xls"
    XLSX = "xlsx"
    ODS = "ods"

    @property
    def is_document(self) -> bool:
        return self is FileKind.PDF

    @property
    def is_list(self) -> bool:
        """A list of patients, which goes into no chart."""
        return self in LIST_KINDS

    @property
    def is_image(self) -> bool:
        return not (self.is_document or self.is_list)

    @property
    def media_type(self) -> str:
        """The registered media type, as in "image/jpeg"."""
        return _MEDIA_TYPES.get(self, f"image/{self.value}")

    @property
    def extension(self) -> str:
        """The usual ending of a file name without its dot, as in "jpg"."""
        endings = {FileKind.JPEG: "jpg", FileKind.TIFF: "tif", FileKind.DICOM: "dcm", FileKind.VCARD: "vcf"}
        return endings.get(self, self.value)


LIST_KINDS = (FileKind.CSV, FileKind.VCARD, FileKind.XLS, FileKind.XLSX, FileKind.ODS)
"""Lists of patients: text, contacts, and workbooks."""

ACCEPTED = "JPEG, PNG, TIFF, WebP, DICOM and PDF, and lists of patients as CSV, TXT, vCard, XLS, XLSX and ODS"

_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DICOM: "application/dicom",
    FileKind.CSV: "text/csv",
    FileKind.VCARD: "text/vcard",
    FileKind.XLS: "application/vnd.ms-excel",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
}
# Hospital systems like to give their tables of text the name of a workbook.
_TABLE_ENDINGS = (".csv", ".txt", ".tsv", ".xls")
_WORKBOOK_ENDINGS = (".xls", ".xlsx", ".xlsm", ".xlt", ".ods")

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
    `name` ends in .csv, .txt or the like as well, and without a name it never is. A compound file and a ZIP
    show what they are further inside than this looks; where they do not show it here, `name` says which are
    workbooks, and their reader has the last word.

    Raises FileRejected "empty-file", "genomic-vcf" (variants of a genome, which share their ending),
    or "unsupported-kind" with what the file seems to be and what helps.
    """
    if not head:
        raise FileRejected("empty-file", "This file is empty (0 bytes). Please copy and send it again.")
    other = lookalikes.disguised(head)
    kind = None if other else _kind_by_start(head) or _list_by_content(head, name)
    if kind is not None:
        return kind
    other = other or lookalikes.known(head)
    if other is None and b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return FileKind.PDF
    if other is None and (kind := _list_by_name(head, name)):
        return kind
    raise _unsupported(other or lookalikes.unmarked(head))


def _list_by_content(head: bytes, name: str) -> FileKind | None:
    """A list that bears a mark: contacts, a workbook."""
    if lookalikes.is_genomic(head):
        raise _genomic()
    if lookalikes.is_vcard(head):
        return FileKind.VCARD
    if lookalikes.is_spreadsheet_package(head):
        return FileKind.ODS
    is_named = name.lower().endswith(_WORKBOOK_ENDINGS)
    if lookalikes.is_workbook_package(head, is_named=is_named):
        return FileKind.XLSX
    return FileKind.XLS if lookalikes.is_old_workbook(head, is_named=is_named) else None


def _list_by_name(head: bytes, name: str) -> FileKind | None:
    if not (lookalikes.is_text(head) or lookalikes.is_wide_text(head)):
        return None
    if name.lower().endswith(_TABLE_ENDINGS):
        return FileKind.CSV
    return FileKind.VCARD if name.lower().endswith(".vcf") else None


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


def _genomic() -> FileRejected:
    return FileRejected(
        "genomic-vcf",
        "This file holds variants of a genome (VCF), not contacts; both end in .vcf. Patients come as "
        "contacts (vCard), CSV or a workbook.",
        looks_like="genomic-vcf",
    )
