"""Vectors: who makes them, that none is forgotten, and that the file of them is never behind."""

import json
import os
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.conf import LazySettings
from django.utils import timezone

from clinics.models import Clinic, User
from documents import embedder, passage_bell, tasks
from documents.embedder import embed_waiting, number_waiting, waiting
from documents.embedding import choice, minilm
from documents.embedding.bert import gelu
from documents.embedding.minilm import MiniLm
from documents.embedding.safetensors import read_weights
from documents.embedding.wording import Wording
from documents.fusion import FoundPage, Mode, merged
from documents.models import Passage, SearchState
from documents.passages import index_pages
from documents.search import search
from documents.vector_file import VectorFile
from patients.models import Patient
from tests.documents.test_search import PAGES, made, names, scope

MODEL = Wording()


class Other(Wording):
    """The same vectors under another name, as a newer version would be."""

    name = "another@2"


def _file(clinic: Clinic) -> VectorFile:
    return VectorFile(clinic.pk, MODEL.name, MODEL.dimensions)


@pytest.mark.django_db
def test_passages_wait_until_a_worker_has_read_them(
    clinic: Clinic, patient: Patient, clinician: User
) -> None:
    made(clinic, patient, "one", PAGES["lung"])
    assert names(scope(clinician), "neumonía basal", Mode.MEANING) == []
    assert number_waiting(clinic) == 1
    tasks.embed_waiting()
    assert names(scope(clinician), "neumonía basal", Mode.MEANING) == ["one"]
    assert number_waiting(clinic) == 0


@pytest.mark.django_db
def test_one_ring_is_sent_after_the_commit(
    clinic: Clinic, patient: Patient, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **_: sent.append(name))
    monkeypatch.setattr(passage_bell, "_bell", passage_bell._Bell())
    with django_capture_on_commit_callbacks(execute=True):
        made(clinic, patient, "one", PAGES["lung"])
        made(clinic, patient, "two", PAGES["wound"])
        assert sent == []
    assert sent == ["documents.tasks.embed_waiting"]


@pytest.mark.django_db
def test_a_task_out_of_time_leaves_the_rest_to_the_next(
    clinic: Clinic, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "_AT_ONCE", 2)
    made(clinic, patient, "many", [f"Page {number} of many." for number in range(5)])
    assert embed_waiting(seconds=0) is True
    assert waiting(MODEL).count() == 3
    assert embed_waiting(seconds=30) is False
    assert set(Passage.objects.values_list("sequence", flat=True)) == {1, 2, 3, 4, 5}


@pytest.mark.django_db
def test_two_do_not_read_at_once_and_a_dead_one_is_followed(clinic: Clinic, patient: Patient) -> None:
    made(clinic, patient, "one", PAGES["lung"])
    SearchState.objects.create(pk=1, busy_until=timezone.now() + timedelta(seconds=30))
    assert embed_waiting(seconds=30) is False
    assert waiting(MODEL).exists()
    SearchState.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    embed_waiting(seconds=30)
    assert not waiting(MODEL).exists()


