"""The demonstration folder: what a ward has on its card after a morning, with what should become of each
file.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from batches.demo import dicom, pdf, pictures
from batches.states import FileStatus
from patients.models import Patient

# Cameras know no time zone, and neither does this morning.
_MORNING = datetime(2026, 5, 4, 8, 30)  # noqa: DTZ001
_FEWEST_PATIENTS = 40


@dataclass(frozen=True)
class DemoFile:
    """One file of the folder, and where it must end: `patient` is set where it is filed."""

    path: str
    content: bytes
    status: FileStatus
    patient: Patient | None = None


def write_folder(target: Path, patients: Sequence[Patient]) -> list[DemoFile]:
    """Write the folder below `target` and return what was written; running it twice writes the same bytes."""
    files = list(demo_files(patients))
    for file in files:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return files


def demo_files(patients: Sequence[Patient]) -> Iterator[DemoFile]:
    """Pictures in the ways that people name them, or do not, letters, copies, broken and unknown ones.

    `patients` is the demonstration directory; people whom a name alone cannot tell apart are left out.
    """
    people = _unmistakable(patients)
    if len(people) < _FEWEST_PATIENTS:
        raise ValueError(f"{len(people)} distinct patients are too few; the folder needs {_FEWEST_PATIENTS}.")
    yield from _by_number(people[:8])
    yield from _by_name(people[8:22])
    yield from _x_rays(people[22:28])
    yield from _by_folder(people[28])
    yield from _screenshots(people[29:32])
    yield from _uncertain(people[32:36])
    yield from _letters(people[22:30])
    yield from _copies(people[:2])
    yield from _broken(people[36])
    yield from _behind_a_card(people[37])
    yield from _by_header(people[38:40])


def _by_number(people: Sequence[Patient]) -> Iterator[DemoFile]:
    for index, patient in enumerate(people):
        for shot in range(1, 4):
            taken_at = _MORNING + timedelta(minutes=11 * index, seconds=9 * shot)
            content = pictures.photograph(100 + 10 * index + shot, taken_at, rotated=shot == 3)  # noqa: PLR2004
            yield _filed(f"Dermatology/{patient.mrn}_{shot:03d}.jpg", content, patient)


def _by_name(people: Sequence[Patient]) -> Iterator[DemoFile]:
    for index, patient in enumerate(people):
        taken_at = _MORNING + timedelta(hours=2, minutes=4 * index)
        name = f"{patient.family_name}_{patient.given_names}_{taken_at:%Y%m%d}.jpg"
        yield _filed(
            f"Wound clinic/{name}", pictures.photograph(300 + index, taken_at, camera="Phone 12"), patient
        )


def _x_rays(people: Sequence[Patient]) -> Iterator[DemoFile]:
    for index, patient in enumerate(people):
        taken_at = _MORNING + timedelta(hours=3, minutes=6 * index)
        yield _filed(
            f"X-ray/{_full_name(patient, index)}_RX.jpg", pictures.x_ray(500 + index, taken_at), patient
        )


def _by_folder(patient: Patient) -> Iterator[DemoFile]:
    folder = f"{patient.mrn} {patient.family_name}, {patient.given_names}"
    for shot in range(1, 5):
        content = pictures.photograph(600 + shot, _MORNING + timedelta(hours=4, seconds=20 * shot))
        yield _filed(f"{folder}/IMG_{1200 + shot}.jpg", content, patient)


def _screenshots(people: Sequence[Patient]) -> Iterator[DemoFile]:
    for index, patient in enumerate(people):
        yield _filed(
            f"Desktop/{patient.mrn} {patient.family_name}.png", pictures.screenshot(700 + index), patient
        )


def _uncertain(people: Sequence[Patient]) -> Iterator[DemoFile]:
    """Nobody's name, one patient's number with another's name, a number that nobody has."""
    first, second, third, fourth = people
    names = [
        *(f"DSC_{number:04d}.jpg" for number in (412, 413, 414)),
        f"{first.mrn}_{second.family_name}_{second.given_names}.jpg",
        f"{third.mrn}_{fourth.family_name}, {fourth.given_names}_6001467099_CONS.jpg",
        "Stranger_Quentin_20260504.jpg",
    ]
    for index, name in enumerate(names):
        content = pictures.photograph(800 + index, _MORNING + timedelta(hours=5, minutes=index))
        yield DemoFile(f"Unsorted/{name}", content, FileStatus.REVIEW)


