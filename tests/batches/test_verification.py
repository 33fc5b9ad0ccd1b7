"""Stored bytes and the rows that name them: what a crash leaves is found and swept, and nothing else is."""

import json
import time
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from batches.actions.review import assign_file, undo_file
from batches.demo import pictures
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from batches.verification import verify
from clinics.models import User
from files import staging, storage
from imaging.models import Image
from patients.models import Patient
from tests import factories
from tests.batches.conftest import Send
from tests.batches.shoot import label

pytestmark = pytest.mark.django_db

LATER = 3600.0


def _now(*, delete: bool = False) -> Any:
    """As if everything that is stored were old."""
    return verify(older_than=time.time() + LATER, delete=delete)


def _leave(key: str, tmp_path: Path) -> str:
    """Bytes that a dead process has put there."""
    (tmp_path / "left").write_bytes(b"left")
    storage.put(key, tmp_path / "left", "image/jpeg")
    return key


@pytest.fixture
def filed(send: Send, garza: Patient, clinician: User, django_capture_on_commit_callbacks: Any) -> BatchFile:
    """In a chart, with all its clean-ups done."""
    with django_capture_on_commit_callbacks(execute=True):
        file = send("DSC_1.jpg", pictures.photograph(1, None), walk=True)
        assign_file(file=file, patient=garza, actor=clinician)
    return BatchFile.objects.select_related("batch__clinic", "image", "document").get(pk=file.pk)


def test_where_all_is_well_nothing_is_found(filed: BatchFile, clinician: User, garza: Patient) -> None:
    factories.make_document(filed.batch.clinic, garza)
    found = _now(delete=True)
    assert (found.orphans, found.missing, found.removed) == ([], [], 0)
    assert found.sound == 2 + 2 * 2, "two originals, and two drawings of each"


def test_what_a_dead_process_has_left_is_found_and_only_that_is_removed(
    filed: BatchFile, clinician: User, tmp_path: Path
) -> None:
    undo_file(file=filed, actor=clinician)  # its clean-up never runs: nothing commits in this test
    kept = {key for below in ("originals", "derivatives") for key in storage.keys(below)}
    drawing = _leave(storage.variant_key(filed.batch.clinic_id, uuid4(), "thumbnail"), tmp_path)
    (original,) = [key for key in kept if key.startswith("originals")]
    assert sorted(_now().orphans) == sorted([original, drawing])
    assert verify(older_than=time.time() - LATER, delete=True).young == 2
    assert storage.exists(original), "too young to judge"
    assert _now(delete=True).removed == 2
    assert {key for below in ("originals", "derivatives") for key in storage.keys(below)} == kept - {original}
    assert _now().orphans == []


def test_what_is_put_before_its_row_is_left_alone(batch: Batch, tmp_path: Path) -> None:
    file = factories.make_file(batch, status=FileStatus.PROCESSING)
    key = _leave(storage.original_key(batch.clinic_id, file.pk), tmp_path)
    assert _now(delete=True).orphans == []
    BatchFile.objects.filter(pk=file.pk).update(status=FileStatus.FAILED)
    assert _now(delete=True).orphans == [key]


def test_a_card_can_be_looked_at_afterwards(send: Send, garza: Patient) -> None:
    card = send("DSC_1.jpg", label(garza.mrn, 0), walk=True)
    assert card.status == FileStatus.CANCELLED
    assert _now(delete=True).orphans == []
    assert storage.exists(storage.variant_key(card.batch.clinic_id, card.pk, "preview"))


def test_what_is_not_ours_stays(clinic: Any, tmp_path: Path) -> None:
    key = _leave(f"originals/{clinic.pk}/notes.txt", tmp_path)
    assert _now(delete=True).orphans == []
    assert storage.exists(key)


def test_rows_without_their_bytes_are_told_and_end_the_command_with_1(
    filed: BatchFile, send: Send, garza: Patient
) -> None:
    waiting = send("DSC_2.jpg", pictures.photograph(2, None), walk=True)
    staging.discard(waiting.storage_key)
    image = Image.objects.get(pk=filed.pk)
    storage.delete(image.original_key)
    said = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("verify_storage", "--json", stdout=said)
    assert ended.value.returncode == 1
    missing = json.loads(said.getvalue())["missing"]
    assert sorted(missing) == sorted([["image", str(filed.pk)], ["staged file", str(waiting.pk)]])


def test_the_command_says_what_it_did_in_words_and_takes_no_short_age(
    filed: BatchFile, clinician: User
) -> None:
    undo_file(file=filed, actor=clinician)
    said = StringIO()
    call_command("verify_storage", "--delete", stdout=said)
    assert "1 objects are named by no row and too young" in said.getvalue()
    with pytest.raises(CommandError, match="too young"):
        call_command("verify_storage", "--delete", "--older-than", "0")
