"""Photographs of labels made in code: a code on paper, held askew before a ward, and a camera's faults."""

from typing import Any

import numpy as np
import zxingcpp
from PIL import Image, ImageEnhance, ImageFilter
from zxingcpp import BarcodeFormat

SIZE_PX = (1600, 1200)
QR, DATA_MATRIX, CODE_128 = BarcodeFormat.QRCode, BarcodeFormat.DataMatrix, BarcodeFormat.Code128
_PAPER = (250, 250, 245)


def printed(text: str, form: BarcodeFormat, **options: Any) -> Image.Image:
    """The code alone, crisp and with its quiet zone, as a label printer has it."""
    barcode = zxingcpp.create_barcode(text, form, **options)
    return Image.fromarray(np.array(barcode.to_image(scale=6))).convert("L")


def label(text: str, form: BarcodeFormat, *, width_px: int, **options: Any) -> Image.Image:
    """The code on white paper, `width_px` wide."""
    code = printed(text, form, **options)
    height_px = width_px // 4 if form is CODE_128 else width_px
    code = code.resize((width_px, height_px), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", (width_px + width_px // 5, height_px + width_px // 5), _PAPER)
    paper.paste(code.convert("RGB"), (width_px // 10, width_px // 10))
    return paper


def photograph(
    *labels: Image.Image,
    angle: float = 0.0,
    tilt: float = 0.0,
    blur_px: float = 1.0,
    light: float = 1.0,
    seed: int = 1,
) -> Image.Image:
    """The labels beside each other before soft clouds, turned by `angle` degrees, with a camera's grain.

    `tilt` is the share by which the far side is shorter (perspective); `light` below 1 is dark.
    """
    random = np.random.default_rng(seed)
    clouds = random.integers(90, 200, (24, 32, 3), dtype=np.uint8)
    scene = Image.fromarray(clouds).resize(SIZE_PX, Image.Resampling.BICUBIC)
    for number, paper in enumerate(labels, start=1):
        _lay(scene, paper, SIZE_PX[0] * number // (len(labels) + 1), angle, tilt)
    scene = ImageEnhance.Brightness(scene.filter(ImageFilter.GaussianBlur(blur_px))).enhance(light)
    grain = random.normal(0, 5, (SIZE_PX[1], SIZE_PX[0], 1)).astype(np.int16)
    return Image.fromarray(np.clip(np.asarray(scene, dtype=np.int16) + grain, 0, 255).astype(np.uint8))


def wristband(text: str, form: BarcodeFormat) -> Image.Image:
    """A band round a wrist: the label's ends turn away from the camera."""
    paper = label(text, form, width_px=500)
    width = paper.width
    across = np.linspace(-0.6, 0.6, width)
    columns = (np.arcsin(across) / np.arcsin(0.6) * 0.5 + 0.5) * (width - 1)
    bent = np.asarray(paper)[:, np.clip(columns.round().astype(int), 0, width - 1)]
    return photograph(Image.fromarray(bent), angle=6)


def _lay(scene: Image.Image, paper: Image.Image, middle: int, angle: float, tilt: float) -> None:
    mask = Image.new("L", paper.size, 255)
    if tilt:
        width, height = paper.size
        inset = tilt * height / 2
        # the corners of the paper that the corners of the picture show: left is near, right is far
        quad = (0, 0, 0, height, width, height + inset, width, -inset)
        paper = paper.transform(paper.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
        mask = mask.transform(mask.size, Image.Transform.QUAD, quad)
    turned = paper.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    where = (middle - turned.width // 2, (scene.height - turned.height) // 2)
    scene.paste(turned, where, mask.rotate(angle, expand=True))
