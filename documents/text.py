"""Step 6 of the road for documents, in the sandboxed child: the text of all pages, a picture of the first."""

from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pypdfium2
from pypdfium2 import raw

from documents import errors
from documents.active import active_parts
from documents.fields import values_on
from documents.pdf import MAX_READER_BYTES, memory_within, opened, tidied
from documents.preview import Made, Wanted, draw, write_variants
from documents.streams import check_streams

LARGEST_SIDE_PT = 14_400
"""The longest side that a page may have by ISO 32000-1, annex C: five metres."""

_END_WITHIN_BYTES = 2048
# A page with fewer characters than these is a scan with a stamp on it, if a picture covers most of it.
_FEW_CHARS, _MOST_OF_IT = 40, 0.6
_OBJECTS_LOOKED_AT = 50


class Examined(TypedDict):
    """What `examine` tells. Width and height are those of the first page as shown, in points (1/72 inch).

    `scanned` are the numbers (from 1) of the pages that show something and have no text of their own.
    """

    page_count: int
    pages: list[str]
    scanned: list[int]
    has_text: bool
    width_pt: float
    height_pt: float
    variants: list[Made]
    warnings: list[str]


class _Page(NamedTuple):
    """One page as read: its text up to the limit, how much it has, and what is odd about it."""

    text: str = ""
    chars: int = 0
    is_scan: bool = False
    is_huge: bool = False
    is_unreadable: bool = False


def examine(
    *, path: str, scratch: str, max_pages: int, max_text_chars: int, variants: Sequence[Wanted]
) -> Examined:
    """Read the text of all pages, and write pictures of the first into the directory `scratch`.

    Text beyond `max_text_chars` over all pages is left out with the warning "text-cut". Nothing active in the
    document is ever run; that it is there becomes a warning. Raises FileRejected "pdf-damaged",
    "pdf-encrypted", "pdf-draws-itself", "pdf-empty", "too-many-pages", "too-much-memory"; a document that
    needs more memory than `MAX_READER_BYTES` makes pdfium abort the process.
    """
    warnings = _look_over(Path(path))
    with opened(Path(path)) as document:
        page_count = len(document)
        if page_count < 1:
            raise errors.empty()
        if page_count > max_pages:
            raise errors.too_many_pages(page_count, max_pages)
        pages = _read_pages(document, page_count, max_text_chars)
        (width, height), made = _draw_first(document, variants, Path(scratch))
    odd = _oddities(pages, max_text_chars, is_undrawn=bool(variants) and not made)
    return Examined(
        page_count=page_count,
        pages=[page.text for page in pages],
        scanned=[number for number, page in enumerate(pages, start=1) if page.is_scan],
        has_text=any(page.text.strip() for page in pages),
        width_pt=width,
        height_pt=height,
        variants=made,
        warnings=[*warnings, *odd],
    )


def _look_over(path: Path) -> list[str]:
    """Judge the bytes as they lie there, then their structure, before a reader follows what they say."""
    if not path.stat().st_size:
        raise errors.damaged()  # and nothing to map
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        check_streams(data)
        has_end = data.rfind(b"%%EOF", max(0, len(data) - _END_WITHIN_BYTES)) >= 0
    with memory_within(MAX_READER_BYTES):
        warnings = active_parts(path)
    return warnings if has_end else [*warnings, "end-missing"]


def _read_pages(document: Any, page_count: int, max_text_chars: int) -> list[_Page]:
    """Every page, in order; one that does not load is empty, and not one of them may load for a refusal."""
    pages: list[_Page] = []
    left = max_text_chars
    for number in range(page_count):
        pages.append(_read_page(document, number, left))
        left -= pages[-1].chars
    if all(page.is_unreadable for page in pages):
        raise errors.damaged()
    return pages


def _read_page(document: Any, number: int, most: int) -> _Page:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return _Page(is_unreadable=True)
    try:
        text_page = page.get_textpage()
        count = text_page.count_chars()
        text = text_page.get_text_range(0, min(count, most)) if count and most > 0 else ""
        text_page.close()
        is_huge = max(page.get_size()) >= LARGEST_SIDE_PT
        # What the limit has left out is text all the same.
        letters = count if count > most else len("".join(text.split()))
        filled_in = "\n".join(values_on(page))
        whole = "\n".join(filter(None, (text, filled_in)))[: max(most, 0)]
        return _Page(tidied(whole), count + len(filled_in), _is_scan(page, letters), is_huge)
    except pypdfium2.PdfiumError:
        return _Page(is_unreadable=True)
    finally:
        page.close()


def _is_scan(page: Any, letters: int) -> bool:
    """Is there something to see on the page, and no text that says it?

    A page without any text counts when anything is drawn on it, one with a stamp or a fax line on it when a
    picture covers most of it.
    """
    if letters >= _FEW_CHARS:
        return False
    if letters == 0:
        return bool(raw.FPDFPage_CountObjects(page) > 0)
    return _share_of_pictures(page) >= _MOST_OF_IT


def _share_of_pictures(page: Any) -> float:
    """How much of the page its largest picture covers, 0 to 1."""
    width, height = page.get_size()
    shares = [0.0]
    for number in range(min(raw.FPDFPage_CountObjects(page), _OBJECTS_LOOKED_AT)):
        each = pypdfium2.PdfObject(raw.FPDFPage_GetObject(page, number), page=page, pdf=page.pdf)
        if each.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = each.get_bounds()
            shares.append((right - left) * (top - bottom) / (width * height or 1))
    return max(shares)


def _oddities(pages: Sequence[_Page], max_text_chars: int, *, is_undrawn: bool) -> list[str]:
    """Warning codes of what was odd about the pages."""
    codes = {
        "page-unreadable": any(page.is_unreadable for page in pages),
        "page-huge": any(page.is_huge for page in pages),
        "text-cut": sum(page.chars for page in pages) > max_text_chars,
        "no-preview": is_undrawn,
    }
    return [code for code, applies in codes.items() if applies]


def _draw_first(
    document: Any, variants: Sequence[Wanted], scratch: Path
) -> tuple[tuple[float, float], list[Made]]:
    """Size of the first page in points, and its pictures: none if it cannot be drawn in reasonable time."""
    try:
        page = document[0]
    except pypdfium2.PdfiumError:
        return (0.0, 0.0), []
    try:
        width, height = page.get_size()
        picture = draw(page, max(wanted["side_px"] for wanted in variants)) if variants else None
    finally:
        page.close()
    made = write_variants(picture, variants, scratch) if picture else []
    return (round(width, 2), round(height, 2)), made
