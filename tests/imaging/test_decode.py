"""A picture is decoded whole, turned upright, and drawn small without its metadata; a cut one is refused."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from files.errors import FileRejected
from imaging.decode import examine
from imaging.facts import Examined
from imaging.pixels.phash import differing_bits
from tests import samples
from tests.samples import BOTTOM_LEFT, BOTTOM_RIGHT, HEIGHT, PICTURES, TOP_LEFT, TOP_RIGHT, WIDTH, Sample

VARIANTS = [{"name": "thumbnail", "side_px": 15}, {"name": "preview", "side_px": 240}]
KINDS = {sample.name: sample.kind for sample in PICTURES}
WHOLE = {sample.name: sample.make() for sample in PICTURES}


def look(data: bytes, kind: str, place: Path, **changed: Any) -> Examined:
    path = place / "staged"
    path.write_bytes(data)
    usual = {"path": str(path), "scratch": str(place), "variants": VARIANTS}
    limits = {"max_pixels": 1_000_000, "max_frames": 5, "today": "2026-05-04"}
    arguments: dict[str, Any] = {**usual, **limits, **changed}
    return examine(kind=kind, **arguments)


def refusal(data: bytes, kind: str, place: Path, **changed: Any) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        look(data, kind, place, **changed)
    return caught.value


def corners(path: Path) -> list[tuple[int, ...]]:
    """Colours well inside the corners: top left, top right, bottom left, bottom right."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((8, 8), Image.Resampling.BOX)
    return [tuple(small.getpixel(place)) for place in ((0, 0), (7, 0), (0, 7), (7, 7))]  # type: ignore[arg-type]


def is_like(colours: list[tuple[int, ...]], expected: list[tuple[int, ...]], tolerance: int = 40) -> bool:
    pairs = zip(colours, expected, strict=True)
    return all(abs(a - b) <= tolerance for one, other in pairs for a, b in zip(one, other, strict=True))


UPRIGHT: list[tuple[int, ...]] = [TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT]


@pytest.mark.parametrize("sample", PICTURES, ids=lambda sample: sample.name)
def test_every_sound_picture_is_taken_in(sample: Sample, tmp_path: Path) -> None:
    found = look(WHOLE[sample.name], sample.kind, tmp_path)
    assert (found["width"], found["height"]) == sample.size
    assert found["frames"] == sample.frames
    assert found["orientation"] == 1
    assert found["warnings"] == list(sample.warnings)
    assert [variant["name"] for variant in found["variants"]] == ["thumbnail", "preview"]


def test_a_cameras_facts_are_read(tmp_path: Path) -> None:
    found = look(samples.jpeg(captured_at=samples.CAPTURED_AT), "jpeg", tmp_path)
    assert found["captured_at"] == samples.CAPTURED_AT_ISO
    assert found["captured_subsec"] == "25"
    assert found["camera"] == "Canon R5"


def oriented(kind: str, orientation: int) -> bytes:
    if kind == "jpeg":
        return samples.jpeg(orientation=orientation)
    if kind == "tiff":
        return samples.tiff(orientation=orientation)
    stored = samples.stored(samples.scene(), orientation)
    return samples.saved(stored, kind.upper(), exif=samples.exif(orientation=orientation))


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright(kind: str, orientation: int, tmp_path: Path) -> None:
    found = look(oriented(kind, orientation), kind, tmp_path)
    assert found["orientation"] == orientation
    assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
    assert is_like(corners(tmp_path / "preview.jpg"), UPRIGHT)


def test_the_hash_does_not_depend_on_how_the_pixels_are_stored(tmp_path: Path) -> None:
    usual = look(samples.jpeg(), "jpeg", tmp_path)["pixel_hash"]
    others = [look(samples.jpeg(orientation=6), "jpeg", tmp_path), look(samples.png(), "png", tmp_path)]
    assert all(differing_bits(usual, other["pixel_hash"]) <= 4 for other in others)


def test_variants_are_small_plain_jpeg_and_tell_nothing(tmp_path: Path) -> None:
    data = samples.jpeg(
        captured_at=samples.CAPTURED_AT, comment=b"John Doe", icc_profile=samples.swapped_colours()
    )
    found = look(data, "jpeg", tmp_path)
    assert [(made["width"], made["height"]) for made in found["variants"]] == [(15, 10), (240, 160)]
    for made in found["variants"]:
        written = tmp_path / made["file"]
        assert written.stat().st_size == made["size"]
        with Image.open(written) as picture:
            assert picture.format == "JPEG"
            assert picture.size == (made["width"], made["height"])
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"Doe" not in written.read_bytes()


