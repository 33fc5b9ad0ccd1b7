"""Says no before the decoder says yes: pixels, pages and memory are judged from headers alone."""

from math import ceil
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin

from imaging import errors
from imaging.containers import Skeleton

MAX_DECODE_BYTES = 464 * 1024 * 1024
"""Memory that decoding one picture may take: 120 megapixels of colour, so that a job ends below 512 MiB."""

_BYTES_PER_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
_COLOUR_BYTES = 4
_ROW_BYTES = 16
_ANIMATION_COPIES = 4
_YCBCR = 6
_Tag = ExifTags.Base


def check_skeleton(skeleton: Skeleton, max_pixels: int) -> None:
    """Raises FileRejected "too-many-pixels", "image-incomplete" or "too-much-memory", by the container."""
    _check_pixels(skeleton.pixels, max_pixels)
    if skeleton.is_too_short:
        raise errors.incomplete()
    _check_memory(skeleton.side_memory_bytes)


def check_image(image: Image.Image, skeleton: Skeleton, *, max_pixels: int, max_frames: int) -> int:
    """Check an opened picture of which nothing is decoded yet, and return how many frames will be.

    Of a JPEG with several pictures (MPO) only the first counts. A TIFF is left at its first page. Raises
    FileRejected "too-many-frames", "too-many-pixels" (of all frames), "too-much-memory" (of the worst frame).
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _check_pages(image, max_pixels, max_frames)
    if image.format in {"JPEG", "MPO"}:
        _check_pixels(image.width * image.height, max_pixels)
        return 1
    frames = int(getattr(image, "n_frames", 1))
    if frames > max_frames:
        raise errors.too_many_frames(frames, max_frames)
    _check_pixels(image.width * image.height * frames, max_pixels)
    copies = _ANIMATION_COPIES if image.format == "PNG" and frames > 1 else 1
    _check_memory(pixel_bytes(image) * copies + skeleton.side_memory_bytes)
    return frames


def pixel_bytes(image: Image.Image) -> int:
    """How much memory the pixels of one frame take once they are decoded; every row costs something too."""
    return image.height * (image.width * _BYTES_PER_PIXEL.get(image.mode, _COLOUR_BYTES) + _ROW_BYTES)


def _check_pages(image: TiffImagePlugin.TiffImageFile, max_pixels: int, max_frames: int) -> int:
    """Page by page and never by `n_frames`, which follows a chain of a million pages to its end."""
    pixels = 0
    for frame in range(max_frames):
        pixels += image.width * image.height
        _check_pixels(pixels, max_pixels)
        _check_memory(_page_bytes(image))
        try:
            image.seek(frame + 1)
        except EOFError:
            image.seek(0)
            return frame + 1
    raise errors.too_many_frames(max_frames + 1, max_frames)


def _page_bytes(image: TiffImagePlugin.TiffImageFile) -> int:
    """The pixels, a second copy if they will be turned, and the strip or tile libtiff unpacks at once."""
    tags = image.tag_v2
    across = tags.get(_Tag.TileWidth, image.width)
    down = tags.get(_Tag.TileLength, min(tags.get(_Tag.RowsPerStrip, image.height), image.height))
    bits = max(_numbers(tags.get(_Tag.BitsPerSample, 1))) * tags.get(_Tag.SamplesPerPixel, 1)
    unpacked = max(bits / 8, _COLOUR_BYTES if tags.get(_Tag.PhotometricInterpretation) == _YCBCR else 0)
    copies = 1 if tags.get(_Tag.Orientation, 1) == 1 else 2
    piece_bytes: int = ceil(across * down * unpacked)
    return pixel_bytes(image) * copies + piece_bytes


def _numbers(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _check_pixels(pixels: int, limit: int) -> None:
    if pixels > limit:
        raise errors.too_many_pixels(pixels, limit)


def _check_memory(needed: int) -> None:
    if needed > MAX_DECODE_BYTES:
        raise errors.too_much_memory(needed, MAX_DECODE_BYTES)