def _letters(people: Sequence[Patient]) -> Iterator[DemoFile]:
    for index, patient in enumerate(people):
        code = ("CONS", "LAB")[index % 2]
        yield _filed(
            f"Letters/{_full_name(patient, index)}_{code}.pdf", pdf.letter(_letter(patient)), patient
        )


def _copies(people: Sequence[Patient]) -> Iterator[DemoFile]:
    """The same bytes again: under the same patient, without a name, and under somebody else's number."""
    first, second = people
    taken_at = _MORNING + timedelta(seconds=9)
    content = pictures.photograph(101, taken_at)
    yield DemoFile(f"Z backup/{first.mrn}_001.jpg", content, FileStatus.DUPLICATE)
    yield DemoFile("Z backup/IMG_0001.jpg", content, FileStatus.DUPLICATE)
    yield DemoFile(f"Z backup/{second.mrn}_001.jpg", content, FileStatus.REVIEW)


def _broken(patient: Patient) -> Iterator[DemoFile]:
    whole = pictures.photograph(900, _MORNING)
    page = b"<!doctype html><title>Sign in</title><p>Your session has ended.</p>"
    yield DemoFile(f"Damaged/{patient.mrn}_cut off.jpg", whole[: len(whole) // 3], FileStatus.FAILED)
    yield DemoFile(f"Damaged/{patient.mrn}_web page.jpg", page, FileStatus.FAILED)
    yield DemoFile("Damaged/notes.txt", b"Call the lab about the second sample.\n", FileStatus.FAILED)
    yield DemoFile(f"Damaged/{patient.mrn}_report.pdf", b"%PDF-1.4\n" + b"\x00" * 400, FileStatus.FAILED)
    yield DemoFile("Damaged/empty.jpg", b"", FileStatus.FAILED)


def _behind_a_card(patient: Patient) -> Iterator[DemoFile]:
    """A photograph of the patient's label, and the shots after it, whose names say nothing."""
    taken_at, camera = _MORNING + timedelta(hours=7), "DSC-W830"
    card = pictures.card(patient.mrn, taken_at, camera=camera)
    yield DemoFile("Bedside/DSC01001.jpg", card, FileStatus.CANCELLED)
    for shot in range(1, 4):
        content = pictures.photograph(950 + shot, taken_at + timedelta(minutes=shot), camera=camera)
        yield _filed(f"Bedside/DSC0{1001 + shot}.jpg", content, patient)


def _by_header(people: Sequence[Patient]) -> Iterator[DemoFile]:
    """What an X-ray machine exports: the header names the patient; in one of two the file name another."""
    first, second = people
    taken_at = _MORNING + timedelta(hours=8)
    yield _filed("X-ray/IM000001.dcm", dicom.chest(971, taken_at, first), first)
    yield DemoFile(f"X-ray/{second.mrn}_IM000002.dcm", dicom.chest(972, taken_at, first), FileStatus.REVIEW)


def _filed(path: str, content: bytes, patient: Patient) -> DemoFile:
    return DemoFile(path, content, FileStatus.COMPLETED, patient)


def _full_name(patient: Patient, index: int) -> str:
    name = f"{patient.family_name}, {patient.given_names}".upper()
    return f"{patient.mrn}_{name}_{6001467010 + index}"


def _letter(patient: Patient) -> list[list[str]]:
    heading = ["Consultation", "", f"Record number {patient.mrn}", "Date 2026-05-04", ""]
    body = [
        "The patient was seen in our outpatient clinic this morning.",
        "Antecedentes: hipertensión arterial en tratamiento; sin alergias conocidas.",
        "Findings: wound edges are clean and dry, no sign of infection.",
        "Plan: change the dressing every second day, control in one week.",
    ]
    return [heading + body, ["Laboratory", "", "Haemoglobin 13.9 g/dl", "Leucocytes 7.2 /nl", "CRP 3 mg/l"]]


def _unmistakable(patients: Sequence[Patient]) -> list[Patient]:
    """Those whose surnames nobody else of the directory has, in either order, and who have no suffix."""
    surnames = Counter(_surnames(patient) for patient in patients)
    return [p for p in patients if surnames[_surnames(p)] == 1 and p.given_names and not p.suffix]


def _surnames(patient: Patient) -> frozenset[str]:
    return frozenset(patient.family_name.lower().split())
