"""Steps 2 and 6 of the road for pictures, in the sandboxed child: open once, decode once, and tell all."""

import errno
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from files.errors import FileRejected
from imaging import errors
from imaging.codes import codes_in
from imaging.containers import check_container, is_cut_off
from imaging.copies import working_side_px, write_copies
from imaging.exif import Exif, read_exif
from imaging.facts import Code, Examined, Wanted
from imaging.limits import check_image, check_skeleton
from imaging.pixels.phash import perceptual_hash
from imaging.pixels.shrink import shrink, to_screen
from imaging.remarks import read_remarks

_DISK_ERRORS = {errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOENT, errno.ESTALE}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

logging.getLogger("PIL").setLevel(logging.WARNING)  # its debug log quotes tags, and tags quote names


def examine(
    *,
    path: str,
    kind: str,
    scratch: str,
    max_pixels: int,
    max_frames: int,
    variants: Sequence[Wanted],
    today: str,
) -> Examined:
    """Decode every frame of a picture once, and write its smaller copies into the directory `scratch`.

    `kind` is "jpeg", "png", "tiff" or "webp"; `max_pixels` counts all frames together; `today` is an ISO
    date, and no date that somebody wrote is later. Copies are upright baseline JPEG in sRGB without any
    metadata, never enlarged. Raises FileRejected "image-incomplete",
    "image-damaged", "image-unsupported", "too-many-pixels", "too-many-frames", "too-much-memory".
    """
    side_px = working_side_px(variants)
    with _judging(Path(path), kind), _watched(max_pixels) as noticed:
        decoded = _decode(Path(path), kind, side_px, max_pixels=max_pixels, max_frames=max_frames)
    return Examined(
        width=decoded.width,
        height=decoded.height,
        frames=decoded.frames,
        orientation=decoded.exif.orientation,
        captured_at=decoded.exif.captured_at,
        captured_subsec=decoded.exif.captured_subsec,
        camera=decoded.exif.camera,
        pixel_hash=perceptual_hash(decoded.picture),
        variants=write_copies(decoded.picture, variants, Path(scratch)),
        warnings=[*decoded.exif.warnings, *decoded.warnings, *noticed],
        clues=read_remarks(decoded.exif, today=date.fromisoformat(today)),
        codes=decoded.codes,
    )


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The small upright picture, and what was learnt on the way to it."""

    picture: Image.Image
    width: int
    height: int
    frames: int
    exif: Exif
    warnings: tuple[str, ...]
    codes: list[Code]


def _decode(path: Path, kind: str, side_px: int, *, max_pixels: int, max_frames: int) -> _Decoded:
    """Headers, limits, then the only decode: `shrink` must be the first to touch a JPEG, else it is slow."""
    skeleton = check_container(path, kind)
    check_skeleton(skeleton, max_pixels)
    with Image.open(path, formats=[kind.upper()]) as image:
        frames = check_image(image, skeleton, max_pixels=max_pixels, max_frames=max_frames)
        if kind == "png":
            image.load()  # EXIF may stand behind the pixels, and there is no scaled decode to lose
        exif, (width, height) = read_exif(image), image.size
        picture, odd_colours = to_screen(shrink(image, side_px), image.info.get("icc_profile"))
        codes = codes_in(image, picture)
        album = ("only-first-picture",) if image.format == "MPO" else ()
        _decode_the_rest(image, frames)
    if kind != "tiff":  # which Pillow has turned already, in size and pixels
        picture = _turned(picture, exif.orientation)
        width, height = (height, width) if exif.lies_on_its_side else (width, height)
    return _Decoded(picture, width, height, frames, exif, odd_colours + album, codes)


def _decode_the_rest(image: Image.Image, frames: int) -> None:
    """Look at every further page, so that damage behind the first is noticed now and not by a reader."""
    for frame in range(1, frames):
        image.seek(frame)
        image.load()


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


@contextmanager
def _judging(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever Pillow raises over a file into our refusals; errors of the disk pass."""
    try:
        yield
    except (FileRejected, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise
        is_cut = "truncated" in str(error).lower() or is_cut_off(path, kind)
        raise (errors.incomplete() if is_cut else errors.damaged()) from error


@contextmanager
def _watched(max_pixels: int) -> Iterator[list[str]]:
    """Keep Pillow's own pixel limit behind ours, and its warnings (they quote tags) down to one code."""
    noticed: list[str] = []
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield noticed
        if any(warning.category is UserWarning for warning in caught):
            noticed.append("metadata-damaged")
    except Image.DecompressionBombError as error:  # Pillow refuses at twice the limit, before ours is asked
        raise errors.too_many_pixels(2 * max_pixels, max_pixels) from error
    finally:
        Image.MAX_IMAGE_PIXELS = before
