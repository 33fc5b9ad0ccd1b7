"""The picture of a page has a sensible size before it is drawn, and is given up when it takes too long."""

from pathlib import Path

import pytest

from documents import preview
from documents.preview import fitted
from documents.text import examine
from tests import sample_documents as documents


@pytest.mark.parametrize(
    ("size_pt", "size_px"),
    [
        ((595.0, 842.0), (565, 800)),
        ((842.0, 595.0), (800, 565)),
        ((14400.0, 14400.0), (800, 800)),
        ((1.0, 14400.0), (1, 800)),
        ((0.5, 0.5), (800, 800)),
        ((0.0, 100.0), None),
        ((-3.0, 100.0), None),
        ((float("inf"), 100.0), None),
        ((float("nan"), 100.0), None),
    ],
)
def test_the_longer_side_decides(size_pt: tuple[float, float], size_px: tuple[int, int] | None) -> None:
    assert fitted(size_pt, 800) == size_px


def test_a_page_that_takes_too_long_is_kept_without_its_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(preview, "DRAWING_SECONDS", 0.0)
    lines = b"0 0 m 600 700 l S " * 5_000
    path = tmp_path / "staged"
    path.write_bytes(documents.pdf_page(documents.pdf_stream(lines)))
    variants: list[preview.Wanted] = [{"name": "preview", "side_px": 400}]
    found = examine(path=str(path), scratch=str(tmp_path), max_pages=1, max_text_chars=9, variants=variants)
    assert (found["page_count"], found["variants"], found["warnings"]) == (1, [], ["no-preview"])
