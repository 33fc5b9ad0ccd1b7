"""Steps 2 and 6 of the road for DICOM, in the sandboxed child: open once, decode one frame, and tell all."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from files.errors import FileRejected
from imaging import errors
from imaging.copies import working_side_px, write_copies
from imaging.dicom.frame import first_frame
from imaging.dicom.part10 import open_dicom
from imaging.dicom.patient import read_patient, read_study
from imaging.exif import UPRIGHT
from imaging.facts import ExaminedDicom, Wanted, fact_of
from imaging.pixels.phash import perceptual_hash


def examine(*, path: str, scratch: str, max_pixels: int, variants: Sequence[Wanted]) -> ExaminedDicom:
    """Read header and first frame of a DICOM file, and write its smaller copies into the directory `scratch`.

    `max_pixels` is the limit of the first frame; further ones are counted. Copies are JPEG as for any other
    picture. Raises FileRejected "dicom-without-pixels", "transfer-syntax-unsupported", "image-incomplete",
    "image-damaged", "image-unsupported", "too-many-pixels", "too-much-memory".
    """
    with _judging(max_pixels):
        file = open_dicom(Path(path))
        frame = first_frame(file, working_side_px(variants), max_pixels=max_pixels)
        study = read_study(file.header)
        clues = [fact_of(clue) for clue in read_patient(file.header)]
    return ExaminedDicom(
        modality=study.modality,
        body_part=study.body_part,
        laterality=study.laterality,
        study_date=study.study_date,
        study_uid=study.study_uid,
        series_uid=study.series_uid,
        instance_uid=study.instance_uid,
        camera=study.camera,
        captured_at=study.captured_at,
        captured_subsec=study.captured_subsec,
        width=frame.width,
        height=frame.height,
        frames=frame.frames,
        orientation=UPRIGHT,
        pixel_hash=perceptual_hash(frame.picture),
        variants=write_copies(frame.picture, variants, Path(scratch)),
        warnings=["only-first-frame"] if frame.frames > 1 else [],
        clues=clues,
        codes=[],
        transfer_syntax=str(file.syntax),
    )


@contextmanager
def _judging(max_pixels: int) -> Iterator[None]:
    """Turn whatever pydicom raises over a file into our refusals; errors of the disk pass."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote values, and values name people
            yield
    except (FileRejected, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise errors.damaged() from error
    finally:
        Image.MAX_IMAGE_PIXELS = before
