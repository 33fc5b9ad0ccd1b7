"""Likeness of words, where no model is: stems and pieces of words, hashed. It finds word forms, not
meanings.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log
from zlib import crc32

import numpy as np

from documents.embedding.interface import Vectors, of_length_one
from documents.words import folded, is_empty, normalised, spans, stems

_DIMENSIONS = 512
_PIECE = 4
_WEIGHT_OF_PIECES = 0.6


class Wording:
    """Texts with the same stems, or the same pieces of four letters, lie near each other."""

    name = "similar-wording@1"
    title = "similar wording: word forms, not meanings"
    understands = False
    dimensions = _DIMENSIONS
    floor = 0.12

    def of_passages(self, texts: Sequence[str]) -> Vectors:
        """Signed hashing: what falls on the same place by chance cancels out on the average."""
        rows = np.zeros((len(texts), _DIMENSIONS), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text):
                digest = crc32(feature.encode())
                row[digest % _DIMENSIONS] += weight if digest >> 31 else -weight
        return of_length_one(rows)

    def of_query(self, text: str) -> Vectors:
        """As a passage."""
        vector: Vectors = self.of_passages([text])[0]
        return vector


def _features(text: str) -> Iterator[tuple[str, float]]:
    words = Counter(word for _, _, word in spans(normalised(text)) if not is_empty(word))
    for word, times in words.items():
        weight = 1 + log(times)
        for stem in set(stems(word)):
            yield stem, weight
        pieces = list(_pieces(folded(word)))
        for piece in pieces:
            yield piece, weight * _WEIGHT_OF_PIECES / len(pieces) ** 0.5


def _pieces(word: str) -> Iterator[str]:
    framed = f"<{word}>"
    return (framed[at : at + _PIECE] for at in range(max(1, len(framed) - _PIECE + 1)))
