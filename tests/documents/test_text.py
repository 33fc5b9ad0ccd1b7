"""A PDF gives its text page by page and a picture of its first page; what is none, or a trap, is refused."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from documents.text import Examined, examine
from files.errors import FileRejected
from tests import sample_documents as documents
from tests.samples import cut

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = [{"name": "thumbnail", "side_px": 60}, {"name": "preview", "side_px": 400}]
LETTER = documents.pdf("María Muñoz\nhiper-\ntensión arterial", "", "Seite 3")


def look(data: bytes, place: Path, **changed: Any) -> Examined:
    path = place / "staged"
    path.write_bytes(data)
    usual = {"path": str(path), "scratch": str(place), "variants": VARIANTS}
    limits = {"max_pages": 20, "max_text_chars": 10_000}
    arguments: dict[str, Any] = {**usual, **limits, **changed}
    return examine(**arguments)


def refusal(data: bytes, place: Path, **changed: Any) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        look(data, place, **changed)
    return caught.value


def darkest(path: Path) -> int:
    with Image.open(path) as picture:
        return int(picture.convert("L").getextrema()[0])  # type: ignore[arg-type]


def test_the_text_comes_page_by_page_with_whole_words(tmp_path: Path) -> None:
    found = look(LETTER, tmp_path)
    assert found["page_count"] == 3
    assert found["pages"] == ["María Muñoz\nhipertensión arterial", "", "Seite 3"]
    assert found["has_text"]
    assert found["warnings"] == []


def test_the_first_page_is_drawn_in_all_sizes(tmp_path: Path) -> None:
    found = look(LETTER, tmp_path)
    assert (found["width_pt"], found["height_pt"]) == (595.0, 842.0)
    assert [(made["width"], made["height"]) for made in found["variants"]] == [(42, 60), (283, 400)]
    for made in found["variants"]:
        written = tmp_path / made["file"]
        assert written.stat().st_size == made["size"]
        with Image.open(written) as picture:
            assert (picture.format, picture.size) == ("JPEG", (made["width"], made["height"]))
    assert darkest(tmp_path / "preview.jpg") < 128


def test_a_scan_has_no_text_but_a_picture_in_its_colours(tmp_path: Path) -> None:
    found = look(documents.pdf_of_scan(), tmp_path)
    assert (found["pages"], found["has_text"]) == ([""], False)
    with Image.open(tmp_path / "preview.jpg") as picture:
        red, green, blue = picture.getpixel((10, 10))  # type: ignore[misc]
    assert red > 150
    assert max(green, blue) < 60


def test_what_was_typed_into_a_form_is_drawn_and_is_text(tmp_path: Path) -> None:
    found = look(documents.pdf_form(), tmp_path)
    assert darkest(tmp_path / "preview.jpg") < 128
    assert (found["pages"], found["has_text"], found["scanned"]) == (["PENICILLIN"], True, [])


def test_fields_stand_behind_the_text_of_their_page_and_hidden_ones_nowhere(tmp_path: Path) -> None:
    found = look(documents.pdf_of_fields(), tmp_path)
    assert found["pages"] == ["Allergies and blood group\nPENICILLIN\nAB positive", "second page"]
    cut_short = look(documents.pdf_of_fields(), tmp_path, max_text_chars=30)
    assert cut_short["pages"] == ["Allergies and blood group\nPENI", ""]
    assert cut_short["warnings"] == ["text-cut"]


def test_a_lock_against_printing_does_not_keep_it_from_the_chart(tmp_path: Path) -> None:
    assert look(documents.pdf_locked_against_printing(), tmp_path)["pages"] == ["readable"]


def test_without_variants_only_the_text_is_read(tmp_path: Path) -> None:
    found = look(LETTER, tmp_path, variants=[])
    assert (found["variants"], found["warnings"]) == ([], [])


@pytest.mark.parametrize(
    ("limit", "lengths", "warnings"),
    [
        (10_000, [33, 0, 7], []),
        (38, [33, 0, 3], ["text-cut"]),
        (5, [5, 0, 0], ["text-cut"]),
        (0, [0, 0, 0], ["text-cut"]),
    ],
)  # fmt: skip
def test_text_beyond_the_limit_is_left_out_and_said_so(
    limit: int, lengths: list[int], warnings: list[str], tmp_path: Path
) -> None:
    found = look(LETTER, tmp_path, max_text_chars=limit)
    assert [len(page) for page in found["pages"]] == lengths
    assert found["warnings"] == warnings


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(documents.pdf_with_password(), "pdf-encrypted", id="password"),
        pytest.param(documents.pdf_drawing_itself(), "pdf-draws-itself", id="form that draws itself"),
        pytest.param(documents.pdf_without_pages(), "pdf-empty", id="without pages"),
        pytest.param(documents.pdf_page_tree_loop(), "pdf-damaged", id="page tree loop"),
        pytest.param(b"%PDF-1.7\n" + b"\0" * 3000, "pdf-damaged", id="zeros"),
        pytest.param(cut(LETTER, 0.1), "pdf-damaged", id="cut early"),
        pytest.param(b"no document at all", "pdf-damaged", id="no pdf"),
        pytest.param(b"", "pdf-damaged", id="nothing"),
        pytest.param(documents.pdf(*[""] * 21), "too-many-pages", id="many pages"),
        pytest.param(documents.pdf_bomb(100 << 20), "too-much-memory", id="bomb"),
        pytest.param(documents.pdf_bomb(100 << 20, layers=2), "too-much-memory", id="bomb in a bomb"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(data: bytes, code: str, tmp_path: Path) -> None:
    assert refusal(data, tmp_path).code == code


@pytest.mark.parametrize("odd", [b"/A 99 0 R", b"/A 7", b"/A true", b"/Im#E1gen 5 0 R", b"/A null"])
def test_a_form_with_an_odd_list_of_names_is_read(odd: bytes, tmp_path: Path) -> None:
    named = b"<< /XObject << " + odd + b" >> >>"
    form = documents.pdf_stream(
        b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources " + named
    )
    page = documents.pdf_page(
        documents.pdf_stream(b"/F Do"), resources=b"<< /XObject << /F 5 0 R >> >>", _5=form
    )
    assert look(page, tmp_path)["page_count"] == 1


def test_forms_that_list_themselves_and_draw_others_are_read(tmp_path: Path) -> None:
    assert look(documents.pdf_with_shared_resources(), tmp_path)["page_count"] == 1


def test_too_many_pages_names_both_numbers(tmp_path: Path) -> None:
    assert refusal(documents.pdf(*[""] * 21), tmp_path).facts == {"pages": 21, "limit": 20}


def test_a_document_that_was_cut_but_can_be_repaired_is_kept_with_a_warning(tmp_path: Path) -> None:
    found = look(LETTER[: LETTER.rindex(b"startxref")], tmp_path)
    assert "end-missing" in found["warnings"]
    assert found["pages"][0].startswith("María")


@pytest.mark.parametrize(
    ("box", "size_px"),
    [
        (b"[0 0 14400 14400]", (400, 400)),
        (b"[0 0 99999999 99999999]", (400, 400)),
        (b"[0 0 1 14400]", (1, 400)),
        (b"[600 800 0 0]", (300, 400)),
        (b"[0 0 0 0]", (309, 400)),
    ],
)  # fmt: skip
def test_a_page_of_any_size_is_drawn_small(box: bytes, size_px: tuple[int, int], tmp_path: Path) -> None:
    data = documents.pdf_page(documents.pdf_stream(b"1 0 0 rg 0 0 9 9 re f"), box=box)
    made = look(data, tmp_path)["variants"][1]
    assert (made["width"], made["height"]) == size_px


@pytest.mark.parametrize(
    ("marker", "code"),
    [
        (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", "has-javascript"),
        (b"/OpenAction << /S /Launch /F (calc.exe) >>", "has-launch-action"),
        (b"/Names << /EmbeddedFiles << >> >>", "has-attachments"),
    ],
)
def test_what_could_act_is_flagged_and_not_run(marker: bytes, code: str, tmp_path: Path) -> None:
    data = documents.pdf_page(documents.pdf_stream(b"0 0 9 9 re f")).replace(
        b"/Catalog", b"/Catalog " + marker
    )
    assert look(data, tmp_path)["warnings"] == [code]


def test_the_memory_limit_of_the_process_is_put_back(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    look(LETTER, tmp_path)
    refusal(documents.pdf_with_password(), tmp_path)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


IN_A_CHILD = """
import sys
from documents.text import examine
variants = [{"name": "preview", "side_px": 400}]
examine(path=sys.argv[1], scratch=sys.argv[2], max_pages=20, max_text_chars=10_000, variants=variants)
"""


WATCH = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process how much it has mapped")
@pytest.mark.parametrize(
    "data",
    [
        documents.pdf_drawing_itself(has_names=False),
        documents.pdf_page(documents.pdf_stream(b"q " * 5_000_000)),
    ],
    ids=["form that draws itself", "ten megabytes of commands"],
)
def test_what_eats_memory_ends_its_own_process_early(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "staged"
    path.write_bytes(data)
    command = [sys.executable, "-c", IN_A_CHILD, str(path), str(tmp_path)]
    # Between us and the child stands a small process: the kernel counts a parent's memory as the child's.
    watched = [sys.executable, "-c", WATCH, *command]
    report = subprocess.run(
        watched, capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    return_code, peak_kib = map(int, report.stdout.split())
    assert -return_code in {signal.SIGABRT, signal.SIGTRAP, signal.SIGILL, signal.SIGSEGV}
    assert peak_kib < 512 * 1024


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_flipped_there_is_an_answer_or_a_refusal(data: st.DataObject, tmp_path: Path) -> None:
    flipped = bytearray(data.draw(st.sampled_from([LETTER, documents.pdf_form()])))
    for place in data.draw(st.lists(st.integers(0, len(flipped) - 1), min_size=1, max_size=8)):
        flipped[place] = data.draw(st.integers(0, 255))
    try:
        found = look(bytes(flipped), tmp_path)
    except FileRejected as refused:
        assert refused.status == 422
    else:
        assert len(found["pages"]) == found["page_count"] > 0
