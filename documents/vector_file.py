"""The vectors of one clinic as one file that every process of a machine maps: searched whole, read once.

The database has them all; this is a copy in the order in which they were written, to which each search adds
what came since. Numbers of passages that are gone stay in it until it is made anew: who asks it has to ask
the database which of them still are.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from numpy.typing import NDArray

from documents.embedding.interface import Vectors
from documents.search_models import Passage, SearchState

_ROWS_AT_ONCE = 20_000
_NUMBER_BYTES = 8
_FLOAT_BYTES = 4
# Made anew when this much of it may be of passages that are gone.
_SLACK = 1.5
_SLACK_ROWS = 1_000


@dataclass(frozen=True)
class _Head:
    """How much of which files counts; replaced as a whole, so that a reader never sees half of a change."""

    generation: int = 0
    rows: int = 0
    sequence: int = 0
    rows_looked_at: int = 0  # when it was last asked how many of them are of passages that are gone


@dataclass(frozen=True)
class Matrix:
    """One vector for each passage: `vectors[i]` is of the passage `passages[i]`. Both are mapped, not
    read.
    """

    passages: NDArray[np.int64]
    vectors: Vectors

    def nearest(self, query: Vectors, number: int) -> list[tuple[int, float]]:
        """The passages with the highest cosines, best first; at most `number`."""
        return self._best(self.passages, self.vectors @ query, number)

    def nearest_of(self, passages: NDArray[np.int64], query: Vectors, number: int) -> list[tuple[int, float]]:
        """The same among these passages only."""
        rows = np.flatnonzero(np.isin(self.passages, passages))
        return self._best(self.passages[rows], self.vectors[rows] @ query, number)

    @staticmethod
    def _best(passages: NDArray[np.int64], cosines: Vectors, number: int) -> list[tuple[int, float]]:
        if len(cosines) > number:
            some = np.argpartition(cosines, -number)[-number:]
            passages, cosines = passages[some], cosines[some]
        order = np.lexsort((passages, -cosines))
        return [(int(passages[at]), float(cosines[at])) for at in order]


class VectorFile:
    """The file of one clinic and one model."""

    def __init__(self, clinic_id: UUID, model: str, dimensions: int) -> None:
        self.clinic_id, self.model, self.dimensions = clinic_id, model, dimensions
        slug = "".join(c if c.isalnum() else "-" for c in model)
        self.stem = Path(settings.INTAKE_SEARCH_DIR) / f"{clinic_id.hex}-{slug}"

    def matrix(self) -> Matrix:
        """Every vector that was committed before this call."""
        try:
            return self._mapped()
        except FileNotFoundError:  # another process has just made the file anew
            return self._mapped()

    def _mapped(self) -> Matrix:
        head = self._head()
        if self._newer(head).exists() or self._is_of_another_database(head):
            with self._locked():
                head = self._brought_up_to_date(self._head())
        return _mapped(*_paths(self.stem, head.generation), head.rows, self.dimensions)

    def _is_of_another_database(self, head: _Head) -> bool:
        """It knows of more than the database: that was taken back to an earlier day."""
        if not head.sequence:
            return False
        return not SearchState.objects.filter(sequence__gte=head.sequence).exists()

    def _brought_up_to_date(self, head: _Head) -> _Head:
        if self._is_of_another_database(head) or self._is_mostly_waste(head):
            for path in _paths(self.stem, head.generation):
                path.unlink(missing_ok=True)
            head = _Head(generation=head.generation + 1)
        elif _has_grown(head):
            head = replace(head, rows_looked_at=head.rows)
        while rows := self._next_rows(head):
            head = self._append(head, rows)
        return head

    def _is_mostly_waste(self, head: _Head) -> bool:
        if not _has_grown(head):
            return False
        living = Passage.objects.filter(clinic=self.clinic_id, model=self.model)
        return head.rows > _SLACK * living.count() + _SLACK_ROWS

    def _newer(self, head: _Head) -> QuerySet[Passage]:
        return Passage.objects.filter(clinic=self.clinic_id, model=self.model, sequence__gt=head.sequence)

    def _next_rows(self, head: _Head) -> list[tuple[int, int, bytes]]:
        rows = self._newer(head).order_by("sequence").values_list("pk", "sequence", "vector")
        return [(pk, sequence or 0, bytes(vector or b"")) for pk, sequence, vector in rows[:_ROWS_AT_ONCE]]

    def _append(self, head: _Head, rows: list[tuple[int, int, bytes]]) -> _Head:
        """Beyond what counts, and then let it count."""
        numbers, vectors = _paths(self.stem, head.generation)
        block = np.frombuffer(b"".join(vector for _, _, vector in rows), "<f2").astype("<f4")
        _write_at(numbers, head.rows * _NUMBER_BYTES, np.array([pk for pk, _, _ in rows], "<i8").tobytes())
        _write_at(vectors, head.rows * self.dimensions * _FLOAT_BYTES, block.tobytes())
        after = replace(head, rows=head.rows + len(rows), sequence=rows[-1][1])
        draft = self.stem.with_suffix(f".head.{os.getpid()}")
        draft.write_text(json.dumps(asdict(after)))
        draft.replace(self.stem.with_suffix(".head"))
        return after

    def _head(self) -> _Head:
        try:
            return _Head(**json.loads(self.stem.with_suffix(".head").read_text()))
        except (OSError, ValueError, TypeError):
            return _Head()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time writes; readers need no lock."""
        self.stem.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.stem.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _has_grown(head: _Head) -> bool:
    """So much since it was last looked at that it may be worth to count what is gone."""
    return head.rows > _SLACK * head.rows_looked_at + _SLACK_ROWS


def _paths(stem: Path, generation: int) -> tuple[Path, Path]:
    return stem.with_suffix(f".{generation}.numbers"), stem.with_suffix(f".{generation}.vectors")


def _write_at(path: Path, offset: int, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.seek(offset)
        file.write(content)


@lru_cache(maxsize=8)
def _mapped(numbers: Path, vectors: Path, rows: int, dimensions: int) -> Matrix:
    """Raises FileNotFoundError when the files were made anew meanwhile."""
    if not rows:
        return Matrix(np.empty(0, np.int64), np.empty((0, dimensions), np.float32))
    return Matrix(
        np.asarray(np.memmap(numbers, "<i8", mode="r", shape=(rows,))),
        np.asarray(np.memmap(vectors, "<f4", mode="r", shape=(rows, dimensions))),
    )
