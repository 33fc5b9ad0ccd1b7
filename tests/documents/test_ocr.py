"""A scanned page is read with its accents; what cannot be read, or takes too long, says so by a code."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from documents import ocr
from files.errors import FileRejected
from tests import sample_documents as documents

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def read(data: bytes, place: Path, **changed: Any) -> ocr.Recognised:
    path = place / "staged"
    path.write_bytes(data)
    program = shutil.which("tesseract")
    assert program, "the suite needs tesseract: python -m tests.services --install"
    usual: dict[str, Any] = {"number": 1, "languages": ["spa", "eng"], "seconds": 30.0, "dpi": 200}
    return ocr.read_page(**{"path": str(path), "scratch": str(place), "program": program, **usual, **changed})


def test_a_spanish_page_is_read_with_its_accents(tmp_path: Path) -> None:
    found = read(documents.pdf_of_scans("María Muñoz\nhipertensión arterial y diabetes"), tmp_path)
    assert "María Muñoz" in found["text"]
    assert "hipertensión arterial y diabetes" in found["text"]
    assert found["confidence"] is not None
    assert found["confidence"] > 75
    assert not list(tmp_path.glob("*.pgm")), "the drawing of a patient's page outlives nothing"


def test_a_blank_page_is_no_work_for_anybody(tmp_path: Path) -> None:
    found = read(documents.pdf(""), tmp_path, program="/nowhere/tesseract")
    assert found == {"text": "", "confidence": None}


def test_a_page_with_something_on_it_and_no_word_is_no_blank_page(tmp_path: Path) -> None:
    found = read(documents.pdf_of_handwriting(), tmp_path)
    assert found == {"text": "", "confidence": 0.0}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": 9}, "page-unreadable"),
        ({"seconds": 0.001}, "page-took-too-long"),
        ({"languages": ["klingon"]}, "page-not-recognised"),
    ],
)
def test_what_cannot_be_read_says_why(changed: dict[str, Any], code: str, tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as caught:
        read(documents.pdf_of_scans("Nota de la consulta"), tmp_path, **changed)
    assert caught.value.code == code


def test_words_become_lines_and_their_certainty_is_weighed_by_length() -> None:
    table = "\n".join([
        HEAD,
        "1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t",
        "5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90\tsangre",
        "5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t30\t0\"",
        "5\t1\t1\t1\t2\t1\t0\t0\t9\t9\t90\tagua",
        "5\t1\t2\t1\t1\t1\t0\t0\t9\t9\t90\tsal",
        "5\t1\t2\t1\t1\t2\t0\t0\t9\t9\t95\t ",
    ])  # fmt: skip
    found = ocr.recognised_in(table)
    assert found["text"] == 'sangre 0"\nagua\n\nsal'
    assert found["confidence"] == pytest.approx(82.0)
