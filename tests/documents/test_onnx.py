"""A model of the operator's choice: a tiny one is built here, with a tokenizer of five words."""

import json
import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
import tokenizers
from django.conf import LazySettings

from documents.embedding import choice
from documents.embedding.onnx import OnnxModel

WORDS = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "fever": 3, "cough": 4, "query:": 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Token n becomes the nth row of the unit matrix: the vector of a text counts its words."""
    path = tmp_path / "tiny"
    path.mkdir()
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(path / "tokenizer.json"))
    table = onnx.numpy_helper.from_array(np.eye(len(WORDS), dtype=np.float32), "table")
    ids, mask = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    )
    states = onnx.helper.make_tensor_value_info(
        "states", onnx.TensorProto.FLOAT, ["texts", "tokens", len(WORDS)]
    )
    node = onnx.helper.make_node("Gather", ["table", "input_ids"], ["states"])
    graph = onnx.helper.make_graph([node], "tiny", [ids, mask], [states], [table])
    opset = onnx.helper.make_opsetid("", 17)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), path / "model.onnx")
    return path


def test_the_mean_of_the_tokens_is_taken_without_padding(folder: Path) -> None:
    model = OnnxModel(folder)
    vectors = model.of_passages(["fever", "fever cough cough cough"])
    assert model.dimensions == len(WORDS)
    assert np.allclose(vectors[0], np.eye(len(WORDS))[3])
    assert np.allclose(vectors[1][[3, 4]], np.array([1, 3]) / 10**0.5)


def test_a_note_beside_it_is_obeyed(folder: Path) -> None:
    note = {"title": "a tiny model", "floor": 0.5, "query_prefix": "query: ", "max_tokens": 2}
    (folder / "intake.json").write_text(json.dumps(note))
    model = OnnxModel(folder)
    assert (model.title, model.floor) == ("a tiny model", 0.5)
    assert np.flatnonzero(model.of_query("fever cough")).tolist() == [3, 5]
    assert np.flatnonzero(model.of_passages(["fever cough fever"])[0]).tolist() == [3, 4]


def test_another_file_is_another_model(folder: Path) -> None:
    before = OnnxModel(folder).name
    model = onnx.load(folder / "model.onnx")
    model.doc_string = "trained again"
    onnx.save(model, folder / "model.onnx")
    after = OnnxModel(folder).name
    assert before.startswith("tiny@")
    assert after.startswith("tiny@")
    assert before != after


def test_the_folder_that_is_named_serves(folder: Path, settings: LazySettings) -> None:
    settings.INTAKE_EMBEDDING, settings.INTAKE_EMBEDDING_DIR = "auto", str(folder)
    assert choice.current().name == OnnxModel(folder).name


def test_a_folder_that_cannot_be_used_leaves_similar_wording(
    tmp_path: Path, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.INTAKE_EMBEDDING, settings.INTAKE_EMBEDDING_DIR = "auto", str(tmp_path / "nowhere")
    caplog.set_level(logging.WARNING)
    assert choice.current().name == "similar-wording@1"
    assert "INTAKE_EMBEDDING_DIR cannot be used" in caplog.text
