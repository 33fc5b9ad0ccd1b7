"""The refusals of step 6 for documents: what is wrong with a PDF, in kind sentences."""

from files.errors import FileRejected

ENCRYPTED = "pdf-encrypted"
"""The refusal that a password takes back."""

_MIB = 1024 * 1024


def damaged() -> FileRejected:
    """The bytes are no PDF that can be repaired."""
    return FileRejected(
        "pdf-damaged",
        "This PDF is damaged and cannot be opened; it was probably cut off while it was copied. "
        "Please send another copy, or print it to a new PDF and send that.",
    )


def encrypted() -> FileRejected:
    """A password is needed to read it (one that is only needed to change it does not matter)."""
    return FileRejected(
        ENCRYPTED,
        "This PDF asks for a password. Enter it here and the file goes on, or send a copy without one.",
    )


def draws_itself() -> FileRejected:
    """A drawing that contains itself: whoever follows it never comes to an end."""
    return FileRejected(
        "pdf-draws-itself",
        "A drawing in this PDF contains itself, without an end, so its pages cannot be read safely. Print it "
        "to a new PDF with the program that made it and send that, or scan the paper.",
    )


def empty() -> FileRejected:
    """A PDF without a single page."""
    return FileRejected("pdf-empty", "This PDF has no pages. Please check the original and send it again.")


def too_many_pages(pages: int, limit: int) -> FileRejected:
    """More pages than one document may have."""
    return FileRejected(
        "too-many-pages",
        f"This PDF has {pages:,} pages; the limit is {limit:,}. Please split it into several files.",
        pages=pages,
        limit=limit,
    )


def too_much_memory(limit: int) -> FileRejected:
    """Something in it unpacks to more than `limit` bytes."""
    return FileRejected(
        "too-much-memory",
        f"A part of this PDF unpacks to more than {limit // _MIB:,} MiB, which no page needs. "
        "Please print it to a new PDF and send that.",
        limit=limit,
    )


def wrong_password() -> FileRejected:
    """It does not open with what somebody has entered."""
    return FileRejected(
        "wrong-password",
        "This password does not open the PDF. Check capitals and the keyboard, and enter it again.",
    )


def not_locked() -> FileRejected:
    """A password was entered for a PDF that opens without one."""
    return FileRejected("not-encrypted", "This PDF opens without a password. Retry it instead.", status=409)


def page_unreadable() -> FileRejected:
    """The page does not load, or has no sensible size."""
    return FileRejected("page-unreadable", "This page cannot be drawn, so nothing can be recognised on it.")


def page_took_too_long(seconds: float) -> FileRejected:
    """Recognising the page took longer than one page may."""
    return FileRejected(
        "page-took-too-long",
        f"Recognising this page took longer than {seconds:g} seconds. Scan it again, in black and white.",
        limit_seconds=seconds,
    )


def page_not_recognised(exit_code: int) -> FileRejected:
    """Tesseract has given up."""
    return FileRejected(
        "page-not-recognised",
        "The text recognition gave this page up. Scan it again, straight and evenly lit.",
        exit_code=exit_code,
    )


def scan_unreadable(number: int, *, name: str = "") -> FileRejected:
    """One of the pictures of a folder is no picture that can be read whole; `name` where it is known."""
    return FileRejected(
        "scan-unreadable",
        f"{name or f'Picture {number} of this folder'} cannot be read, so the folder did not become one "
        "document. "
        "Scan that page again and send the folder once more.",
        number=number,
    )


def scan_too_large(pixels: int, limit: int) -> FileRejected:
    """A picture with more dots than a page may have."""
    return FileRejected(
        "too-many-pixels",
        f"A picture of this folder has {pixels:,} pixels; the limit is {limit:,}. Scan it at 300 dpi.",
        pixels=pixels,
        limit=limit,
    )
