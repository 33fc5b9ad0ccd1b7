"""Pictures that look like a clinic's, drawn from a seed: skin with a mark and a ruler, or an X-ray of a
long bone.
"""

import io
from datetime import datetime

import numpy as np
import zxingcpp
from PIL import ExifTags, Image, ImageDraw, ImageFilter

_SIZE_PX = (1600, 1200)
_SKIN = ((232, 190, 172), (198, 140, 113), (141, 85, 57), (241, 207, 187))


def photograph(
    seed: int, taken_at: datetime | None, *, camera: str = "DSC-RX10", rotated: bool = False
) -> bytes:
    """A JPEG of 1600 × 1200 px with EXIF; `rotated` is held upright and says so in its orientation tag."""
    picture = _skin(np.random.default_rng(seed))
    exif = _exif(taken_at, camera)
    if rotated:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[ExifTags.Base.Orientation] = 6
    return _jpeg(picture, exif)


def card(number: str, taken_at: datetime, *, camera: str) -> bytes:
    """A photograph of a label with this record number as QR and Code 128, held a little askew."""
    picture = Image.new("RGB", _SIZE_PX, (96, 104, 112))
    label = Image.new("RGB", (1100, 640), (248, 248, 242))
    label.paste(_code(number, zxingcpp.BarcodeFormat.QRCode, (360, 360)), (60, 60))
    label.paste(_code(number, zxingcpp.BarcodeFormat.Code128, (560, 180)), (480, 150))
    ImageDraw.Draw(label).text((60, 480), number, fill=(20, 20, 20), font_size=90)
    tilted = label.rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor=(96, 104, 112))
    picture.paste(tilted, ((_SIZE_PX[0] - tilted.width) // 2, (_SIZE_PX[1] - tilted.height) // 2))
    return _jpeg(picture.filter(ImageFilter.GaussianBlur(1.2)), _exif(taken_at, camera))


def x_ray(seed: int, taken_at: datetime | None) -> bytes:
    """A grey JPEG of 1200 × 1600 px: soft tissue, a bone, and noise."""
    random = np.random.default_rng(seed)
    height, width = _SIZE_PX[0], _SIZE_PX[1]
    across = np.linspace(-1, 1, width)[None, :] + 0.15 * np.sin(np.linspace(0, 3, height) + seed)[:, None]
    tissue = 90 * np.exp(-((across / 0.55) ** 4))
    bone = 110 * np.exp(-((across / 0.16) ** 6)) - 45 * np.exp(-((across / 0.08) ** 4))
    noise = random.normal(0, 6, (height, width))
    pixels = np.clip(18 + tissue + bone + noise, 0, 255).astype(np.uint8)
    return _jpeg(Image.fromarray(pixels, "L"), _exif(taken_at, "FDR D-EVO"))


def screenshot(seed: int) -> bytes:
    """A PNG without any EXIF, as somebody pastes it into a folder."""
    buffer = io.BytesIO()
    _skin(np.random.default_rng(seed)).resize((800, 600)).save(buffer, "PNG")
    return buffer.getvalue()


def _skin(random: np.random.Generator) -> Image.Image:
    width, height = _SIZE_PX
    base = np.array(_SKIN[int(random.integers(len(_SKIN)))], dtype=float)
    light = np.linspace(1.06, 0.88, height)[:, None, None]
    pixels = base * light + random.normal(0, 5, (height, width, 1))
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
    picture.paste(_mark(random), (0, 0), _mark_mask(random))
    _ruler(picture)
    return picture


def _mark(random: np.random.Generator) -> Image.Image:
    red, dark = int(random.integers(110, 190)), int(random.integers(40, 80))
    return Image.new("RGB", _SIZE_PX, (red, dark, dark))


def _mark_mask(random: np.random.Generator) -> Image.Image:
    mask = Image.new("L", _SIZE_PX, 0)
    draw = ImageDraw.Draw(mask)
    x, y = int(random.integers(500, 1000)), int(random.integers(350, 750))
    for _ in range(14):
        radius = int(random.integers(30, 110))
        left, top = x + int(random.integers(-90, 90)), y + int(random.integers(-70, 70))
        draw.ellipse(
            (left - radius, top - radius, left + radius, top + radius), fill=int(random.integers(60, 150))
        )
    return mask.filter(ImageFilter.GaussianBlur(9))


def _ruler(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    left, bottom = 120, _SIZE_PX[1] - 90
    draw.rectangle((left, bottom - 60, left + 1000, bottom), fill=(245, 245, 240))
    for tick in range(51):
        length = 34 if tick % 5 == 0 else 18
        draw.line((left + 20 * tick, bottom, left + 20 * tick, bottom - length), fill=(30, 30, 30), width=2)


def _code(text: str, form: zxingcpp.BarcodeFormat, size_px: tuple[int, int]) -> Image.Image:
    bars = np.array(zxingcpp.create_barcode(text, form).to_image(scale=4))
    return Image.fromarray(bars).resize(size_px, Image.Resampling.LANCZOS)


def _exif(taken_at: datetime | None, camera: str) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    if taken_at is not None:
        exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: taken_at.strftime("%Y:%m:%d %H:%M:%S")}
    return exif


def _jpeg(picture: Image.Image, exif: Image.Exif) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88, exif=exif)
    return buffer.getvalue()
