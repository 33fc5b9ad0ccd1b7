"""Cuts texts into the pieces that a model was taught, after its `tokenizer.json`."""

from collections.abc import Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Any

_PACKAGE = "tokenizers"


def is_available() -> bool:
    """Is the package installed? `requirements-meaning.txt` names it; the product runs without."""
    return util.find_spec(_PACKAGE) is not None


class Tokenizer:
    """The tokenizer of one model, cutting off what it cannot read."""

    def __init__(self, path: Path, *, most_tokens: int) -> None:
        tokenizers: Any = import_module(_PACKAGE)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(most_tokens)

    def numbers_of(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, with those that mark its beginning and end."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
