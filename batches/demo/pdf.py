"""A letter as a small PDF with a text layer, written by hand so that the demonstration needs no PDF
library.
"""

_PAGE = (
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
    "/Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>"
)
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_FIRST_PAGE_OBJECT = 4


def letter(pages: list[list[str]]) -> bytes:
    """A4 pages of Helvetica; each page is a list of lines, the first of them large. Text is Windows-1252."""
    numbers = [_FIRST_PAGE_OBJECT + 2 * index for index in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _FONT.encode(),
    ]
    for number, lines in zip(numbers, pages, strict=True):
        stream = _content(lines)
        objects += [
            _PAGE.format(number + 1).encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        ]
    return _file(objects)


def _content(lines: list[str]) -> bytes:
    rows = [
        f"BT /F1 {20 if i == 0 else 11} Tf 60 {780 - 22 * i} Td ({_escaped(line)}) Tj ET"
        for i, line in enumerate(lines)
    ]
    return "\n".join(rows).encode("cp1252", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: list[bytes]) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, trailer)
