"""What search asks of a model, whichever it is."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]


class Embedder(Protocol):
    """Makes vectors of texts. Every vector has length one, or is all zeros where nothing of a text is
    known.
    """

    @property
    def name(self) -> str:
        """Name and version, at most 80 characters; another name means that every passage is read again."""

    @property
    def title(self) -> str:
        """What a person is told of it, as the end of "Meaning is served by …"."""

    @property
    def understands(self) -> bool:
        """Does it know meanings, or only likeness of words?"""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def floor(self) -> float:
        """The cosine below which two texts have nothing to do with each other."""

    def of_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text."""

    def of_query(self, text: str) -> Vectors:
        """One vector, of one dimension."""


def of_length_one(vectors: Vectors) -> Vectors:
    """Each row scaled to length one; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
