"""Decisions at one moment, and decisions that are killed: threads that meet, processes that die."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections

from batches.actions.many import assign_files
from batches.models import Batch, BatchFile
from batches.states import FileStatus
from clinics.models import User
from files import staging, storage
from files.errors import Refused
from imaging.models import Image
from patients.models import Patient
from tests import factories

WHY = "One person."
WAIT_SECONDS = 60


def waiting(batch: Batch, count: int, *, first: int = 0) -> list[BatchFile]:
    return [
        factories.make_file_in_review(batch, f"{seed}.jpg", seed=seed) for seed in range(first, first + count)
    ]


def filed(batch: Batch, patient: Patient, actor: User, count: int) -> list[BatchFile]:
    files = waiting(batch, count)
    assert not assign_files(files=files, patient=patient, actor=actor).refused
    return fresh(files)


def fresh(files: list[BatchFile]) -> list[BatchFile]:
    rows = BatchFile.objects.select_related("batch__clinic", "image", "document", "patient", "decided_by")
    found = rows.in_bulk([file.pk for file in files])
    return [found[file.pk] for file in files]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread and on a connection of its own, all let go at the same moment."""
    start = threading.Barrier(len(works))

    def do(work: Callable[[], Any]) -> Any:
        try:
            start.wait(WAIT_SECONDS)
            return work()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def meet_at(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, number: int) -> None:
    """The first `number` threads that have done this step wait there for each other."""
    gate, turns, real = threading.Barrier(number), iter(range(number)), getattr(module, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs)
        if next(turns, None) is not None:
            gate.wait(WAIT_SECONDS)
        return done

    monkeypatch.setattr(module, name, step)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, work: Callable[[], Any]
) -> None:
    """Once, right after the first time that this step was done, somebody else does `work`."""
    works, real = iter([work]), getattr(module, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs)
        if (other := next(works, None)) is not None:
            at_once(other)
        return done

    monkeypatch.setattr(module, name, step)


def assert_in_order(files: list[BatchFile]) -> None:
    """Every file and its picture agree, the patient is living, and the bytes are in one place."""
    for number, file in enumerate(fresh(files)):
        image = file.image
        assert image is not None
        assert image.patient_id == file.patient_id
        assert file.patient is None or file.patient.merged_into_id is None
        is_filed = file.status == FileStatus.COMPLETED
        assert (bool(image.original_key), bool(file.storage_key)) == (is_filed, not is_filed)
        content = (
            storage.open_object(image.original_key).read()
            if is_filed
            else staging.path_of(file.storage_key).read_bytes()
        )
        assert content == factories.tiny_jpeg(number)
    keys = {image.original_key for image in Image.objects.exclude(original_key="")}
    assert originals() == keys, "nothing is stored that no row names"


def originals() -> set[str]:
    folder = Path(default_storage.path("originals"))
    return {f"originals/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}


@contextmanager
def _dying_at(module: ModuleType, name: str, time: int) -> Iterator[None]:
    """This process is gone, as by `kill -9`, when it comes to this step for the given time."""
    real, turns = getattr(module, name), iter(range(1, time))

    def step(*args: Any, **kwargs: Any) -> Any:
        if next(turns, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(module, name, step)
    yield


def killed(work: Callable[[], Any], module: ModuleType, name: str, *, time: int = 1) -> None:
    """Do `work` in a process of its own, which is killed at that step."""

    def child() -> None:
        with _dying_at(module, name, time):
            work()

    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(WAIT_SECONDS)
    assert process.exitcode == -signal.SIGKILL
