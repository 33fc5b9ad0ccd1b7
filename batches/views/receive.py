"""Takes files from a plain multipart form: spooled within limits, and one that is refused stops no other."""

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from batches.models import Batch
from batches.multipart import BoundedUploadHandler, announce_parts, parts_of, receive_parts
from batches.states import FileStatus
from files.errors import Refused
from patients.views import takes_files


class TakesFiles(takes_files.TakesFiles):
    """A page that takes files into a batch, within the clinic's limits."""

    handler = BoundedUploadHandler

    def comes_from(self, request: HttpRequest) -> str:
        """The batch's page, or the form of a new one."""
        return request.path.removesuffix("/files")


def receive_files(batch: Batch, uploads: Sequence[UploadedFile[bytes]]) -> str:
    """Take `uploads` into `batch`; the sentence that says how many came and how many were refused.

    Raises Refused when nothing was sent at all, or when the batch cannot take so many.
    """
    if not uploads:
        raise Refused("nothing-chosen", "No file was chosen. Choose the files first, then send them.")
    parts = parts_of(uploads, [])
    received = receive_parts(announce_parts(batch, parts), parts)
    refused = sum(file.status == FileStatus.FAILED for file in received.files)
    lost = len(received.interrupted)
    came = len(received.files) - refused - lost
    said = f"{came} {'file' if came == 1 else 'files'} received."
    if refused:
        said += f" {refused} refused; the list below says why."
    return f"{said} {lost} could not be stored just now; send them again." if lost else said
