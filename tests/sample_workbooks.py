"""Workbooks for tests, made in code: XLSX by its writer, ODS and XLS from their parts, sound and hostile."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

DIFFERENT_FORMATS: Mapping[str, str] = {"zeros": "0000000", "dashes": "0000-000", "day": "dd/mm/yyyy"}
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
SECTOR = 512


def xlsx(rows: Iterable[Sequence[Any]], **sheets: Iterable[Sequence[Any]]) -> bytes:
    """A workbook with a first sheet of `rows`, and more by name; a cell is a value, or (value, format)."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        formats = {name: book.add_format({"num_format": code}) for name, code in DIFFERENT_FORMATS.items()}
        for name, lines in {"Pacientes": rows, **sheets}.items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(lines):
                for column, cell in enumerate(cells):
                    value, form = cell if isinstance(cell, tuple) else (cell, "")
                    _put(sheet, line, column, value, formats.get(form))
    return buffer.getvalue()


def _put(sheet: Any, line: int, column: int, value: Any, form: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(line, column, value, form)
    elif isinstance(value, str):
        sheet.write_string(line, column, value, form)
    elif value is not None:
        sheet.write(line, column, value, form)


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return buffer.getvalue()


def bare_xlsx(sheet: str | bytes, **parts: str | bytes) -> bytes:
    """The least that is a workbook, around the XML of one sheet's `sheetData`."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    given = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{kinds}"><sheets>'
        '<sheet name="Uno" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships><Relationship "
        f'Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet
        if isinstance(sheet, bytes)
        else f"<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>",
    }
    return package(
        given | {name.replace("__", "/").replace("_xml", ".xml"): part for name, part in parts.items()}
    )


def ods(rows: str, **parts: str | bytes) -> bytes:
    """An OpenDocument workbook around the XML of one table's rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Hoja1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("mimetype", ODS_TYPE)
        made.writestr("content.xml", parts.get("content", content))
        if "manifest" in parts:
            made.writestr("META-INF/manifest.xml", parts["manifest"])
    return buffer.getvalue()


def ods_rows(rows: Iterable[Sequence[str]]) -> str:
    """The XML of rows of text."""
    return "".join(f"<table:table-row>{''.join(map(ods_text, cells))}</table:table-row>" for cells in rows)


def ods_text(text: str) -> str:
    """The XML of a cell of text."""
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


# --- XLS: records (MS-XLS 2.4) in a compound file (MS-CFB)


def record(kind: int, data: bytes = b"") -> bytes:
    """One record of a workbook's stream."""
    return struct.pack("<HH", kind, len(data)) + data


def text_of(text: str) -> bytes:
    """A text with its length in two bytes, and two bytes a letter."""
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def label(row: int, column: int, text: str, style: int = 0) -> bytes:
    """A cell of text."""
    return record(0x204, struct.pack("<HHH", row, column, style) + text_of(text))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A cell with a number."""
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def error(row: int, column: int, code: int) -> bytes:
    """A cell with an error."""
    return record(0x205, struct.pack("<HHHBB", row, column, 0, code, 1))


BOF = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
EOF = record(0x0A)


def xls(*cells: bytes, formats: Sequence[str] = (), before: bytes = b"", **streams: bytes) -> bytes:
    """An old workbook of one sheet; style 0 is plain, the others are `formats` in order."""
    codes = b"".join(
        record(0x41E, struct.pack("<H", 164 + at) + text_of(code)) for at, code in enumerate(formats)
    )
    styles = b"".join(
        record(0xE0, struct.pack("<HH", 0, number) + bytes(16))
        for number in (0, *range(164, 164 + len(formats)))
    )
    sheet_name = struct.pack("<BB", 5, 0) + b"Hoja1"
    globals_without_place = len(BOF + before + codes + styles + EOF) + 4 + 6 + len(sheet_name)
    place = record(0x85, struct.pack("<IH", globals_without_place, 0) + sheet_name)
    stream = BOF + before + codes + styles + place + EOF + BOF + b"".join(cells) + EOF
    return compound({"Workbook": stream} | streams)


def compound(streams: Mapping[str, bytes], *, chains: Mapping[int, int] | None = None) -> bytes:
    """A compound file of these streams; `chains` are lies in its table of allocation."""
    table: list[int] = [0xFFFFFFFD]
    sectors = b""
    entries = _entry("Root Entry", 5, 0xFFFFFFFE, 0)
    for name, content in streams.items():
        padded = content.ljust(max(4096, -(-len(content) // SECTOR) * SECTOR), b"\0")
        start, count = len(table), len(padded) // SECTOR
        table += [*range(start + 1, start + count), 0xFFFFFFFE]
        sectors += padded
        entries += _entry(name, 2, start, max(len(content), 4096))
    directory = len(table)
    entries = entries.ljust(-(-len(entries) // SECTOR) * SECTOR, b"\0")
    count = len(entries) // SECTOR
    table += [*range(directory + 1, directory + count), 0xFFFFFFFE]
    for at, lie in (chains or {}).items():
        table[at] = lie
    assert len(table) <= SECTOR // 4, "one sector of the table is enough for a test"
    fat = struct.pack(f"<{SECTOR // 4}I", *table, *[0xFFFFFFFF] * (SECTOR // 4 - len(table)))
    return _header(directory) + fat + sectors + entries


def _header(directory: int) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIII", 0, 1, directory, 0, 4096)
    head += struct.pack("<IIII", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return head + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le") + b"\0\0"
    head = letters.ljust(64, b"\0") + struct.pack("<HBB", len(letters), kind, 1)
    return head + struct.pack("<III", *[0xFFFFFFFF] * 3) + bytes(36) + struct.pack("<IQ", start, size)


def written(folder: Path, content: bytes, name: str = "list") -> Path:
    """The content in a file."""
    path = folder / name
    path.write_bytes(content)
    return path


def stored(content: bytes) -> bytes:
    """The same package with its parts as they are, not packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(buffer, "w") as made:
        for name in packed.namelist():
            made.writestr(name, packed.read(name))
    return buffer.getvalue()


def long_xls(stream: bytes) -> bytes:
    """An old workbook of any length: its table of allocation takes as many sectors as it needs."""
    sectors = -(-len(stream) // SECTOR)
    tables = -(-(sectors + 200) // (SECTOR // 4 - 1))
    assert tables <= 109
    first = tables
    chain = [0xFFFFFFFD] * tables + [*range(first + 1, first + sectors), 0xFFFFFFFE, 0xFFFFFFFE]
    fat = struct.pack(
        f"<{tables * SECTOR // 4}I", *chain, *[0xFFFFFFFF] * (tables * SECTOR // 4 - len(chain))
    )
    entries = _entry("Root Entry", 5, 0xFFFFFFFE, 0) + _entry("Workbook", 2, first, len(stream))
    head = bytearray(_header(first + sectors))
    struct.pack_into("<I", head, 44, tables)
    struct.pack_into(f"<{tables}I", head, 76, *range(tables))
    return bytes(head) + fat + stream.ljust(sectors * SECTOR, b"\0") + entries.ljust(SECTOR, b"\0")
