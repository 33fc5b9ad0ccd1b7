"""A folder on this machine taken down the same road as a browser's: batches, bytes, bells, and a wait for
the end.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from batches.actions.batch import BatchOptions, create_batch, start_batch
from batches.actions.intake import receive_whole
from batches.models import Batch, BatchFile
from batches.pipeline import run
from batches.states import ON_THE_WAY
from clinics.access import Access
from files.errors import Refused
from files.names import is_system_junk

_BLOCK_BYTES = 1 << 20
_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Sent:
    """One file of the folder: its row, or why it never got one."""

    path: str
    file_id: UUID | None
    refusal: Refused | None = None


def files_below(folder: Path) -> list[Path]:
    """Every file of the folder in the order of names; links are not followed, system leftovers are left
    out.
    """
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if not is_system_junk(path.name))


def batches_for(access: Access, options: BatchOptions, count: int) -> Iterator[Batch]:
    """As many batches as `count` files need under the clinic's limit."""
    for _ in range(0, count, access.clinic.max_files_per_batch):
        yield create_batch(access=access, options=options)


def send(batch: Batch, folder: Path, paths: Sequence[Path]) -> Iterator[Sent]:
    """Take each file in, bytes first; one that is refused does not stop the others."""
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            file = receive_whole(batch=batch, path=name, size=path.stat().st_size, chunks=_blocks(path))
            yield Sent(name, file.pk)
        except Refused as refusal:
            yield Sent(name, None, refusal)
    start_batch(batch=batch, actor=batch.created_by)


def work_through(sent: Sequence[Sent]) -> Iterator[BatchFile]:
    """Each file as soon as it is settled: processed here, unless a worker has taken it first."""
    for item in sent:
        if item.file_id is not None:
            run.process(item.file_id)
            yield _settled(item.file_id)


def _settled(file_id: UUID) -> BatchFile:
    while True:
        file = BatchFile.objects.select_related("patient").get(pk=file_id)
        if file.status not in ON_THE_WAY:
            return file
        time.sleep(_LOOK_AGAIN_SECONDS)
        run.process(file_id)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block
