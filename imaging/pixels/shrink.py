"""Makes a big picture small with one decode and no second big copy, in true colours, ready for a screen."""

from io import BytesIO

from PIL import Image, ImageCms

from imaging.pixels.tones import window_to_8_bit

GAP = 1.2
"""The decoder may shrink by itself (JPEG: 1/2, 1/4, 1/8) as long as 1.2 times the wanted side is left; below
that the plain averages of the DCT show (measured: SSIM 0.996 against 0.98)."""

_REDUCED_AS = {
    "1": "L", "P": "RGBA", "PA": "RGBA", "LA": "RGBA", "La": "LA", "RGBA": "RGBA", "RGBa": "RGBA",
    "I;16": "I", "I;16L": "I", "I;16B": "I", "I;16N": "I",
}  # fmt: skip
"""Modes that Pillow only shrinks through a full-size copy in another mode; they go band by band instead."""

_BAND_PIXELS = 1 << 20
_WHITE = (255, 255, 255)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
_LARGEST_PROFILE_BYTES = 4 << 20


def shrink(image: Image.Image, side_px: int) -> Image.Image:
    """A copy of at most `side_px` on its longer side, never enlarged; decodes the image if it is not yet."""
    size = fitted(image.size, side_px)
    drafted = image.draft(None, (int(size[0] * GAP), int(size[1] * GAP)))
    if image.mode in _REDUCED_AS:
        small, box = _reduce_in_bands(image, size, _REDUCED_AS[image.mode])
        return small.resize(size, Image.Resampling.LANCZOS, box)
    return image.resize(size, Image.Resampling.LANCZOS, drafted and drafted[1], GAP)


def fitted(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """Width and height in pixels after shrinking the longer side to `side_px`, each at least 1."""
    longer = max(size)
    if longer <= side_px:
        return size
    return max(1, round(size[0] * side_px / longer)), max(1, round(size[1] * side_px / longer))


def to_screen(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Mode "L" or "RGB" in sRGB for any mode Pillow reads, and warning codes; meant for the small picture.

    Deep grey is windowed, transparency becomes white, an embedded colour profile is applied if it is sound.
    Nothing else comes along: comments and other metadata stay behind.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return window_to_8_bit(image), ()
    if image.mode in _REDUCED_AS:
        image = _on_white(image)
    image, warnings = _in_srgb(image, profile)
    if image.mode not in {"L", "RGB"}:
        image = image.convert("RGB")
    image.info.clear()
    return image, warnings


def _reduce_in_bands(
    image: Image.Image, size: tuple[int, int], mode: str
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Average blocks of pixels, converting a megapixel at a time to `mode`; also the box that is full."""
    image.load()
    across = max(1, int(image.width / size[0] / GAP))
    down = max(1, int(image.height / size[1] / GAP))
    rows = max(1, _BAND_PIXELS // (image.width * down)) * down
    small = Image.new(mode, (-(-image.width // across), -(-image.height // down)))
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height))).convert(mode)
        small.paste(band.reduce((across, down)), (0, top // down))
    return small, (0, 0, image.width / across, image.height / down)


def _on_white(image: Image.Image) -> Image.Image:
    colours = image.convert("RGBA")
    page = Image.new("RGB", image.size, _WHITE)
    page.paste(colours, mask=colours.getchannel("A"))
    return page


def _in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Apply the profile unless it is sRGB itself, as most are; a broken one is left out with a warning."""
    if image.mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    if not profile or image.mode == "L" or any(name in profile[:4096] for name in _SRGB_NAMES):
        return image, ()
    if len(profile) > _LARGEST_PROFILE_BYTES:
        return image, ("colour-profile-ignored",)
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image, ("colour-profile-ignored",)
    return converted or image, ()
