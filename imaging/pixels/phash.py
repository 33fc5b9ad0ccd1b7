"""The perceptual hash of step 2: pictures that look alike get hashes that differ in few bits."""

import numpy as np
from PIL import Image

_SIDE = 32
_KEPT = 8
_BITS = _KEPT * _KEPT
_DECIMALS = 3
_GAP = 3.0


def perceptual_hash(picture: Image.Image) -> str:
    """64 bits as 16 hex characters, from the lowest frequencies of the grey, upright picture.

    The DCT hash of Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash Functions":
    32 × 32 grey values, the lowest 8 × 8 frequencies, one bit each for being above their median; row by row,
    the constant term first and highest. A picture of one colour has nothing to compare: see `is_flat`.
    """
    grey = picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=_GAP)
    pixels = np.asarray(grey, dtype=np.float64)
    # einsum and not @: a matrix product would start the threads of the linear algebra library in every child
    lowest = np.einsum("ux,xy,vy->uv", _BASIS, pixels, _BASIS).round(_DECIMALS)
    bits = (lowest > np.median(lowest[_MEANINGFUL])).flatten()
    return np.packbits(bits).tobytes().hex()


def is_flat(hash_hex: str) -> bool:
    """Whether this hash is that of a picture of one colour, which says nothing about likeness."""
    return hash_hex in {"0" * 16, "8" + "0" * 15}


def differing_bits(one: str, other: str) -> int:
    """How many of the 64 bits differ between two hashes: 0 looks the same, about 32 has nothing in common."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _dct_basis() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The eight lowest cosines of the DCT-II, sampled at 32 points each."""
    frequency = np.arange(_KEPT)[:, None]
    point = np.arange(_SIDE)[None, :]
    return np.cos(np.pi * frequency * (2 * point + 1) / (2 * _SIDE))


_BASIS = _dct_basis()
_MEANINGFUL = np.arange(_BITS).reshape(_KEPT, _KEPT) > 0