def test_small_pictures_are_never_enlarged(tmp_path: Path) -> None:
    found = look(samples.png(samples.scene(40, 20)), "png", tmp_path)
    assert [(made["width"], made["height"]) for made in found["variants"]] == [(15, 8), (40, 20)]


def test_a_picture_can_be_examined_without_drawing_any(tmp_path: Path) -> None:
    found = look(samples.jpeg(), "jpeg", tmp_path, variants=[])
    assert found["variants"] == []
    assert len(found["pixel_hash"]) == 16


@pytest.mark.parametrize("name", ["jpeg-cmyk", "png-palette", "tiff-jpeg", "tiff-lab", "webp", "jpeg-of-two"])
def test_colours_come_out_as_they_are(name: str, tmp_path: Path) -> None:
    look(WHOLE[name], KINDS[name], tmp_path)
    assert is_like(corners(tmp_path / "preview.jpg"), UPRIGHT)


def test_an_embedded_colour_profile_is_applied(tmp_path: Path) -> None:
    look(samples.jpeg(icc_profile=samples.swapped_colours()), "jpeg", tmp_path)
    swapped = [tuple(reversed(colour)) for colour in UPRIGHT]
    assert is_like(corners(tmp_path / "preview.jpg"), swapped)


def test_a_broken_colour_profile_is_left_out_with_a_warning(tmp_path: Path) -> None:
    found = look(samples.jpeg(icc_profile=b"no profile" * 30), "jpeg", tmp_path)
    assert found["warnings"] == ["colour-profile-ignored"]
    assert is_like(corners(tmp_path / "preview.jpg"), UPRIGHT)


@pytest.mark.parametrize("name", ["png-see-through", "webp-see-through"])
def test_what_is_see_through_becomes_white(name: str, tmp_path: Path) -> None:
    look(WHOLE[name], KINDS[name], tmp_path)
    white = (255, 255, 255)
    assert is_like(corners(tmp_path / "preview.jpg"), [white, TOP_RIGHT, white, BOTTOM_RIGHT])


@pytest.mark.parametrize("name", ["png-16-bit", "tiff-16-bit", "tiff-float"])
def test_an_x_ray_of_twelve_bits_is_not_black(name: str, tmp_path: Path) -> None:
    look(WHOLE[name], KINDS[name], tmp_path)
    with Image.open(tmp_path / "preview.jpg") as picture:
        row = [picture.getpixel((x, 80)) for x in (5, 120, 235)]
    assert row == pytest.approx([0, 127, 255], abs=12)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.95, 0.999])
@pytest.mark.parametrize("sample", PICTURES, ids=lambda sample: sample.name)
def test_a_picture_that_was_cut_off_is_refused(sample: Sample, share: float, tmp_path: Path) -> None:
    data = samples.cut(WHOLE[sample.name], share)
    if sample.name == "jpeg-of-two" and share > 0.5:
        assert look(data, sample.kind, tmp_path)["frames"] == 1  # the first picture, which counts, is whole
        return
    assert refusal(data, sample.kind, tmp_path).code == "image-incomplete"


@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "png", "webp"])
def test_even_the_last_byte_is_missed(name: str, tmp_path: Path) -> None:
    assert refusal(WHOLE[name][:-1], KINDS[name], tmp_path).code == "image-incomplete"


