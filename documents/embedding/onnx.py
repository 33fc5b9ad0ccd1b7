"""A sentence model of the operator's choice: `tokenizer.json` and `model.onnx` in one folder, run by
onnxruntime.

Beside them may lie `intake.json`: {"title": "…", "floor": 0.3, "max_tokens": 256, "query_prefix": "query: ",
"passage_prefix": "passage: "}, of which everything has a default.
"""

import hashlib
import json
from collections.abc import Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Any

import numpy as np

from documents.embedding.interface import Vectors, of_length_one
from documents.embedding.tokens import Tokenizer

_PACKAGE = "onnxruntime"
_TOKENS_OF_SENTENCE_MODELS = 256
_DIGEST_CHARS = 12
_STATES = 3  # axes of an output that has a vector for each token


def is_available() -> bool:
    """Is onnxruntime installed?"""
    return util.find_spec(_PACKAGE) is not None


class OnnxModel:
    """Inputs `input_ids`, `attention_mask` and, where the model has it, `token_type_ids`; the first output is
    a vector for each token, of which the mean is taken, or one for each text.
    """

    understands = True

    def __init__(self, folder: Path) -> None:
        runtime: Any = import_module(_PACKAGE)
        told = _told(folder)
        self.title = str(told.get("title", f"the model in the folder {folder.name}"))
        self.floor = float(told.get("floor", 0.25))
        self._prefixes = str(told.get("query_prefix", "")), str(told.get("passage_prefix", ""))
        most = int(told.get("max_tokens", _TOKENS_OF_SENTENCE_MODELS))
        self._tokenizer = Tokenizer(folder / "tokenizer.json", most_tokens=most)
        self._session = runtime.InferenceSession(
            str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        self._inputs = {each.name for each in self._session.get_inputs()}
        self.name = f"{folder.name[:60]}@{_digest(folder / 'model.onnx')}"
        self.dimensions = int(self._vectors(["."]).shape[1])

    def of_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text."""
        return self._vectors([self._prefixes[1] + text for text in texts])

    def of_query(self, text: str) -> Vectors:
        """One vector."""
        vector: Vectors = self._vectors([self._prefixes[0] + text])[0]
        return vector

    def _vectors(self, texts: list[str]) -> Vectors:
        tokens = self._tokenizer.numbers_of(texts)
        shape = len(tokens), max(map(len, tokens))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        every = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        given = {name: value for name, value in every.items() if name in self._inputs}
        out = np.asarray(self._session.run(None, given)[0], np.float32)
        if out.ndim == _STATES:
            out = (out * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return of_length_one(out)


def _told(folder: Path) -> dict[str, Any]:
    path = folder / "intake.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _digest(path: Path) -> str:
    """Another file, another name: its passages are read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGEST_CHARS]
