"""A DICOM file gives its header's facts and its first frame as a picture; a hostile one is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from files.kinds import FileKind, sniff
from tests import sample_dicom as dicom
from tests.samples import BOTTOM_LEFT, BOTTOM_RIGHT, HEIGHT, TOP_LEFT, TOP_RIGHT, WIDTH

WHOLE = {name: make() for name, (make, _) in dicom.SOUND.items()}
UPRIGHT = (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)


def shown(place: Path) -> list[int]:
    """The values of the preview at its left, middle and right."""
    with Image.open(place / "preview.jpg") as picture:
        return [int(value) for value in np.asarray(picture.convert("L"))[80, [4, 120, 235]]]


# --- pictures


@pytest.mark.parametrize("name", [name for name, (_, is_colour) in dicom.SOUND.items() if not is_colour])
def test_grey_comes_out_from_dark_to_light_however_it_is_coded(name: str, tmp_path: Path) -> None:
    found = dicom.look(WHOLE[name], tmp_path)
    assert (found["width"], found["height"], found["frames"]) == (WIDTH, HEIGHT, 1)
    assert (found["orientation"], found["warnings"], found["codes"]) == (1, [], [])
    assert shown(tmp_path) == pytest.approx([4, 127, 251], abs=4)


@pytest.mark.parametrize("name", [name for name, (_, is_colour) in dicom.SOUND.items() if is_colour])
def test_colours_come_out_as_they_are_however_they_are_coded(name: str, tmp_path: Path) -> None:
    found = dicom.look(WHOLE[name], tmp_path)
    assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
    with Image.open(tmp_path / "preview.jpg") as picture:
        places = ((5, 5), (234, 5), (5, 154), (234, 154))
        colours = [picture.getpixel(place) for place in places]
    for colour, expected in zip(colours, UPRIGHT, strict=True):
        assert colour == pytest.approx(expected, abs=6)


@pytest.mark.parametrize("name", dicom.SOUND)
def test_every_sound_file_is_known_as_dicom(name: str) -> None:
    assert sniff(WHOLE[name][:4096]) is FileKind.DICOM


def test_of_several_frames_the_first_is_shown_and_all_are_counted(tmp_path: Path) -> None:
    found = dicom.look(WHOLE["several frames"], tmp_path)
    assert (found["frames"], found["warnings"]) == (3, ["only-first-frame"])


def test_the_same_pixels_have_the_same_hash_however_they_are_coded(tmp_path: Path) -> None:
    names = ("explicit", "implicit", "big endian", "deflated", "run lengths", "no preamble")
    assert len({dicom.look(WHOLE[name], tmp_path)["pixel_hash"] for name in names}) == 1


def test_the_copies_are_small_plain_jpeg_and_name_nobody(tmp_path: Path) -> None:
    found = dicom.look(dicom.written(dicom.grey(PatientName="Doe^John")), tmp_path)
    assert [(made["width"], made["height"]) for made in found["variants"]] == [(15, 10), (240, 160)]
    assert all(b"Doe" not in (tmp_path / made["file"]).read_bytes() for made in found["variants"])


def table(values: list[int], first: int, bits: int) -> Dataset:
    made = Dataset()
    made.LUTDescriptor = [len(values), first, bits]
    made["LUTDescriptor"].VR = "US"
    made.LUTData = values
    made["LUTData"].VR = "US"
    return made


DARKER = [65535 * value * value // 4000**2 for value in range(4001)]
TONES: dict[str, tuple[dict[str, Any], list[int]]] = {
    "no window": ({}, [4, 127, 251]),
    "a window": ({"WindowCenter": 2000, "WindowWidth": 1000}, [0, 127, 255]),
    "a window to the right": ({"WindowCenter": 4000, "WindowWidth": 2000}, [0, 0, 117]),
    "the first of two windows": ({"WindowCenter": [4000, 10], "WindowWidth": [2000, 10]}, [0, 0, 117]),
    "an exact window": (
        {"WindowCenter": 4000, "WindowWidth": 2000, "VOILUTFunction": "LINEAR_EXACT"},
        [0, 0, 117],
    ),
    "a soft window": (
        {"WindowCenter": 2000, "WindowWidth": 4000, "VOILUTFunction": "SIGMOID"},
        [32, 127, 222],
    ),
    "rescaled before the window": (
        {"RescaleSlope": 2, "RescaleIntercept": -4000, "WindowCenter": 0, "WindowWidth": 8000},
        [4, 127, 251],
    ),
    "a table": ({"VOILUTSequence": Sequence([table(DARKER, 0, 16)])}, [0, 64, 247]),
    "a window that shows nothing": ({"WindowCenter": 90_000, "WindowWidth": 10}, [4, 127, 251]),
    "a window of no width": ({"WindowCenter": 2000, "WindowWidth": 0}, [4, 127, 251]),
    "a table without content": ({"VOILUTSequence": Sequence([Dataset()])}, [4, 127, 251]),
}


@pytest.mark.parametrize(("elements", "expected"), TONES.values(), ids=TONES)
def test_tones_follow_the_header_where_it_makes_sense(
    elements: dict[str, Any], expected: list[int], tmp_path: Path
) -> None:
    dicom.look(dicom.written(dicom.grey(**elements)), tmp_path)
    assert shown(tmp_path) == pytest.approx(expected, abs=8)


def test_a_window_of_a_picture_in_which_light_is_dark_is_turned_over_last(tmp_path: Path) -> None:
    made = dicom.with_pixels(dicom.ramp(), "MONOCHROME1", bits_stored=12, WindowCenter=4000, WindowWidth=2000)
    dicom.look(dicom.written(made), tmp_path)
    assert shown(tmp_path) == pytest.approx([255, 255, 138], abs=8)


# --- what the header says

PLAIN = {
    "Modality": "DX",
    "BodyPartExamined": "CHEST",
    "Laterality": "L",
    "StudyDate": "20260501",
    "AcquisitionDate": "20260502",
    "AcquisitionTime": "101530.25",
    "Manufacturer": "Acme",
    "ManufacturerModelName": "Acme Ray 3",
}


def test_study_and_machine_become_facts(tmp_path: Path) -> None:
    found = dicom.look(dicom.written(dicom.grey(**PLAIN)), tmp_path)
    assert found["modality"] == "DX"
    assert (found["body_part"], found["laterality"], found["study_date"]) == ("CHEST", "L", "2026-05-01")
    assert (found["captured_at"], found["captured_subsec"]) == ("2026-05-02T10:15:30", "25")
    assert found["camera"] == "Acme Ray 3"
    assert found["study_uid"].endswith(".498.1")
    assert found["series_uid"].endswith(".498.2")
    assert found["instance_uid"].endswith(".498.3")
    assert found["transfer_syntax"] == "1.2.840.10008.1.2.1"


MOMENTS: dict[str, tuple[dict[str, str], str | None]] = {
    "nothing": ({}, None),
    "acquisition as one": ({"AcquisitionDateTime": "20260502101530.250000+0200"}, "2026-05-02T10:15:30"),
    "content": ({"ContentDate": "20260502", "ContentTime": "1015301"}, "2026-05-02T10:15:30"),
    "study only": ({"StudyDate": "20260502", "StudyTime": "101530"}, "2026-05-02T10:15:30"),
    "day without a time": ({"StudyDate": "20260502"}, None),
    "as ACR-NEMA wrote it": ({"StudyDate": "2026.05.02", "StudyTime": "10:15:30"}, "2026-05-02T10:15:30"),
    "a day that is none": ({"StudyDate": "20260231", "StudyTime": "101530"}, None),
    "an hour that is none": ({"StudyDate": "20260502", "StudyTime": "256099"}, None),
}


@pytest.mark.parametrize(("elements", "moment"), MOMENTS.values(), ids=MOMENTS)
def test_the_moment_is_that_nearest_to_the_picture(
    elements: dict[str, str], moment: str | None, tmp_path: Path
) -> None:
    assert dicom.look(dicom.written(dicom.grey(**elements)), tmp_path)["captured_at"] == moment


def clues(data: bytes, place: Path) -> list[tuple[str, ...]]:
    found = dicom.look(data, place)["clues"]
    assert all(clue["source"] == "dicom" for clue in found)
    return [(clue["field"], clue["value"]) + ((clue["place"],) if clue["place"] else ()) for clue in found]


FULL = {
    "PatientID": "0010423381",
    "PatientName": "García López^María José^Ana^Dra.^Jr.",
    "PatientBirthDate": "19700131",
    "PatientSex": "F",
    "StudyDate": "20260501",
}
NAME = ("family_name", "García López")
PATIENTS: dict[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "nothing": ({}, []),
    "everything": (
        FULL,
        [
            ("record_number", "0010423381", "labelled"),
            NAME,
            ("given_names", "María José Ana"),
            ("suffix", "Jr."),
            ("birth_date", "1970-01-31", "labelled"),
            ("sex", "F"),
            ("taken_on", "2026-05-01"),
        ],
    ),
    "blanks around": ({"PatientID": " 123456 "}, [("record_number", "123456", "labelled")]),
    "HL7's whole identifier": ({"PatientID": "123456^^^HOSP^MR"}, [("record_number", "123456", "labelled")]),
    "surnames only": ({"PatientName": "García López^"}, [("name", "García López")]),
    "typed into one field": ({"PatientName": "GARCIA LOPEZ MARIA"}, [("name", "GARCIA LOPEZ MARIA")]),
    "typed with a comma": ({"PatientName": "García, María"}, [("name", "García, María")]),
    "given names only": ({"PatientName": "^María"}, [("given_names", "María")]),
    "a degree is no suffix": (
        {"PatientName": "Roe^Jo^^^M.D."},
        [("family_name", "Roe"), ("given_names", "Jo")],
    ),
    "the third": (
        {"PatientName": "Roe^Jo^^^III"},
        [("family_name", "Roe"), ("given_names", "Jo"), ("suffix", "III")],
    ),
    "anonymous": ({"PatientName": "ANONYMOUS", "PatientID": "ANON0000"}, []),
    "nobody": ({"PatientName": "UNKNOWN^UNKNOWN", "PatientID": "0000000"}, []),
    "blanks": ({"PatientName": "^^^^", "PatientID": "  "}, []),
    "a day that is none": ({"PatientBirthDate": "19700231"}, []),
    "nobody was asked for the sex": ({"PatientSex": "O"}, []),
}


@pytest.mark.parametrize(("elements", "expected"), PATIENTS.values(), ids=PATIENTS)
def test_the_patient_module_becomes_clues(
    elements: dict[str, Any], expected: list[tuple[str, ...]], tmp_path: Path
) -> None:
    data = dicom.written(dicom.grey(SpecificCharacterSet="ISO_IR 192", **elements))
    assert clues(data, tmp_path) == expected


CHARACTER_SETS: dict[str, tuple[Any, str, str, str]] = {
    "Latin 1": ("ISO_IR 100", "Peña^Núñez", "Peña", "Núñez"),
    "Unicode": ("ISO_IR 192", "Peña^Núñez", "Peña", "Núñez"),
    "Chinese": ("GB18030", "Wang^XiaoDong=王^小东", "Wang", "XiaoDong"),
    "Russian": ("ISO_IR 144", "Люкceмбypг^Ия", "Люкceмбypг", "Ия"),
    "Japanese beside Latin": (
        ["", "ISO 2022 IR 87"],
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "Yamada",
        "Tarou",
    ),
    "Japanese alone": (["", "ISO 2022 IR 87"], "=山田^太郎", "山田", "太郎"),
    "Korean beside Latin": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "Hong", "Gildong"),
}


@pytest.mark.parametrize(("name_of", "name", "family", "given"), CHARACTER_SETS.values(), ids=CHARACTER_SETS)
def test_names_are_read_in_the_character_set_that_is_said(
    name_of: Any, name: str, family: str, given: str, tmp_path: Path
) -> None:
    data = dicom.written(dicom.grey(SpecificCharacterSet=name_of, PatientName=name))
    assert clues(data, tmp_path) == [("family_name", family), ("given_names", given)]


@pytest.mark.parametrize(
    "said", [b"ISO_IR 6 ", b"ISO_IR 999 ", b"\xff\xfe\0\0"], ids=["ASCII", "none", "noise"]
)
def test_unicode_that_is_not_said_is_repaired(said: bytes, tmp_path: Path) -> None:
    name = "Peña^Núñez".encode()
    elements = (
        dicom.element(0x00080005, b"CS", len(said), said),
        dicom.element(0x00100010, b"PN", len(name), name),
    )
    found = clues(dicom.raw(*elements, dicom.image_elements()), tmp_path)
    assert found == [("family_name", "Peña"), ("given_names", "Núñez")]


def test_private_elements_are_read_by_nobody(tmp_path: Path) -> None:
    made = dicom.grey(PatientID="123456")
    block = made.private_block(0x0011, "ACME", create=True)
    block.add_new(0x01, "PN", "Secret^Name")
    found = dicom.look(dicom.written(made), tmp_path)
    assert "Secret" not in str(found)
