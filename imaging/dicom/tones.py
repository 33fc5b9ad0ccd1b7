"""Brings a DICOM picture's values to the 256 steps of a screen, by its header or by what is there."""

from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi

from imaging.pixels.tones import window_to_8_bit

Values = np.ndarray[Any, np.dtype[Any]]
Steps = np.ndarray[Any, np.dtype[np.uint8]]

_LEAST_STEPS = 8  # that a window must leave of a picture that has more, or it was meant for another picture


def to_grey(values: Values, header: Dataset) -> Image.Image:
    """Mode "L" from stored values of one sample a pixel; meant for the small picture.

    In the order of PS3.3 C.11: rescale or its table, window or its table, and MONOCHROME1 turned over at the
    end. A window that would show nothing, or a damaged one, gives way to the range that is in use.
    """
    scaled = np.nan_to_num(_modality(values, header))
    shown = _windowed(scaled, header)
    if shown is None or (len(np.unique(shown)) < _LEAST_STEPS <= len(np.unique(scaled))):
        shown = np.asarray(window_to_8_bit(Image.fromarray(scaled.astype(np.float32))))
    is_inverted = str(header.get("PhotometricInterpretation", "")).strip() == "MONOCHROME1"
    return Image.fromarray(255 - shown if is_inverted else shown)


def _modality(values: Values, header: Dataset) -> Values:
    try:
        return np.asarray(apply_modality_lut(values, header), dtype=np.float64)
    except Exception:  # noqa: BLE001  a damaged table must not cost the picture
        return values.astype(np.float64)


def _windowed(values: Values, header: Dataset) -> Steps | None:
    """The first window of several, else the first table; None where there is neither."""
    try:
        if "WindowCenter" in header and "WindowWidth" in header:
            return _window(values, _first(header.WindowCenter), _first(header.WindowWidth), header)
        if "VOILUTSequence" in header:
            return _stretched(np.asarray(apply_voi(np.rint(values).astype(np.int32), header)))
    except Exception:  # noqa: BLE001  the same
        return None
    return None


def _window(values: Values, center: float, width: float, header: Dataset) -> Steps | None:
    """PS3.3 C.11.2.1.2 (LINEAR, its default) and C.11.2.1.3 (LINEAR_EXACT, SIGMOID)."""
    if not np.isfinite([center, width]).all() or width <= 0:
        return None
    function = str(header.get("VOILUTFunction", "LINEAR")).strip()
    if function == "SIGMOID":
        shown = 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -500, 500)))
    elif function == "LINEAR_EXACT":
        shown = (values - center) / width + 0.5
    else:
        shown = (values - (center - 0.5)) / max(width - 1.0, 1e-9) + 0.5
    return _steps(shown)


def _stretched(values: Values) -> Steps:
    """A table's output has its own depth, which its highest value shows."""
    highest = max(float(values.max()), 1.0)
    depth = 2.0 ** np.ceil(np.log2(highest + 1)) - 1
    return _steps(values / depth)


def _steps(shares: Values) -> Steps:
    steps: Steps = np.rint(np.clip(shares, 0.0, 1.0) * 255.0).astype(np.uint8)
    return steps


def _first(value: Any) -> float:
    return float(value[0] if hasattr(value, "__getitem__") and not isinstance(value, str) else value)
