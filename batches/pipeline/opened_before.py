"""Step 3 for an encrypted PDF whose very bytes a password has opened before: a duplicate, and nobody is asked
again.
"""

from pathlib import Path

from batches.claims import Claim
from batches.models import BatchFile
from batches.pipeline import steps
from batches.states import FileStatus
from batches.verdict import judge
from documents import errors
from documents.models import Document
from files import staging
from files.errors import FileRejected
from files.examined import Examined
from files.kinds import FileKind


def is_settled(claim: Claim, rejection: FileRejected, scratch: Path) -> bool:
    """Has this refused file found the document that the same bytes have become, and was set aside for it?

    False where it is to be opened: nobody has done so before, or its name speaks of another patient, or a
    person wants both or has decided about it. That is for the road to judge, with what the file says.
    """
    file = claim.file
    if rejection.code != errors.ENCRYPTED:
        return False
    sha256, size_bytes = staging.sha256_of(file.storage_key), staging.size_of(file.storage_key)
    twin = _became(file, sha256)
    if twin is None or file.keep_both:
        return False
    examined = Examined(file.pk, file.name, FileKind.PDF, size_bytes, sha256, {}, scratch)
    found = steps.match(file, steps.read_clues(file, examined))
    if judge(file, found.result, twin).status is not FileStatus.DUPLICATE:
        return False
    steps.settle(claim, examined, found, twin)
    return True


def _became(file: BatchFile, sha256: str) -> Document | None:
    """The document of this clinic that was opened from these bytes, if it is here still."""
    others = BatchFile.objects.of(file.batch.clinic).filter(locked_sha256=sha256, document__isnull=False)
    first = others.select_related("document").order_by("document__is_twin", "document__created_at").first()
    return first.document if first else None
