"""What could act in a PDF is found wherever it is hidden, named by its code, and never run."""

from pathlib import Path

import pytest

from documents.active import active_parts
from tests import sample_documents as documents

PAGE = documents.pdf_stream(b"0 0 9 9 re f")
CATALOG = b"<< /Type /Catalog /Pages 2 0 R %s >>"
ACTIVE = [
    (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", ["has-javascript"]),
    (b"/OpenAction << /S /J#61vaScript /J#53 (x) >>", ["has-javascript"]),
    (b"/Names << /JavaScript << /Names [] >> >>", ["has-javascript"]),
    (b"/OpenAction << /S /Launch /F (calc.exe) >>", ["has-launch-action"]),
    (b"/OpenAction << /S /GoTo /Next [ << /S /Launch /F (x) >> ] >>", ["has-launch-action"]),
    (b"/Names << /EmbeddedFiles << >> >>", ["has-attachments"]),
    (b"/AcroForm << /Fields [] /XFA [ (template) 4 0 R ] >>", ["has-xfa"]),
    (b"/AA << /WC << /S /SubmitForm /F (http://198.51.100.1/) >> >>", ["has-remote-action"]),
    (b"/AA << /O << /JS (x) >> >> /Names << /EmbeddedFiles << >> >>", ["has-javascript", "has-attachments"]),
    (b"/Lang (a word about /JavaScript and /Launch)", []),
    (b"/OpenAction [ 3 0 R /Fit ]", []),
]  # fmt: skip


def with_catalog(entry: bytes) -> bytes:
    objects = {
        1: CATALOG % entry,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << >> >>",
        4: PAGE,
    }
    return documents.pdf_of_objects(objects)


def codes(data: bytes, place: Path) -> list[str]:
    path = place / "staged"
    path.write_bytes(data)
    return active_parts(path)


@pytest.mark.parametrize(("entry", "expected"), ACTIVE)
def test_what_could_act_is_found(entry: bytes, expected: list[str], tmp_path: Path) -> None:
    assert codes(with_catalog(entry), tmp_path) == expected


@pytest.mark.parametrize(("entry", "expected"), ACTIVE)
def test_it_is_found_inside_compressed_objects_too(entry: bytes, expected: list[str], tmp_path: Path) -> None:
    hidden = documents.with_objects_hidden(with_catalog(entry))
    assert b"/JavaScript" not in hidden
    assert b"/Launch" not in hidden
    assert codes(hidden, tmp_path) == expected


def test_in_a_file_whose_structure_is_lost_plain_words_count(tmp_path: Path) -> None:
    assert codes(b"%PDF-1.7 junk /S /Launch /F (x) and no objects", tmp_path) == ["has-launch-action"]
