"""Which model serves: the operator's, else the one that was installed, else the likeness of words."""

import logging
import threading
from functools import cache
from pathlib import Path

from django.conf import settings

from documents.embedding import minilm, onnx, tokens
from documents.embedding.interface import Embedder
from documents.embedding.minilm import MiniLm
from documents.embedding.onnx import OnnxModel
from documents.embedding.wording import Wording

log = logging.getLogger(__name__)

WORDING = "wording"
_turn = threading.Lock()


def current() -> Embedder:
    """The model of this installation, loaded once in each process that asks for it."""
    with _turn:
        return _loaded(settings.INTAKE_EMBEDDING_DIR, settings.INTAKE_EMBEDDING)


@cache
def _loaded(folder: str, wish: str) -> Embedder:
    if wish == WORDING:
        return Wording()
    return (_of_the_operator(Path(folder)) if folder else _installed()) or Wording()


def _of_the_operator(folder: Path) -> Embedder | None:
    """None, with a line in the log, for a folder that cannot be used: searching goes on by wording."""
    if not (onnx.is_available() and tokens.is_available()):
        log.error(
            "INTAKE_EMBEDDING_DIR needs the packages onnxruntime and tokenizers; similar wording serves"
        )
        return None
    try:
        return OnnxModel(folder)
    except Exception as error:  # noqa: BLE001  # onnxruntime and tokenizers raise what they like
        log.warning("INTAKE_EMBEDDING_DIR cannot be used: wording serves type=%s", type(error).__name__)
        return None


def _installed() -> Embedder | None:
    folder = minilm.find_folder()
    return MiniLm(folder) if folder is not None and tokens.is_available() else None
