"""Opens a PDF in the sandboxed child, with an end to the memory that its reader may take."""

import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from documents import errors

MAX_READER_BYTES = 416 << 20
"""What pdfium may take beside the warm process. It aborts when memory ends, so the end has to come early."""

_NEEDS_PASSWORD = {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
# control characters, what pdfium puts where a word was hyphenated, halves of surrogate pairs, non-characters
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The document with its forms, closed afterwards. Raises FileRejected "pdf-damaged", "pdf-encrypted"."""
    with memory_within(MAX_READER_BYTES):
        handle = raw.FPDF_LoadDocument(os.fsencode(path), None)
        if not handle:
            raise errors.encrypted() if raw.FPDF_GetLastError() in _NEEDS_PASSWORD else errors.damaged()
        with pypdfium2.PdfDocument(handle) as document:
            document.init_forms()  # else what was typed into a form is not drawn
            yield document


def tidied(text: str) -> str:
    """Lines end with a line feed; a word that was hyphenated at a line's end is whole again."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@contextmanager
def memory_within(extra_bytes: int) -> Iterator[None]:
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
