"""The forward pass of a small BERT in NumPy: what a sentence model of six layers needs, and no more.

Devlin et al. 2018 (arXiv 1810.04805); mean pooling as Reimers and Gurevych 2019 (arXiv 1908.10084).
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from documents.embedding.interface import Vectors, of_length_one
from documents.embedding.safetensors import Weights

Floats: TypeAlias = NDArray[np.float32]

_EPSILON = 1e-12
_MASKED = np.float32(-1e9)


class Bert:
    """An encoder with `heads` attention heads; as many layers as the weights hold."""

    def __init__(self, weights: Weights, *, heads: int) -> None:
        self.weights, self.heads = weights, heads
        self.layers = 1 + max(
            int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer.")
        )

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.weights["embeddings.word_embeddings.weight"].shape[1])

    def embed(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """One vector of length one for each row of token numbers, special tokens included."""
        longest = max(map(len, tokens))
        ids = np.zeros((len(tokens), longest), np.int64)
        mask = np.zeros((len(tokens), longest), np.float32)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        states = self._encode(ids, mask)
        mean: Floats = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return of_length_one(mean)

    def _encode(self, ids: NDArray[np.int64], mask: Floats) -> Floats:
        """The last layer's states: texts, tokens, dimensions."""
        embeddings = [self.weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position")]
        types = self.weights["embeddings.token_type_embeddings.weight"]
        states = embeddings[0][ids] + embeddings[1][: ids.shape[1]] + types[0]
        states = self._normalise("embeddings.LayerNorm", states)
        hidden = (1 - mask[:, None, None, :]) * _MASKED
        for number in range(self.layers):
            layer = f"encoder.layer.{number}"
            attended = self._linear(f"{layer}.attention.output.dense", self._attend(layer, states, hidden))
            states = self._normalise(f"{layer}.attention.output.LayerNorm", states + attended)
            inner = gelu(self._linear(f"{layer}.intermediate.dense", states))
            states = self._normalise(
                f"{layer}.output.LayerNorm", states + self._linear(f"{layer}.output.dense", inner)
            )
        return states

    def _attend(self, layer: str, states: Floats, hidden: Floats) -> Floats:
        texts, length, width = states.shape

        def part(name: str) -> Floats:
            flat = self._linear(f"{layer}.attention.self.{name}", states)
            return flat.reshape(texts, length, self.heads, width // self.heads).transpose(0, 2, 1, 3)

        query, key, value = part("query"), part("key"), part("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((width // self.heads) ** 0.5) + hidden
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(texts, length, width)
        return np.asarray(mixed, np.float32)

    def _linear(self, name: str, states: Floats) -> Floats:
        # One large product of matrices: NumPy would make one for each text of three-dimensional states.
        flat = states.reshape(-1, states.shape[-1]) @ self.weights[f"{name}.weight"].T
        out: Floats = flat.reshape(*states.shape[:-1], -1) + self.weights[f"{name}.bias"]
        return out

    def _normalise(self, name: str, states: Floats) -> Floats:
        centred = states - states.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        out: Floats = centred / np.sqrt(variance + _EPSILON) * self.weights[f"{name}.weight"]
        return out + self.weights[f"{name}.bias"]


def gelu(x: Floats) -> Floats:
    """x · Φ(x), with the error function after Abramowitz and Stegun 7.1.26: within 2e-7 of the true one."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    terms = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
    polynomial = np.zeros_like(t)
    for term in terms:
        polynomial = (polynomial + np.float32(term)) * t
    erf = np.sign(x) * (1 - polynomial * np.exp(-z * z))
    out: Floats = np.float32(0.5) * x * (1 + erf)
    return out
