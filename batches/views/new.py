"""New batch: with JavaScript a drop zone with checks and resumable upload, without it a plain form."""

from django.contrib import messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from batches.actions.batch import create_batch
from batches.forms import BatchForm
from batches.models import Batch
from batches.views.receive import TakesFiles, receive_files
from clinics.access import CAPTURE, Access
from files.errors import Refused, Trouble

_TUS = "vendor/tus.min.js"


class NewBatch(TakesFiles):
    """Choose the files, say what is known of them, send."""

    needs = CAPTURE
    nav = "new"

    def get(self, request: HttpRequest) -> HttpResponse:
        """An empty form."""
        return self.show(BatchForm(clinic=self.access.clinic))

    def post(self, request: HttpRequest) -> HttpResponse:
        """The plain form: make the batch, take the files, go to its page."""
        form = BatchForm(request.POST, clinic=self.access.clinic)
        if not request.FILES.getlist("files"):
            form.add_error(None, "Choose at least one file.")
        if not form.is_valid():
            return self.show(form, status=400)
        batch = create_batch(access=self.access, options=form.options())
        self.receive(request, batch)
        return redirect("batches:batch", pk=batch.pk)

    def receive(self, request: HttpRequest, batch: Batch) -> None:
        """What was refused, and why, is said on the batch's page."""
        try:
            messages.success(request, receive_files(batch, request.FILES.getlist("files")))
        except (Refused, Trouble) as error:
            messages.error(request, str(error))

    def show(self, form: BatchForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        context = {"form": form, "uploader": uploader_facts(self.access)}
        return self.render("batches/new.html", context, status=status)


def uploader_facts(access: Access) -> dict[str, object]:
    """What the upload's script must know; `tus` is empty where the library was not installed."""
    return {
        "max_files": access.clinic.max_files_per_batch,
        "max_bytes": access.clinic.file_limit_bytes,
        "zone": access.clinic.time_zone,
        "tus": _static_or_empty(_TUS),
    }


def _static_or_empty(name: str) -> str:
    """The address of a static file; without the library the plain form still works."""
    try:
        return staticfiles_storage.url(name)
    except ValueError:
        return ""
