"""Takes files from a plain multipart form: spooled within limits, and one that is refused stops no other."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from batches.models import Batch
from batches.multipart import BoundedUploadHandler, announce_parts, parts_of, receive_parts
from batches.states import FileStatus
from clinics.views.page import Page
from files.errors import Refused, Trouble


@method_decorator(csrf_exempt, name="dispatch")
class TakesFiles(Page):
    """A page whose form may hold files; its form is checked for the CSRF token like every other.

    The check itself reads the form, so the handler that bounds it must be in place before: hence exempt
    outside, protected inside.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Bound what is read, then answer as every page does; a refusal is said on the page it came from."""
        if request.method == "POST":
            request.upload_handlers = [BoundedUploadHandler(request)]
        try:
            return csrf_protect(super().dispatch)(request, *args, **kwargs)
        except (Refused, Trouble) as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path.removesuffix("/files"))


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
