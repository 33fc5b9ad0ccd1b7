"""Real pictures made in code: small functions that return bytes, the sound ones first, then the hostile.

Every picture shows the same scene: a different colour in each corner, so that a test can see which way is up.
`PICTURES` is the table of the sound ones with what is expected of each. PDFs are in `tests.sample_documents`.
"""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageCms

WIDTH, HEIGHT = 480, 320
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (200, 30, 30), (30, 180, 30), (30, 30, 200), (220, 200, 40)
CAPTURED_AT = "2026:05:01 10:00:00"
CAPTURED_AT_ISO = "2026-05-01T10:00:00"

# How pixels must be stored so that EXIF orientation n shows them upright: the inverse of what a viewer does.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = WIDTH, height: int = HEIGHT, *, seed: int = 0) -> Image.Image:
    """An RGB picture with a known colour in each corner, and soft clouds that depend on `seed`."""
    clouds = np.random.default_rng(seed).integers(40, 216, (6, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(clouds).resize((width, height), Image.Resampling.BICUBIC)
    across, down = max(1, width // 4), max(1, height // 4)
    for colour, corner in (
        (TOP_LEFT, (0, 0)),
        (TOP_RIGHT, (width - across, 0)),
        (BOTTOM_LEFT, (0, height - down)),
        (BOTTOM_RIGHT, (width - across, height - down)),
    ):
        picture.paste(colour, (*corner, corner[0] + across, corner[1] + down))
    return picture


def stored(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as it must be stored so that EXIF `orientation` shows it upright."""
    return picture.transpose(_STORED[orientation]) if orientation in _STORED else picture


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """The picture as a file of Pillow's format `form`."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def exif(
    *, orientation: int = 1, captured_at: str = "", subsec: str = "", camera: tuple[str, str] = ("", "")
) -> Image.Exif:
    """EXIF with only what is given."""
    block = Image.Exif()
    main = {0x0112: orientation if orientation != 1 else None, 0x010F: camera[0], 0x0110: camera[1]}
    block.update({tag: value for tag, value in main.items() if value})
    detail = {0x9003: captured_at, 0x9291: subsec}
    block.get_ifd(0x8769).update({tag: value for tag, value in detail.items() if value})
    return block


# --- sound pictures


def jpeg(
    picture: Image.Image | None = None, *, orientation: int = 1, captured_at: str = "", **options: object
) -> bytes:
    """A camera's JPEG; further options go to Pillow (`quality`, `progressive`, `comment`, …)."""
    block = exif(
        orientation=orientation,
        captured_at=captured_at,
        subsec="25" if captured_at else "",
        camera=("Canon", "R5"),
    )
    pixels = stored(picture or scene(), orientation)
    return saved(pixels, "JPEG", **{"quality": 90, "exif": block, **options})


def jpeg_cmyk() -> bytes:
    """As print shops send them."""
    return saved(scene().convert("CMYK"), "JPEG", quality=95)


def swapped_colours() -> bytes:
    """A colour profile in which red means blue: who ignores it sees the wrong corners."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def mpo() -> bytes:
    """Two pictures in one JPEG file, as 3D cameras and phones write them."""
    return saved(scene(), "MPO", save_all=True, append_images=[scene(seed=1)], quality=90)


def png(picture: Image.Image | None = None, **options: object) -> bytes:
    return saved(picture or scene(), "PNG", **options)


def png_with_palette() -> bytes:
    return saved(scene().quantize(64), "PNG", transparency=0)


def png_see_through() -> bytes:
    """The left half is invisible, and black underneath."""
    picture = scene().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, WIDTH // 2, HEIGHT))
    return saved(picture, "PNG")


def x_ray(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Twelve bits in sixteen, brighter to the right, with a burnt-in marker of full white in one corner."""
    values = np.tile(np.linspace(100, 4000, width).astype(np.uint16), (height, 1))
    values[: height // 20, : width // 20] = 65535
    return Image.fromarray(values)


def png_16_bit() -> bytes:
    return saved(x_ray(), "PNG")


def tiff_16_bit() -> bytes:
    """Big-endian, as scanners of X-ray films write them."""
    values = np.asarray(x_ray()).astype(">u2").tobytes()
    return saved(Image.frombytes("I;16B", (WIDTH, HEIGHT), values), "TIFF")


def tiff(compression: str = "tiff_lzw", *, orientation: int = 1) -> bytes:
    picture = stored(scene(), orientation)
    return saved(picture, "TIFF", compression=compression, tiffinfo={0x0112: orientation})


def tiff_lab() -> bytes:
    """Colours as lightness and two axes, from picture editors."""
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(scene(), srgb, lab, outputMode="LAB")
    assert picture is not None
    return saved(picture, "TIFF")


def tiff_fax(pages: int = 3) -> bytes:
    """Black and white letters, a page each."""
    sheets = [scene(seed=number).convert("1") for number in range(pages)]
    return saved(sheets[0], "TIFF", save_all=True, append_images=sheets[1:], compression="group4")


def webp(*, lossless: bool = False) -> bytes:
    return saved(scene(), "WEBP", lossless=lossless, quality=90)


def webp_see_through() -> bytes:
    return saved(Image.open(io.BytesIO(png_see_through())), "WEBP", lossless=True)


def animation(form: str, frames: int = 3, *, side: int = 32) -> bytes:
    """An animated PNG or WebP of frames that all differ."""
    pictures = [scene(side, side, seed=number) for number in range(frames)]
    return saved(pictures[0], form, save_all=True, append_images=pictures[1:], duration=40)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sound picture, and what must be found out about it beyond the size of the scene."""

    name: str
    kind: str
    make: Callable[[], bytes]
    frames: int = 1
    size: tuple[int, int] = (WIDTH, HEIGHT)
    warnings: Sequence[str] = field(default=())


PICTURES = (
    Sample("jpeg", "jpeg", jpeg),
    Sample("jpeg-progressive", "jpeg", lambda: jpeg(progressive=True)),
    Sample("jpeg-grey", "jpeg", lambda: jpeg(scene().convert("L"))),
    Sample("jpeg-cmyk", "jpeg", jpeg_cmyk),
    Sample("jpeg-of-two", "jpeg", mpo, warnings=("only-first-picture",)),
    Sample("png", "png", png),
    Sample("png-grey", "png", lambda: png(scene().convert("L"))),
    Sample("png-1-bit", "png", lambda: png(scene().convert("1"))),
    Sample("png-palette", "png", png_with_palette),
    Sample("png-see-through", "png", png_see_through),
    Sample("png-16-bit", "png", png_16_bit),
    Sample("png-animated", "png", lambda: animation("PNG"), frames=3, size=(32, 32)),
    Sample("tiff-lzw", "tiff", tiff),
    Sample("tiff-raw", "tiff", lambda: tiff("raw")),
    Sample("tiff-big", "tiff", lambda: saved(scene(), "TIFF", big_tiff=True, compression="tiff_lzw")),
    Sample("tiff-jpeg", "tiff", lambda: tiff("jpeg")),
    Sample("tiff-fax", "tiff", tiff_fax, frames=3),
    Sample("tiff-16-bit", "tiff", tiff_16_bit),
    Sample("tiff-float", "tiff", lambda: saved(x_ray().convert("F"), "TIFF")),
    Sample("tiff-lab", "tiff", tiff_lab),
    Sample("webp", "webp", webp),
    Sample("webp-lossless", "webp", lambda: webp(lossless=True)),
    Sample("webp-see-through", "webp", webp_see_through),
    Sample("webp-animated", "webp", lambda: animation("WEBP"), frames=3, size=(32, 32)),
)


# --- broken and hostile pictures


def cut(whole: bytes, share: float) -> bytes:
    """The first `share` of the bytes, as an interrupted copy leaves them."""
    return whole[: int(len(whole) * share)]


def jpeg_claiming(width: int, height: int, *, progressive: bool = False) -> bytes:
    """A little JPEG whose frame header claims another size."""
    data = bytearray(saved(scene(64, 64), "JPEG", progressive=progressive, subsampling=0))
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_of_segments(count: int) -> bytes:
    """So many empty comments before the picture."""
    whole = jpeg()
    return whole[:2] + b"\xff\xfe\x00\x02" * count + whole[2:]


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG that repeats its last scan."""
    whole = saved(scene(64, 64).convert("L"), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * count + b"\xff\xd9"


def jpeg_with_exif(block: bytes) -> bytes:
    """A JPEG with this EXIF block, sound or not (it starts with a TIFF header)."""
    whole = saved(scene(), "JPEG")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + whole[2:]


def exif_loop() -> bytes:
    """An EXIF block whose parts all point back at its beginning."""
    entries = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + struct.pack("<I", 8)


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(name + content))


def png_bomb(width: int, height: int) -> bytes:
    """A black and white PNG of this size, all zeros; its data holds a thousandth of what it needs."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(width * height // 8000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (png_chunk(b"IHDR", head), png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    )


def png_of_chunks(count: int) -> bytes:
    """So many empty private chunks before the picture."""
    whole = png()
    return whole[:33] + png_chunk(b"prVt", b"") * count + whole[33:]


def tiff_of_tags(*tags: tuple[int, int, int, int], following: int = 0, tail: bytes = b"") -> bytes:
    """A directory of (tag, type, count, value) at byte 8, the offset of the next one, and what follows."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + tail


def tiff_grey(*more: tuple[int, int, int, int], following: int = 0, width: int = 10) -> bytes:
    """Ten rows of uncompressed grey; `more` are tags that come on top or take the place of the usual ones."""
    usual = {
        256: (256, 4, 1, width),
        257: (257, 4, 1, 10),
        258: (258, 3, 1, 8),
        259: (259, 3, 1, 1),
        262: (262, 3, 1, 1),
        277: (277, 3, 1, 1),
        278: (278, 4, 1, 10),
        279: (279, 4, 1, width * 10),
    }
    tags = {273: (273, 4, 1, 0)} | usual | {tag[0]: tag for tag in more}
    if 273 not in {tag[0] for tag in more}:
        tags[273] = (273, 4, 1, 8 + 2 + 12 * len(tags) + 4)
    return tiff_of_tags(*tags.values(), following=following, tail=bytes(width * 10))


def tiff_chain(pages: int) -> bytes:
    """So many directories that all show the same pixels."""
    first = tiff_grey(following=1)
    page, pixels = first[8:-104], first[-100:]
    size = len(page) + 4
    following = [8 + size * (number + 1) for number in range(pages)]
    following[-1] = 0
    start = struct.pack("<HHI", 273, 4, 1)
    moved = (
        page[: page.index(start) + 8] + struct.pack("<I", 8 + size * pages) + page[page.index(start) + 12 :]
    )
    return first[:8] + b"".join(moved + struct.pack("<I", next_at) for next_at in following) + pixels
