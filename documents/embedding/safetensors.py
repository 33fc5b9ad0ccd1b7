"""Reads weights from a safetensors file without copying them: processes of one machine share their pages."""

import json
import struct
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Weights: TypeAlias = dict[str, NDArray[np.float32]]

_LARGEST_HEADER = 1 << 20


def read_weights(path: Path) -> Weights:
    """Every float32 tensor of the file by its name, mapped read-only.

    The format: eight bytes that say how long the header is, the header as JSON (`dtype`, `shape` and
    `data_offsets` of each tensor), the bytes. Raises ValueError for a file that is none.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if not 0 < length <= _LARGEST_HEADER:
            raise ValueError(f"{path.name} is no safetensors file: its header would have {length} bytes.")
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, mode="r", offset=8 + length)
    return {
        name: data[slice(*tensor["data_offsets"])].view("<f4").reshape(tensor["shape"])
        for name, tensor in header.items()
        if name != "__metadata__" and tensor["dtype"] == "F32"
    }
