"""Reads one scanned page, in the sandboxed child: pdfium draws it in grey, tesseract says what it says."""

import csv
import io
import math
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pypdfium2
from PIL import Image

from documents import errors
from documents.ink import has_ink
from documents.pdf import opened, tidied
from documents.preview import draw_grey

LARGEST_SIDE_PX = 5_000
"""A page is drawn at the resolution that is asked for, but never larger than this: 25 megapixels of grey."""

_POINTS_PER_INCH = 72
_WORD_LEVEL = "5"  # of tesseract's table: page, block, paragraph, line, word
_BLANK_SPREAD = 8  # grey levels between the darkest and the lightest dot of a page with nothing on it
_LANGUAGE_OF_ORIENTATION = "osd"


class Recognised(TypedDict):
    """What stands on a page; `confidence` is the mean of its words by their length, 0 to 100.

    0 where something stands there and no word of it was recognised, None where nothing does.
    """

    text: str
    confidence: float | None


def read_page(
    *, path: str, scratch: str, number: int, program: str, languages: Sequence[str], seconds: float, dpi: int
) -> Recognised:
    """Recognise page `number` (from 1) of the PDF at `path` with the tesseract at `program`.

    `scratch` takes the drawing of the page. Raises FileRejected "page-unreadable" for a page that cannot be
    drawn, "page-took-too-long" after `seconds`, "page-not-recognised" where tesseract gives up.
    """
    picture = _drawn(Path(path), number, dpi)
    darkest, lightest = picture.getextrema()
    if lightest - darkest < _BLANK_SPREAD:  # type: ignore[operator]
        return Recognised(text="", confidence=None)
    drawing = Path(scratch) / f"page-{number}.pgm"
    picture.save(drawing, "PPM")
    try:
        found = recognised_in(_run(program, drawing, languages, seconds, dpi))
    finally:
        drawing.unlink(missing_ok=True)
    is_unread = found["confidence"] is None and has_ink(picture, dpi)
    return Recognised(text="", confidence=0.0) if is_unread else found


def recognised_in(table: str) -> Recognised:
    """Text and confidence from tesseract's table of words (TSV): lines as printed, blocks apart."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [row for row in rows if row["level"] == _WORD_LEVEL and (row["text"] or "").strip()]
    letters = sum(len(row["text"]) for row in words)
    if not letters:
        return Recognised(text="", confidence=None)
    mean = sum(float(row["conf"]) * len(row["text"]) for row in words) / letters
    return Recognised(text=tidied("\n".join(_lines(words))), confidence=round(mean, 1))


def _lines(words: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The words of each line; an empty one between paragraphs."""
    line: list[str] = []
    place: tuple[str, ...] = ()
    for row in words:
        here = row["block_num"], row["par_num"], row["line_num"]
        if line and here != place:
            yield " ".join(line)
            line = []
            if here[:2] != place[:2]:
                yield ""
        line.append(row["text"])
        place = here
    yield " ".join(line)


def _drawn(path: Path, number: int, dpi: int) -> Image.Image:
    with opened(path) as document:
        try:
            page = document[number - 1]
        except (pypdfium2.PdfiumError, IndexError) as error:
            raise errors.page_unreadable() from error
        try:
            longer = max(page.get_size())
            wanted = longer * dpi / _POINTS_PER_INCH
            side_px = round(min(wanted, LARGEST_SIDE_PX)) if math.isfinite(wanted) else LARGEST_SIDE_PX
            picture = draw_grey(page, max(side_px, 1))
        finally:
            page.close()
    if picture is None:
        raise errors.page_unreadable()
    return picture


def _run(program: str, drawing: Path, languages: Sequence[str], seconds: float, dpi: int) -> str:
    """Tesseract's table of words. It is a process of its own within our walls, and ends with us."""
    turns = ["--psm", "1"] if _LANGUAGE_OF_ORIENTATION in languages else []
    spoken = "+".join(language for language in languages if language != _LANGUAGE_OF_ORIENTATION)
    command = [program, str(drawing), "stdout", "-l", spoken, "--dpi", str(dpi), *turns, "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - a path that the operator's PATH gave, and words of our own
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as late:
        raise errors.page_took_too_long(seconds) from late
    if done.returncode:
        raise errors.page_not_recognised(done.returncode)
    return done.stdout.decode("utf-8", "replace")
