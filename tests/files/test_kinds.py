"""Content decides: what is accepted is known however it is dressed, the rest refused by its right name."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from files.errors import FileRejected
from files.kinds import HEAD_BYTES, LIST_KINDS, PDF_HEADER_WITHIN, FileKind, sniff


def picture(form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(buffer, form, **options)
    return buffer.getvalue()


def archive(*members: str, first: bytes = b"content") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for member in members:
            made.writestr(member, first)
    return buffer.getvalue()


def tiff(*entries: tuple[int, int], order: str = "<") -> bytes:
    """A classic TIFF head whose first directory has these (tag, LONG value) entries."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    directory = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in entries)
    return mark + struct.pack(f"{order}IH", 8, len(entries)) + directory + bytes(4)


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    box = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(box) + 4).to_bytes(4, "big") + box + b"\0\0\0\x08mdat"


JPEG, PNG, WEBP, PDF = picture("JPEG"), picture("PNG"), picture("WEBP"), picture("PDF")
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0"?>\n'
PREAMBLE = bytes(128)

ACCEPTED: dict[str, tuple[bytes, FileKind]] = {
    "JPEG": (JPEG, FileKind.JPEG),
    "progressive JPEG": (picture("JPEG", progressive=True), FileKind.JPEG),
    "several pictures in one JPEG": (picture("MPO"), FileKind.JPEG),
    "PNG": (PNG, FileKind.PNG),
    "TIFF": (picture("TIFF"), FileKind.TIFF),
    "BigTIFF": (picture("TIFF", big_tiff=True), FileKind.TIFF),
    "big-endian TIFF": (tiff((256, 40), order=">"), FileKind.TIFF),
    "big-endian BigTIFF": (b"MM\0+\0\x08\0\0" + bytes(8), FileKind.TIFF),
    "TIFF with a directory at its end": (b"II*\0" + struct.pack("<I", 900_000) + bytes(50), FileKind.TIFF),
    "TIFF with reduced copies below": (tiff((254, 0), (330, 500)), FileKind.TIFF),
    "TIFF that is a reduced copy": (tiff((254, 1)), FileKind.TIFF),
    "TIFF whose directory lies about its length": (b"II*\0\x08\0\0\0\xff\xff", FileKind.TIFF),
    "WebP": (WEBP, FileKind.WEBP),
    "lossless WebP": (picture("WEBP", lossless=True), FileKind.WEBP),
    "PDF": (PDF, FileKind.PDF),
    "PDF after a byte order mark": (b"\xef\xbb\xbf" + PDF, FileKind.PDF),
    "PDF after a mail header": (b"Content-Type: application/pdf\r\n\r\n" + PDF, FileKind.PDF),
    "PDF after zeros": (bytes(500) + PDF, FileKind.PDF),
    "PDF at the last place allowed": (b"\x9c" * (PDF_HEADER_WITHIN - 5) + PDF, FileKind.PDF),
    "JPEG that is a ZIP too": (JPEG + archive("a.txt"), FileKind.JPEG),
    "JPEG with a page of HTML in a comment": (picture("JPEG", comment=HTML), FileKind.JPEG),
    "JPEG that holds a PDF header": (picture("JPEG", comment=PDF[:20]), FileKind.JPEG),
    "PNG that is a ZIP too": (PNG + archive("a.txt"), FileKind.PNG),
    "PDF that is a ZIP too": (PDF + archive("a.txt"), FileKind.PDF),
    "JPEG cut after its first bytes": (JPEG[:3], FileKind.JPEG),
    "DICOM": (PREAMBLE + b"DICM\x02\0\0\0UL", FileKind.DICOM),
    "DICOM that poses as TIFF": (picture("TIFF")[:8].ljust(128, b"\0") + b"DICM", FileKind.DICOM),
    "DICOM that poses as JPEG": (JPEG[:128] + b"DICM", FileKind.DICOM),
    "DICOM that holds a PDF": (PREAMBLE + b"DICM" + PDF, FileKind.DICOM),
    "DICOM after words of its maker": (b"Made by a scanner".ljust(128) + b"DICM", FileKind.DICOM),
    "DICOM without its preamble": (b"\x02\0\0\0UL\x04\0\xc2\0\0\0", FileKind.DICOM),
    "DICOM that starts with its version": (b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01", FileKind.DICOM),
    "DICOM that starts with its class": (b"\x02\0\x02\0UI\x1a\0" + b"1.2.840.10008", FileKind.DICOM),
    "DICOM that starts with its coding": (b"\x02\0\x10\0UI\x14\0" + b"1.2.840.10008", FileKind.DICOM),
}

CONTACT = b"BEGIN:VCARD\r\nVERSION:4.0\r\n"
WORKBOOK = archive("[Content_Types].xml", "xl/workbook.xml")
ODS = archive("mimetype", first=b"application/vnd.oasis.opendocument.spreadsheet")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)
LISTS: dict[str, tuple[bytes, FileKind]] = {
    "vCard": (CONTACT, FileKind.VCARD),
    "vCard after a mark and blank lines": (b"\xef\xbb\xbf\r\n" + CONTACT.lower(), FileKind.VCARD),
    "vCard in UTF-16": (CONTACT.decode().encode("utf-16"), FileKind.VCARD),
    "XLSX": (WORKBOOK, FileKind.XLSX),
    "ODS": (ODS, FileKind.ODS),
    "XLS that shows its stream": (COMPOUND + "Workbook".encode("utf-16-le"), FileKind.XLS),
}
LIST = "número;apellido\r\n1;Peña\r\n"
NAMED: dict[str, tuple[bytes, str, FileKind | None]] = {
    "text named CSV": (LIST.encode(), "pacientes.csv", FileKind.CSV),
    "text named TXT": (LIST.encode(), "pacientes.txt", FileKind.CSV),
    "text named in capitals": (LIST.encode(), "PACIENTES.CSV", FileKind.CSV),
    "text after a byte order mark": (LIST.encode("utf-8-sig"), "pacientes.csv", FileKind.CSV),
    "text in Latin-1": (LIST.encode("latin-1"), "pacientes.csv", FileKind.CSV),
    "text in the letters of DOS": (LIST.encode("cp437"), "pacientes.csv", FileKind.CSV),
    "text with another name": (LIST.encode(), "pacientes.doc", None),
    "text without a name": (LIST.encode(), "", None),
    "text with a name that only holds it": (LIST.encode(), "pacientes.csv.exe", None),
    "text in UTF-16": (LIST.encode("utf-16"), "pacientes.csv", FileKind.CSV),
    "text in UTF-16 without its mark": (LIST.encode("utf-16-be"), "pacientes.csv", FileKind.CSV),
    "text with tabs": (LIST.replace(";", "\t").encode(), "pacientes.tsv", FileKind.CSV),
    "text that a hospital calls a workbook": (LIST.encode(), "pacientes.xls", FileKind.CSV),
    "text that ends as DOS ended one": (LIST.encode() + b"\x1a", "pacientes.csv", FileKind.CSV),
    "text with NULs": (LIST.encode() + bytes(3), "pacientes.csv", None),
    "contacts under another name": (CONTACT, "pacientes.csv", FileKind.VCARD),
    "text named VCF": (b"N:Garza;Eva\r\n", "contactos.vcf", FileKind.VCARD),
    "compound file named XLS": (COMPOUND, "pacientes.xls", FileKind.XLS),
    "compound file named XLSX, as with a password": (COMPOUND, "pacientes.xlsx", FileKind.XLS),
    "compound file named DOC": (COMPOUND, "carta.doc", None),
    "Office file named XLSX": (
        archive("[Content_Types].xml", "_rels/.rels"),
        "pacientes.xlsx",
        FileKind.XLSX,
    ),
    "Office file without the name": (archive("[Content_Types].xml", "_rels/.rels"), "pacientes.zip", None),
    "Word file named XLSX": (archive("[Content_Types].xml", "word/document.xml"), "pacientes.xlsx", None),
    "gzip named XLS": (b"\x1f\x8b\x08\0" + bytes(10), "pacientes.xls", None),
    "binary named CSV": (b"\x9c\x01\x02\xfe" * 100, "pacientes.csv", None),
    "zeros named CSV": (bytes(100), "pacientes.csv", None),
    "web page named CSV": (HTML, "pacientes.csv", None),
    "workbook named CSV": (WORKBOOK, "pacientes.csv", FileKind.XLSX),
    "picture named CSV": (JPEG, "pacientes.csv", FileKind.JPEG),
    "PDF named TXT": (PDF, "letter.txt", FileKind.PDF),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "HEIC": (ftyp(b"heic", b"mif1", b"heic"), "heic"),
    "HEIC of ten bits": (ftyp(b"heix", b"mif1", b"heix"), "heic"),
    "HEIC with a general brand": (ftyp(b"mif1", b"mif1", b"heic"), "heic"),
    "HEIC burst": (ftyp(b"msf1", b"msf1", b"hevc"), "heic"),
    "AVIF": (ftyp(b"avif", b"mif1", b"miaf"), "avif"),
    "AVIF with a general brand": (ftyp(b"mif1", b"avif", b"miaf"), "avif"),
    "ftyp that lies about its length": (b"\xff\xff\xff\xffftypheic", "heic"),
    "MP4": (ftyp(b"isom", b"iso2", b"avc1"), "video"),
    "MOV": (ftyp(b"qt  ", b"qt  "), "video"),
    "CR3": (ftyp(b"crx ", b"crx ", b"isom"), "camera-raw"),
    "CR2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "camera-raw"),
    "DNG": (tiff((254, 1), (50706, 0x01040000)), "camera-raw"),
    "big-endian DNG": (tiff((254, 0), (50706, 0x01040000), order=">"), "camera-raw"),
    "NEF": (tiff((254, 1), (256, 160), (330, 500)), "camera-raw"),
    "ORF": (b"IIRO\x08\0\0\0", "camera-raw"),
    "RW2": (b"IIU\0\x18\0\0\0", "camera-raw"),
    "RAF": (b"FUJIFILMCCD-RAW 0201", "camera-raw"),
    "DICOM that poses as a Windows program": (b"MZ".ljust(128, b"\0") + b"DICM", "disguised-dicom"),
    "DICOM that poses as a Linux program": (b"\x7fELF".ljust(128, b"\0") + b"DICM", "disguised-dicom"),
    "DICOM that poses as a script": (b"#!/bin/sh\nrm -rf /\n".ljust(128) + b"DICM", "disguised-dicom"),
    "DICOM that poses as a web page": (HTML.ljust(128) + b"DICM", "disguised-dicom"),
    "DICOM that poses as a ZIP": (archive("a.txt")[:60].ljust(128, b"\0") + b"DICM", "disguised-dicom"),
    "DICOM that poses as a PDF": ((b"  " + PDF)[:128] + b"DICM", "disguised-dicom"),
    "dataset without DICOM's mark": (b"\x08\0\x05\0CS\x0a\0ISO_IR 100", "unknown"),
    "ZIP": (archive("a.txt"), "zip"),
    "empty ZIP": (archive(), "zip"),
    "ZIP with a PDF stored in it": (archive("a.pdf", first=PDF), "zip"),
    "ZIP with a picture in it": (archive("a.jpg", first=JPEG), "zip"),
    "DOCX": (archive("[Content_Types].xml", "word/document.xml"), "docx"),
    "PPTX": (archive("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
    "some other Office file": (archive("[Content_Types].xml", "FixedDocumentSequence.fdseq"), "office"),
    "ODT": (archive("mimetype", first=b"application/vnd.oasis.opendocument.text"), "opendocument"),
    "EPUB": (archive("mimetype", first=b"application/epub+zip"), "epub"),
    "DOC": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "office"),
    "RTF": (b"{\\rtf1\\ansi}", "rtf"),
    "gzip": (b"\x1f\x8b\x08\0" + bytes(10), "gzip"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
    "RAR": (b"Rar!\x1a\x07\x01\0", "rar"),
    "xz": (b"\xfd7zXZ\0\0\x04", "xz"),
    "tar": (b"a.jpg".ljust(257, b"\0") + b"ustar\x0000", "tar"),
    "GIF": (picture("GIF"), "gif"),
    "GIF that is a script too": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "gif"),
    "BMP": (picture("BMP"), "bmp"),
    "PSD": (b"8BPS\0\x01" + bytes(6), "psd"),
    "icon": (picture("ICO"), "ico"),
    "JPEG 2000": (picture("JPEG2000"), "jpeg-2000"),
    "JPEG 2000 code stream": (b"\xff\x4f\xff\x51\0\x29", "jpeg-2000"),
    "JPEG XL": (b"\0\0\0\x0cJXL \r\n\x87\n", "jpeg-xl"),
    "WAV": (b"RIFF\x24\0\0\0WAVEfmt ", "sound"),
    "AVI": (b"RIFF\x24\0\0\0AVI LIST", "video"),
    "RIFF cut after its mark": (b"RIFF", "video"),
    "Matroska": (b"\x1a\x45\xdf\xa3\x01\0\0\0", "video"),
    "MP3": (b"ID3\x04\0\0\0", "sound"),
    "Windows program": (b"MZ\x90\0\x03\0\0\0", "program"),
    "Windows program with a PDF header": (b"MZ" + bytes(100) + PDF, "program"),
    "Linux program": (b"\x7fELF\x02\x01\x01\0", "program"),
    "script": (b"#!/bin/sh\nrm -rf /\n", "program"),
    "PHP": (b"<?php system($_GET['c']);", "program"),
    "HTML": (HTML, "html"),
    "HTML after blank lines": (b"\xef\xbb\xbf\r\n \t" + HTML, "html"),
    "HTML in UTF-16": (HTML.decode().encode("utf-16"), "html"),
    "HTML in capitals": (b"<HTML><BODY>", "html"),
    "HTML that holds a PDF header": (HTML + PDF, "html"),
    "XHTML": (XML + HTML, "html"),
    "script tag": (b"<script>alert(1)</script>", "html"),
    "SVG": (SVG, "svg"),
    "SVG after an XML declaration": (XML + b"<!-- made by hand -->" + SVG, "svg"),
    "SVG after a comment": (b"<!-- made by hand -->\n" + SVG, "svg"),
    "XML": (XML + b"<ClinicalDocument/>", "xml"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "postscript"),
    "SQLite": (b"SQLite format 3\0" + bytes(20), "sqlite"),
    "CSV": ("número;apellido\r\n1;Peña\r\n".encode(), "text"),
    "text cut in the middle of a letter": (("x" * (HEAD_BYTES - 1) + "ñ").encode(), "text"),
    "text in Latin-1": (("Peña " * 20).encode("latin-1"), "unknown"),
    "zeros": (bytes(HEAD_BYTES), "zeros"),
    "noise": (b"\x9c\x01\x02\xfe" * 100, "unknown"),
    "one byte": (b"\xff", "unknown"),
    "PDF header too late": (b"\x9c" * (PDF_HEADER_WITHIN - 4) + PDF, "unknown"),
}


@pytest.mark.parametrize(("content", "kind"), (ACCEPTED | LISTS).values(), ids=ACCEPTED | LISTS)
def test_an_accepted_kind_is_known_by_its_content(content: bytes, kind: FileKind) -> None:
    assert sniff(content[:HEAD_BYTES]) is kind


@pytest.mark.parametrize(("content", "name"), REFUSED.values(), ids=REFUSED)
def test_another_kind_is_refused_by_its_name_with_what_is_accepted(content: bytes, name: str) -> None:
    with pytest.raises(FileRejected) as caught:
        sniff(content[:HEAD_BYTES])
    assert (caught.value.code, caught.value.status) == ("unsupported-kind", 422)
    assert caught.value.facts == {"looks_like": name, "accepted": list(FileKind)}
    assert (
        "accepted are JPEG, PNG, TIFF, WebP, DICOM and PDF, and lists of patients as CSV, TXT, "
        in caught.value.message
    )


@pytest.mark.parametrize(("content", "name", "kind"), NAMED.values(), ids=NAMED)
def test_only_text_with_the_name_of_a_list_is_one(content: bytes, name: str, kind: FileKind | None) -> None:
    if kind is None:
        with pytest.raises(FileRejected, match="accepted are"):
            sniff(content[:HEAD_BYTES], name)
    else:
        assert sniff(content[:HEAD_BYTES], name) is kind


@pytest.mark.parametrize("name", ["", "variants.vcf", "pacientes.csv"])
def test_variants_of_a_genome_are_refused_by_their_own_name(name: str) -> None:
    with pytest.raises(FileRejected, match="genome") as caught:
        sniff(b"##fileformat=VCFv4.3\n##source=x\n#CHROM\tPOS\n", name)
    assert caught.value.code == "genomic-vcf"


def test_an_empty_file_is_refused_as_empty() -> None:
    with pytest.raises(FileRejected, match="0 bytes") as caught:
        sniff(b"")
    assert caught.value.code == "empty-file"


MARKS = st.sampled_from([content for content, _ in (*ACCEPTED.values(), *LISTS.values(), *REFUSED.values())])
NOISE = st.binary(max_size=300)
DAMAGED = st.builds(lambda mark, cut, tail: mark[:cut] + tail, MARKS, st.integers(0, 300), NOISE)


@given(NOISE | DAMAGED, st.sampled_from(["", "a.csv", "a.jpg", "a.xls", "a.xlsx", "a.vcf"]))
def test_any_content_whatever_gets_a_kind_or_a_refusal(content: bytes, name: str) -> None:
    try:
        assert sniff(content, name) in FileKind
    except FileRejected as refusal:
        assert refusal.code in {"unsupported-kind", "empty-file", "genomic-vcf"}


@pytest.mark.parametrize(
    ("kind", "media_type", "extension", "is_image"),
    [
        (FileKind.JPEG, "image/jpeg", "jpg", True),
        (FileKind.PNG, "image/png", "png", True),
        (FileKind.TIFF, "image/tiff", "tif", True),
        (FileKind.WEBP, "image/webp", "webp", True),
        (FileKind.DICOM, "application/dicom", "dcm", True),
        (FileKind.PDF, "application/pdf", "pdf", False),
        (FileKind.CSV, "text/csv", "csv", False),
        (FileKind.VCARD, "text/vcard", "vcf", False),
        (FileKind.XLS, "application/vnd.ms-excel", "xls", False),
    ],
)
def test_a_kind_knows_how_the_world_calls_it(
    kind: FileKind, media_type: str, extension: str, *, is_image: bool
) -> None:
    assert (kind.media_type, kind.extension) == (media_type, extension)
    assert kind.is_image == is_image
    assert (kind.is_document, kind.is_list) == (kind is FileKind.PDF, kind in LIST_KINDS)
