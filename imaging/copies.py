"""Step 6 for pictures, in the sandboxed child: writes the smaller copies of an upright picture."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from imaging.facts import Made, Wanted
from imaging.pixels.shrink import shrink

JPEG_QUALITY = 80
_WORKING_SIDE_PX = 256


def working_side_px(wanted: Sequence[Wanted]) -> int:
    """The longest side in pixels that the copies and the perceptual hash need, and no more."""
    return max([_WORKING_SIDE_PX, *(copy["side_px"] for copy in wanted)])


def write_copies(picture: Image.Image, wanted: Sequence[Wanted], scratch: Path) -> list[Made]:
    """From the largest to the smallest, each made from the one before it; returned in the order asked for."""
    made = {}
    for copy in sorted(wanted, key=lambda copy: copy["side_px"], reverse=True):
        picture = shrink(picture, copy["side_px"])
        made[copy["name"]] = _write_jpeg(picture, copy["name"], scratch)
    return [made[copy["name"]] for copy in wanted]


def _write_jpeg(picture: Image.Image, name: str, scratch: Path) -> Made:
    target = scratch / f"{name}.jpg"
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    size = target.stat().st_size
    return Made(name=name, width=picture.width, height=picture.height, size=size, file=target.name)