@pytest.mark.django_db
def test_another_model_reads_everything_again(
    clinic: Clinic, patient: Patient, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(clinic, patient, "one", PAGES["lung"])
    embed_waiting(seconds=30)
    monkeypatch.setattr(choice, "current", Other)
    assert number_waiting(clinic) == 1
    assert names(scope(clinician), "neumonía basal", Mode.MEANING) == []
    embed_waiting(seconds=30)
    assert names(scope(clinician), "neumonía basal", Mode.MEANING) == ["one"]
    assert set(Passage.objects.values_list("model", flat=True)) == {"another@2"}


@pytest.mark.django_db
def test_the_file_takes_in_what_is_new_and_is_made_anew_when_most_of_it_is_gone(
    clinic: Clinic, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.vector_file._SLACK_ROWS", 2)
    document = made(clinic, patient, "one", PAGES["lung"])
    for number in range(12):
        index_pages(document, [f"Reading number {number}."])
        embed_waiting(seconds=30)
        matrix = _file(clinic).matrix()
        assert Passage.objects.get().pk in matrix.passages
        assert len(matrix.passages) == len(matrix.vectors) <= 7


@pytest.mark.django_db
def test_a_database_that_was_taken_back_is_noticed(clinic: Clinic, patient: Patient) -> None:
    made(clinic, patient, "one", PAGES["lung"])
    embed_waiting(seconds=30)
    assert len(_file(clinic).matrix().passages) == 1
    Passage.objects.update(model="", sequence=None, vector=None)
    SearchState.objects.update(sequence=0)
    assert len(_file(clinic).matrix().passages) == 0


@pytest.mark.django_db
def test_the_file_is_for_nobody_else_and_a_broken_one_is_made_anew(
    clinic: Clinic, patient: Patient, settings: LazySettings
) -> None:
    made(clinic, patient, "one", PAGES["lung"])
    embed_waiting(seconds=30)
    written = sorted(Path(settings.INTAKE_SEARCH_DIR).iterdir())
    assert {path.suffix for path in written} == {".head", ".lock", ".numbers", ".vectors"}
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in written if path.suffix in {".numbers", ".vectors"}
    )
    for path in written:
        path.unlink() if path.suffix == ".vectors" else path.write_text("nonsense")
    assert len(_file(clinic).matrix().passages) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("most_few", [1, -1])
def test_a_narrow_filter_finds_what_is_far_down_the_order(
    clinic: Clinic, patient: Patient, clinician: User, monkeypatch: pytest.MonkeyPatch, most_few: int
) -> None:
    monkeypatch.setattr("documents.scope._MOST_FEW", most_few)
    monkeypatch.setattr("documents.by_meaning._NEAREST", 3)
    for number in range(6):
        made(clinic, None, f"near {number}", [f"Neumonía basal derecha, caso {number}."])
    made(clinic, patient, "far", ["Neumonía, y además otras muchas cosas que se dijeron."])
    embed_waiting(seconds=30)
    own = scope(clinician)
    found = search(own, "neumonía basal derecha", mode=Mode.MEANING)
    assert len(found.places) == 3
    narrow = type(own)(own.access, own.documents.filed(), own.patients)
    assert names(narrow, "neumonía basal derecha", Mode.MEANING) == ["far"]


def test_both_orders_count_and_everything_asked_for_comes_first() -> None:
    one, two, three, four = (UUID(int=number) for number in range(1, 5))
    words = [FoundPage(three, 1, 0.9), FoundPage(two, 1, 0.5)]
    near = [FoundPage(one, 1, 0.8), FoundPage(two, 2, 0.7)]
    assert [place.document_id for place in merged(words, near)] == [two, one, three]
    exact = [FoundPage(four, 1, 0.4, has_all=True)]
    assert merged(exact, near)[0].document_id == four


def test_likeness_of_words_survives_spelling_and_endings() -> None:
    near, far = "radiografias del torax", "laboratorio de sangre"
    texts = MODEL.of_passages(["Radiografía de tórax sin alteraciones."])
    assert float(texts[0] @ MODEL.of_query(near)) > 0.3 > MODEL.floor > float(texts[0] @ MODEL.of_query(far))
    assert not MODEL.of_query("…").any()


def test_gelu_is_the_exact_one() -> None:
    # x · Φ(x) for Φ of the normal distribution, from tables
    x = np.array([-3.0, -1.0, 0.0, 0.5, 2.0], np.float32)
    wanted = [-0.00404969, -0.15865525, 0.0, 0.34573123, 1.95449974]
    assert np.allclose(gelu(x), wanted, atol=1e-6)


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    weights = np.arange(6, dtype="<f4").reshape(2, 3)
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    header += b" " * (-len(header) % 8)
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + weights.tobytes())
    assert np.array_equal(read_weights(path)["a"], weights)
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ValueError, match="no safetensors"):
        read_weights(path)


FOLDER = minilm.find_folder()


@pytest.fixture(scope="module")
def model() -> MiniLm:
    """Loaded once."""
    assert FOLDER is not None
    return MiniLm(FOLDER)


# Set-up goes on without it where it cannot be had; CI does not.
@pytest.mark.skipif(FOLDER is None and "CI" not in os.environ, reason="the model's package is not installed")
class TestModel:
    """The installed model, run for real."""

    def test_it_gives_the_vectors_that_its_makers_publish(self, model: MiniLm) -> None:
        """The three sentences of the model's card, and their cosines."""
        texts = [
            "The weather is lovely today.",
            "It's so sunny outside!",
            "He drove to the stadium.",
        ]
        vectors = model.of_passages(texts)
        cosines = vectors @ vectors.T
        assert np.allclose(np.diag(cosines), 1, atol=1e-5)
        assert np.allclose(cosines[0, 1:], [0.6660, 0.1046], atol=1e-3)
        assert np.allclose(cosines[1, 2], 0.1411, atol=1e-3)

    def test_company_changes_nothing(self, model: MiniLm) -> None:
        texts = ["Chest pain.", "The wound edges are clean and dry; " * 60, ""]
        together = model.of_passages(texts)
        alone = np.stack([model.of_query(text) for text in texts])
        assert np.allclose(together, alone, atol=1e-5)

    def test_it_knows_what_is_meant(self, model: MiniLm) -> None:
        passages = model.of_passages(["Retrosternal pain radiating to the arm.", "Haemoglobin 13.9 g/dl."])
        cosines = passages @ model.of_query("possible heart attack")
        assert cosines[0] > 2 * max(cosines[1], 0.1)

    def test_it_serves_unless_somebody_wishes_otherwise(self, settings: LazySettings) -> None:
        settings.INTAKE_EMBEDDING = "auto"
        assert choice.current().name == "all-minilm-l6-v2@0.1.0"
        settings.INTAKE_EMBEDDING = "wording"
        assert choice.current().name == "similar-wording@1"