def test_damage_on_a_later_page_is_noticed(tmp_path: Path) -> None:
    pages = [samples.scene(seed=number) for number in range(3)]
    options = {"save_all": True, "append_images": pages[1:], "compression": "tiff_adobe_deflate"}
    data = bytearray(samples.saved(pages[0], "TIFF", **options))
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(2)
        start = picture.tag_v2[273][0]  # type: ignore[attr-defined]
    data[start + 50 : start + 90] = bytes(40)
    assert refusal(bytes(data), "tiff", tmp_path).code == "image-damaged"


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (samples.jpeg_claiming(65500, 65500), "jpeg", "too-many-pixels"),
        (samples.jpeg_claiming(900, 900), "jpeg", "image-incomplete"),
        (samples.png_bomb(65500, 65500), "png", "too-many-pixels"),
        (samples.tiff_grey((257, 4, 1, 300_000)), "tiff", "too-many-pixels"),
        (samples.tiff_grey((256, 4, 1, 60_000), (257, 4, 1, 60_000)), "tiff", "too-many-pixels"),
        (samples.tiff_grey((322, 4, 1, 60_000), (323, 4, 1, 60_000)), "tiff", "too-much-memory"),
        (samples.tiff_grey((273, 4, 0xFFFF_FFFF, 134)), "tiff", "image-incomplete"),
        (samples.tiff_chain(2_000), "tiff", "too-many-frames"),
        (samples.animation("PNG", 6), "png", "too-many-frames"),
        (samples.animation("WEBP", 6), "webp", "too-many-frames"),
        (samples.jpeg_of_segments(120_000), "jpeg", "image-damaged"),
        (samples.jpeg_of_scans(150), "jpeg", "image-damaged"),
        (samples.png_of_chunks(120_000), "png", "image-damaged"),
        (b"", "jpeg", "image-incomplete"),
        (b"", "tiff", "image-incomplete"),
        (b"\xff\xd8\xff", "jpeg", "image-incomplete"),
        (b"no picture at all" * 20, "png", "image-incomplete"),
    ],
)  # fmt: skip
def test_the_hostile_are_refused_before_they_are_decoded(
    data: bytes, kind: str, code: str, tmp_path: Path
) -> None:
    assert refusal(data, kind, tmp_path).code == code


def test_a_progressive_giant_is_refused_for_the_memory_it_needs(tmp_path: Path) -> None:
    data = samples.jpeg_claiming(10_900, 10_900, progressive=True)
    refused = refusal(data, "jpeg", tmp_path, max_pixels=120_000_000)
    assert refused.code == "too-much-memory"
    assert refused.facts["needed"] == 2 * 3 * 10_900 * 10_900


def test_twelve_bit_jpeg_is_called_by_its_name(tmp_path: Path) -> None:
    data = bytearray(samples.jpeg())
    data[data.index(b"\xff\xc0") + 4] = 12
    refused = refusal(bytes(data), "jpeg", tmp_path)
    assert refused.code == "image-unsupported"
    assert "12-bit" in refused.message


def test_all_pages_count_towards_the_pixels(tmp_path: Path) -> None:
    pages = samples.tiff_fax(pages=3)
    assert look(pages, "tiff", tmp_path, max_pixels=3 * WIDTH * HEIGHT)["frames"] == 3
    refused = refusal(pages, "tiff", tmp_path, max_pixels=3 * WIDTH * HEIGHT - 1)
    assert refused.code == "too-many-pixels"
    assert refused.facts["limit"] == 3 * WIDTH * HEIGHT - 1


@pytest.mark.parametrize("block", [samples.exif_loop(), b"II*\0" + b"\xff" * 60, b"rubbish"])
def test_damaged_exif_does_not_cost_the_picture(block: bytes, tmp_path: Path) -> None:
    found = look(samples.jpeg_with_exif(block), "jpeg", tmp_path)
    assert (found["width"], found["orientation"], found["captured_at"]) == (WIDTH, 1, None)


def test_a_disk_that_fails_is_not_the_pictures_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look(samples.jpeg(), "jpeg", tmp_path, scratch=str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError):
        look(samples.jpeg(), "jpeg", tmp_path, path=str(tmp_path / "gone"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_flipped_there_is_an_answer_or_a_refusal(data: st.DataObject, tmp_path: Path) -> None:
    sample = data.draw(st.sampled_from(PICTURES))
    bytes_ = bytearray(WHOLE[sample.name])
    near_the_start = st.integers(0, min(len(bytes_), 700) - 1)
    for place in data.draw(
        st.lists(near_the_start | st.integers(0, len(bytes_) - 1), min_size=1, max_size=8)
    ):
        bytes_[place] = data.draw(st.integers(0, 255))
    try:
        found = look(bytes(bytes_), sample.kind, tmp_path)
    except FileRejected as refused:
        assert refused.status == 422
    else:
        assert found["width"] > 0
