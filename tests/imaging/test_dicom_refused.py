"""A DICOM file that is broken, hostile or not for us is refused with a stable code, and that is all."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import uid
from pydicom.encaps import encapsulate

from files import sandbox
from files.errors import FileRejected
from files.kinds import FileKind
from imaging import ingest
from imaging.dicom.part10 import MAX_INFLATED_BYTES
from imaging.dicom.skeleton import MAX_DEPTH, MAX_ELEMENTS
from tests import sample_dicom as dicom
from tests import samples
from tests.samples import HEIGHT, WIDTH

WHOLE = {name: make() for name, (make, _) in dicom.SOUND.items()}


def refusal(data: bytes, place: Path, **changed: Any) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        dicom.look(data, place, **changed)
    assert caught.value.status == 422
    return caught.value


def coded(frame: bytes, **elements: Any) -> bytes:
    """A grey file whose only frame is this, called JPEG."""
    made = dicom.changed(dicom.with_pixels(dicom.ramp(255, dtype="uint8"), "MONOCHROME2"), **elements)
    made.PixelData = encapsulate([frame])
    made["PixelData"].VR = "OB"
    return dicom.written(made, uid.JPEGBaseline8Bit)


def grey_jpeg(width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return samples.saved(samples.scene(width, height).convert("L"), "JPEG")


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "image-incomplete"),
    "only the mark": (lambda: bytes(128) + b"DICM", "image-incomplete"),
    "only the meta group": (dicom.raw, "image-incomplete"),
    "no DICOM at all": (lambda: b"no picture at all" * 20, "image-incomplete"),
    "report": (dicom.report, "dicom-without-pixels"),
    "PDF inside": (dicom.wrapped_pdf, "dicom-without-pixels"),
    "header only": (lambda: dicom.written(dicom.header()), "dicom-without-pixels"),
    "element of four gigabytes": (
        lambda: dicom.raw(dicom.element(0x00080060, b"UT", 0xFFFFFFF0, b"CT")),
        "image-incomplete",
    ),
    "pixels of four gigabytes": (
        lambda: dicom.raw(dicom.element(0x7FE00010, b"OW", 0xFFFFFFF0, b"CT")),
        "image-incomplete",
    ),
    "fragment of four gigabytes": (
        lambda: coded(grey_jpeg()).replace(
            struct.pack("<HHI", 0xFFFE, 0xE000, len(grey_jpeg()) + len(grey_jpeg()) % 2),
            struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFF0),
        ),
        "image-incomplete",
    ),
    "sequences too deep": (lambda: dicom.deep(3_000), "image-damaged"),
    "sequences that never end": (lambda: dicom.deep(MAX_DEPTH // 2), "image-incomplete"),
    "too many elements": (
        lambda: dicom.raw(dicom.element(0x00091010, b"UN", 0) * (MAX_ELEMENTS + 1)),
        "image-damaged",
    ),
    "deflate bomb": (lambda: dicom.deflate_bomb(200), "too-much-memory"),
    "deflated noise": (lambda: dicom.raw(b"\xff" * 99, syntax=b"1.2.840.10008.1.2.1.99"), "image-damaged"),
    "size of zero": (lambda: dicom.written(dicom.changed(dicom.grey(), Rows=0)), "image-damaged"),
    "size missing": (lambda: dicom.written(dicom.changed(dicom.grey(), Columns=None)), "image-damaged"),
    "no depth": (lambda: dicom.written(dicom.changed(dicom.grey(), BitsAllocated=None)), "image-damaged"),
    "more pixels than the limit": (
        lambda: dicom.written(dicom.changed(dicom.grey(), Rows=65535, Columns=65535)),
        "too-many-pixels",
    ),
    "more pixels than bytes": (
        lambda: dicom.written(dicom.changed(dicom.grey(), Rows=HEIGHT + 1)),
        "image-incomplete",
    ),
    "more frames than bytes": (
        lambda: dicom.written(dicom.changed(dicom.grey(), NumberOfFrames=2_000_000_000)),
        "image-incomplete",
    ),
    "more frames than fragments": (lambda: coded(grey_jpeg(), NumberOfFrames=7), "image-incomplete"),
    "two colours": (
        lambda: dicom.written(dicom.changed(dicom.colour(), SamplesPerPixel=2)),
        "image-damaged",
    ),
    "32 bits": (
        lambda: dicom.written(dicom.changed(dicom.grey(), BitsAllocated=32)),
        "image-unsupported",
    ),
    "colours that nobody knows": (
        lambda: dicom.written(dicom.changed(dicom.grey(), PhotometricInterpretation="CMYK")),
        "image-unsupported",
    ),
    "palette without colours": (
        lambda: dicom.written(dicom.changed(dicom.grey(), PhotometricInterpretation="PALETTE COLOR")),
        "image-damaged",
    ),
    "inner picture larger than said": (lambda: coded(grey_jpeg(WIDTH * 2)), "image-damaged"),
    "inner picture enormous": (lambda: coded(samples.jpeg_claiming(65500, 65500)), "image-damaged"),
    "inner picture in colour": (lambda: coded(samples.saved(samples.scene(), "JPEG")), "image-damaged"),
    "inner picture cut": (lambda: coded(grey_jpeg()[:3000]), "image-incomplete"),
    "inner picture of noise": (lambda: coded(b"noise" * 100), "image-damaged"),
    "run lengths of noise": (
        lambda: dicom.run_lengths(dicom.grey()).replace(struct.pack("<II", 2, 64), b"\xff" * 8),
        "image-damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE)
def test_the_hostile_and_the_broken_are_refused(make: Callable[[], bytes], code: str, tmp_path: Path) -> None:
    assert refusal(make(), tmp_path).code == code


@pytest.mark.parametrize("share", [0.0301, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", dicom.SOUND)
def test_a_file_that_was_cut_off_is_refused(name: str, share: float, tmp_path: Path) -> None:
    assert refusal(samples.cut(WHOLE[name], share), tmp_path).code == "image-incomplete"


UNSUPPORTED = {
    "JPEG lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "JPEG of twelve bits": uid.JPEGExtended12Bit,
    "video": uid.MPEG2MPML,
    "unknown": "1.2.826.0.1.3680043.8.498.999",
}


@pytest.mark.parametrize("syntax", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_a_coding_without_a_decoder_is_named_with_what_helps(syntax: str, tmp_path: Path) -> None:
    refused = refusal(dicom.inside(syntax), tmp_path)
    assert refused.code == "transfer-syntax-unsupported"
    name = uid.UID(syntax).name if uid.UID(syntax).name != syntax else "an unknown one"
    assert refused.facts == {"transfer_syntax": name}
    assert name in refused.message
    assert "without compression" in refused.message


def test_elements_of_another_type_than_their_own_are_survived(tmp_path: Path) -> None:
    odd = [
        dicom.element(0x00080020, b"FD", 8, b"\xff" * 8),
        dicom.element(0x00100010, b"US", 2, b"\1\0"),
        dicom.element(0x00100020, b"SQ", 4, b"\1\2\3\4"),
        dicom.element(0x00100030, b"PN", 4, b"\xff\xfe\0\0"),
    ]
    found = dicom.look(dicom.raw(*odd, dicom.image_elements()), tmp_path)
    assert (found["width"], found["captured_at"]) == (WIDTH, None)


def test_a_disk_that_fails_is_not_the_files_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dicom.look(WHOLE["explicit"], tmp_path, scratch=str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError):
        dicom.look(WHOLE["explicit"], tmp_path, path=str(tmp_path / "gone"))


def walled(data: bytes, place: Path) -> dict[str, object]:
    path = place / "staged"
    path.write_bytes(data)
    limits = sandbox.Limits(memory_bytes=512 << 20, cpu_seconds=20, wall_seconds=60, file_bytes=1 << 26)
    arguments = {"path": str(path), "scratch": str(place), **ingest.dicom_arguments(FileKind.DICOM)}
    return sandbox.run(ingest.DICOM_JOB, limits=limits, arguments=arguments)


def test_the_job_answers_through_the_wall_like_any_other(tmp_path: Path) -> None:
    found = walled(dicom.written(dicom.grey(PatientID="123456")), tmp_path)
    clue = {"field": "record_number", "value": "123456", "source": "dicom", "place": "labelled"}
    assert (found["width"], found["height"], found["clues"]) == (WIDTH, HEIGHT, [clue])


def test_a_bomb_is_refused_by_our_own_limit_and_not_by_the_wall(tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as caught:
        walled(dicom.deflate_bomb(1_000), tmp_path)
    assert caught.value.code == "too-much-memory"
    assert caught.value.facts["limit"] == MAX_INFLATED_BYTES


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_flipped_there_is_an_answer_or_a_refusal(data: st.DataObject, tmp_path: Path) -> None:
    bytes_ = bytearray(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
    near_the_start = st.integers(128, min(len(bytes_), 1200) - 1)
    for place in data.draw(st.lists(near_the_start, min_size=1, max_size=8)):
        bytes_[place] = data.draw(st.integers(0, 255))
    try:
        found = dicom.look(bytes(bytes_), tmp_path)
    except FileRejected as refused:
        assert refused.status == 422
    else:
        assert found["width"] > 0
