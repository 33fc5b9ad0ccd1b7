"""What a camera wrote is read, whatever else it got wrong, and nothing of it can stop the picture."""

import io
import struct

import pytest
from PIL import Image

from imaging.exif import Exif, read_exif
from tests import samples


def read(block: Image.Exif | bytes) -> Exif:
    data = (
        samples.jpeg_with_exif(block)
        if isinstance(block, bytes)
        else samples.saved(samples.scene(), "JPEG", exif=block)
    )
    with Image.open(io.BytesIO(data)) as picture:
        return read_exif(picture)


def test_a_picture_without_exif_is_upright_and_of_unknown_time() -> None:
    assert read(Image.Exif()) == Exif()


@pytest.mark.parametrize(
    ("written", "captured_at", "warnings"),
    [
        ("2026:05:01 10:00:00", "2026-05-01T10:00:00", ()),
        ("2026-05-01 10:00:00", "2026-05-01T10:00:00", ()),
        ("2024:02:29 23:59:59\0", "2024-02-29T23:59:59", ()),
        ("    :  :     :  :  ", None, ()),
        ("0000:00:00 00:00:00", None, ()),
        ("2026:02:30 10:00:00", None, ("captured-at-unreadable",)),
        ("2026:05:01 24:61:00", None, ("captured-at-unreadable",)),
        ("9999:12:31 23:59:59", None, ("captured-at-unreadable",)),
        ("0001:01:01 00:00:00", None, ("captured-at-unreadable",)),
        ("yesterday", None, ("captured-at-unreadable",)),
        ("٢٠٢٦:٠٥:٠١ ١٠:٠٠:٠٠", None, ("captured-at-unreadable",)),
    ],
)
def test_the_time_is_read_as_the_cameras_clock(
    written: str, captured_at: str | None, warnings: tuple[str, ...]
) -> None:
    found = read(samples.exif(captured_at=written))
    assert (found.captured_at, found.warnings) == (captured_at, warnings)


@pytest.mark.parametrize(
    ("written", "subsec"), [("25", "25"), ("007 ", "007"), ("", None), ("-1", None), ("x", None)]
)
def test_fractions_of_a_second_stay_as_written(written: str, subsec: str | None) -> None:
    assert read(samples.exif(captured_at=samples.CAPTURED_AT, subsec=written)).captured_subsec == subsec


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON", "D800", "NIKON D800"),
        ("", "Scanner", "Scanner"),
        ("Maker", "", "Maker"),
        ("", "", None),
        (" Two\nlines\x07 ", "", "Two lines"),
        ("x" * 500, "", "x" * 64),
    ],
)
def test_make_and_model_become_one_tidy_name(make: str, model: str, camera: str | None) -> None:
    assert read(samples.exif(camera=(make, model))).camera == camera


@pytest.mark.parametrize("value", [0, 9, 99, 65535])
def test_an_orientation_that_does_not_exist_is_upright_with_a_warning(value: int) -> None:
    entry = struct.pack("<HHII", 0x0112, 3, 1, value)
    found = read(b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4))
    assert (found.orientation, found.warnings) == (1, ("orientation-unknown",))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_four_of_the_eight_orientations_lie_on_their_side(orientation: int) -> None:
    assert read(samples.exif(orientation=orientation)).lies_on_its_side == (orientation >= 5)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, which the job collects
@pytest.mark.parametrize(
    "block",
    [
        samples.exif_loop(),
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"XX*\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff\0\0\0\0" * 5_000,
        b"MM\0*\0\0\0\x08" + b"\xff" * 200,
    ],
    ids=["loop", "empty", "header only", "points away", "no byte order", "greedy", "all ones"],
)
def test_damaged_blocks_are_survived(block: bytes) -> None:
    found = read(block)
    assert found.orientation == 1
    assert found.captured_at is None


XP_TITLE = 0x9C9B
USER_COMMENT = 0x9286
WRITTEN: dict[str, tuple[dict[int, object], dict[int, object], tuple[str, ...]]] = {
    "description": ({0x010E: "Doe, John"}, {}, ("Doe, John",)),
    "description in Unicode": ({0x010E: "García, María".encode()}, {}, ("García, María",)),
    "description in Latin-1": ({0x010E: "García, María".encode("latin-1")}, {}, ("García, María",)),
    "title of Windows": ({XP_TITLE: "Peña, José\0".encode("utf-16-le")}, {}, ("Peña, José",)),
    "subject of Windows": ({0x9C9F: "Peña".encode("utf-16-le")}, {}, ("Peña",)),
    "comment of Windows": ({0x9C9C: "Peña".encode("utf-16-le")}, {}, ("Peña",)),
    "comment in ASCII": ({}, {USER_COMMENT: b"ASCII\0\0\0Doe, John"}, ("Doe, John",)),
    "comment in Unicode": ({}, {USER_COMMENT: b"UNICODE\0" + "Peña".encode("utf-16")}, ("Peña",)),
    "comment in Japanese": ({}, {USER_COMMENT: b"JIS\0\0\0\0\0" + "山田".encode("iso2022_jp")}, ("山田",)),
    "comment that does not say": ({}, {USER_COMMENT: bytes(8) + b"Doe, John"}, ("Doe, John",)),
    "comment without its code": ({}, {USER_COMMENT: b"Doe, John"}, ("Doe, John",)),
    "comment in Latin-1": ({}, {USER_COMMENT: bytes(8) + "Peña".encode("latin-1")}, ("Peña",)),
    "blanks": ({0x010E: "   "}, {USER_COMMENT: bytes(8) + b" " * 40}, ()),
    "several lines": ({0x010E: "Doe, John\n\n MRN  123456\x07"}, {}, ("Doe, John | MRN 123456",)),
    "the same twice": ({0x010E: "Doe", XP_TITLE: "Doe".encode("utf-16-le")}, {}, ("Doe",)),
    "endless": ({0x010E: "x" * 9_000}, {}, ("x" * 200,)),
    "copyright and artist": ({0x8298: "Doe, John", 0x013B: "Doe, John", 0x0131: "Doe"}, {}, ()),
}


@pytest.mark.parametrize(("main", "detail", "remarks"), WRITTEN.values(), ids=WRITTEN)
def test_remarks_are_read_however_they_are_written(
    main: dict[int, object], detail: dict[int, object], remarks: tuple[str, ...]
) -> None:
    block = Image.Exif()
    block.update(main)
    block.get_ifd(0x8769).update(detail)
    assert read(block).remarks == remarks
