"""Step 6 of the road for documents, in the sandboxed child: the text of all pages, a picture of the first."""

import os
import re
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, TypedDict

import pypdfium2
from pypdfium2 import raw

from documents import errors
from documents.preview import Made, Wanted, draw, write_variants
from documents.streams import check_streams

MAX_READER_BYTES = 416 << 20
"""What pdfium may take beside the warm process. It aborts when memory ends, so the end has to come early."""

_NEEDS_PASSWORD = {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
_END_WITHIN_BYTES = 2048
_ACTIVE = {
    "has-javascript": re.compile(rb"/JavaScript\b"),
    "has-launch-action": re.compile(rb"/Launch\b"),
    "has-attachments": re.compile(rb"/EmbeddedFiles?\b"),
}
# control characters, what pdfium puts where a word was hyphenated, halves of surrogate pairs, non-characters
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Examined(TypedDict):
    """What `examine` tells. Width and height are those of the first page as shown, in points (1/72 inch)."""

    page_count: int
    pages: list[str]
    has_text: bool
    width_pt: float
    height_pt: float
    variants: list[Made]
    warnings: list[str]


def examine(
    *, path: str, scratch: str, max_pages: int, max_text_chars: int, variants: Sequence[Wanted]
) -> Examined:
    """Read the text of all pages, and write pictures of the first into the directory `scratch`.

    Text beyond `max_text_chars` over all pages is left out with the warning "text-cut". Nothing active in the
    document is ever run; that it is there becomes a warning. Raises FileRejected "pdf-damaged",
    "pdf-encrypted", "pdf-empty", "too-many-pages", "too-much-memory"; a document that needs more memory than
    `MAX_READER_BYTES` makes pdfium abort the process.
    """
    warnings = _look_over(Path(path))
    with _memory_within(MAX_READER_BYTES), _opened(Path(path)) as document:
        page_count = len(document)
        if page_count < 1:
            raise errors.empty()
        if page_count > max_pages:
            raise errors.too_many_pages(page_count, max_pages)
        pages, odd_pages = _read_pages(document, page_count, max_text_chars)
        (width, height), made = _draw_first(document, variants, Path(scratch))
    if variants and not made:
        odd_pages.append("no-preview")
    return Examined(
        page_count=page_count,
        pages=pages,
        has_text=any(page.strip() for page in pages),
        width_pt=width,
        height_pt=height,
        variants=made,
        warnings=[*warnings, *odd_pages],
    )


def _look_over(path: Path) -> list[str]:
    """Judge the bytes as they lie there, before a reader follows what they say."""
    if not path.stat().st_size:
        raise errors.damaged()  # and nothing to map
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        check_streams(data)
        warnings = [code for code, marker in _ACTIVE.items() if marker.search(data)]
        if data.rfind(b"%%EOF", max(0, len(data) - _END_WITHIN_BYTES)) < 0:
            warnings.append("end-missing")
    return warnings


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The document with its forms, closed afterwards."""
    handle = raw.FPDF_LoadDocument(os.fsencode(path), None)
    if not handle:
        raise errors.encrypted() if raw.FPDF_GetLastError() in _NEEDS_PASSWORD else errors.damaged()
    with pypdfium2.PdfDocument(handle) as document:
        document.init_forms()  # else what was typed into a form is not drawn
        yield document


def _read_pages(document: Any, page_count: int, max_text_chars: int) -> tuple[list[str], list[str]]:
    """The text of each page, "" for one that does not load, and warning codes."""
    texts: list[str] = []
    unreadable, left = 0, max_text_chars
    for number in range(page_count):
        try:
            text, wanted = _read_page(document, number, left)
        except pypdfium2.PdfiumError:
            text, wanted, unreadable = "", 0, unreadable + 1
        left -= wanted
        texts.append(text)
    if unreadable == page_count:
        raise errors.damaged()
    codes = {"page-unreadable": unreadable > 0, "text-cut": left < 0}
    return texts, [code for code, applies in codes.items() if applies]


def _read_page(document: Any, number: int, most: int) -> tuple[str, int]:
    """Up to `most` characters of a page, and how many it has."""
    page = document[number]
    try:
        text_page = page.get_textpage()
        count = text_page.count_chars()
        text = text_page.get_text_range(0, min(count, most)) if count and most > 0 else ""
        text_page.close()
    finally:
        page.close()
    return _tidied(text), count


def _tidied(text: str) -> str:
    """Lines end with a line feed; a word that was hyphenated at a line's end is whole again."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


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


@contextmanager
def _memory_within(extra_bytes: int) -> Iterator[None]:
    """Cap this process at the address space it has now and `extra_bytes` more, where the system can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        yield
        return
    set_before = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    lowest = min([in_use + extra_bytes, *set_before])
    resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
