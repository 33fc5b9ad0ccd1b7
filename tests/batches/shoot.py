"""A morning's pictures in every order: files whose facts are known, walked step by step as workers would."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import ExifTags, Image

from batches import claims, rematch
from batches.actions.intake import receive_whole
from batches.claims import Claim
from batches.models import Batch, BatchFile
from batches.pipeline import steps
from batches.pipeline.steps import Matched
from files.examined import Examined
from files.kinds import FileKind

MORNING = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001 - a camera's clock knows no zone


@dataclass(frozen=True)
class Taken:
    """One picture: its path, the minute it was taken in, what its label says, and by which camera."""

    path: str
    minute: float | None
    codes: tuple[str, ...] = ()
    camera: str = "DSC-RX10"
    share: float = 0.2  # of the picture, that each label takes

    def facts(self) -> dict[str, Any]:
        """What the sandboxed reader tells of it."""
        moment = None if self.minute is None else MORNING + timedelta(minutes=self.minute)
        return {
            "width": 64,
            "height": 48,
            "frames": 1,
            "orientation": 1,
            "captured_at": moment.isoformat() if moment else None,
            "captured_subsec": None,
            "camera": self.camera or None,
            "pixel_hash": "0" * 16,
            "variants": [],
            "warnings": [],
            "clues": [],
            "codes": [{"text": text, "format": "QRCode", "area_fraction": self.share} for text in self.codes],
        }


@dataclass
class Walk:
    """One file on its road: `look` is all but the last step, `end` that one and what follows."""

    batch: Batch
    taken: Taken
    claim: Claim | None = None
    examined: Examined | None = None
    found: Matched | None = None
    file: BatchFile = field(init=False)

    def __post_init__(self) -> None:
        """Bytes of its own, and a row that waits."""
        content = f"{self.batch.pk} {self.taken.path}".encode()
        self.file = receive_whole(batch=self.batch, path=self.taken.path, size=len(content), chunks=[content])
        self.sha256 = hashlib.sha256(content).hexdigest()

    def look(self) -> None:
        """Take the file and match it with what is known by now."""
        self.claim = claims.take(self.file.pk)
        assert self.claim is not None
        name, size, facts = self.file.name, self.file.size, self.taken.facts()
        self.examined = Examined(self.file.pk, name, FileKind.JPEG, size, self.sha256, facts, Path())
        self.found = steps.match(self.claim.file, steps.read_clues(self.claim.file, self.examined))
        steps.prepare(self.claim.file, self.examined, self.found, None)

    def end(self, *, catch_up: bool = True) -> BatchFile:
        """Write what came out; `catch_up=False` is a worker that dies right after."""
        assert self.claim is not None
        assert self.examined is not None
        assert self.found is not None
        steps.settle(self.claim, self.examined, self.found, None)
        if catch_up:
            rematch.catch_up(self.batch.pk)
        self.file.refresh_from_db()
        return self.file


def walk(batch: Batch, *shots: Taken) -> list[BatchFile]:
    """Files that come one after the other; the rows as they are at the end."""
    walks = [Walk(batch, taken) for taken in shots]
    for each in walks:
        each.look()
        each.end()
    return [BatchFile.objects.get(pk=each.file.pk) for each in walks]


def label(text: str, minute: float, *, seed: int = 0) -> bytes:
    """A real photograph of a QR label that fills a good part of it."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    picture = Image.new("RGB", (800, 600), (210, 215, 205 - seed % 50))
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=10))
    picture.paste(drawn.convert("RGB"), (180, 80))
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "DSC-RX10"
    moment = MORNING + timedelta(minutes=minute)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{moment:%Y:%m:%d %H:%M:%S}"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()
