"""The buttons of a batch's page: each calls one action and says what happened."""

from typing import Any

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from batches.actions import batch as actions
from batches.actions.intake import cancel_file
from batches.actions.review import keep_file, retry_file
from batches.actions.unlock import unlock_file
from batches.forms import AboutForm
from batches.states import FileStatus
from batches.views.receive import TakesFiles, receive_files
from batches.views.verb import BatchVerb, FileVerb
from clinics.access import REVIEW
from files.errors import Refused


class About(BatchVerb):
    """What is said of the batch: words, and before the start one patient for all its files."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Save."""
        return " ".join(self.save(request)) or "Nothing was changed."

    def save(self, request: HttpRequest) -> list[str]:
        """Keep what was changed in the form, the words first; the sentences about it.

        What was left as the page showed it is not written, or an old page would undo what a colleague said
        meanwhile. Raises Refused for words that are too long and for a patient who is not in the directory.
        """
        form = AboutForm(request.POST, clinic=self.access.clinic)
        form.is_valid()
        keepers = {"notes": self.keep_notes, "patient": self.keep_patient}
        return [keep(form) for name, keep in keepers.items() if name in form.changed_data]

    def keep_notes(self, form: AboutForm) -> str:
        """Replace the words."""
        if "notes" in form.errors:
            raise Refused("notes-too-long", str(form.errors["notes"][0]))
        actions.set_notes(batch=self.batch, notes=form.cleaned_data["notes"], actor=self.access.user)
        return "Notes saved."

    def keep_patient(self, form: AboutForm) -> str:
        """One patient for every file, or none."""
        if "patient" in form.errors:
            raise Refused("patient-unknown", str(form.errors["patient"][0]))
        patient = form.cleaned_data["patient"]
        actions.set_patient(batch=self.batch, patient=patient, actor=self.access.user)
        return (
            "Every file of this batch is that patient's." if patient else "Each file finds its own patient."
        )


class Start(About):
    """Process what has come, under what the form beside the button says."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Save and start; when something cannot be saved, nothing starts."""
        said = self.save(request)
        actions.start_batch(batch=self.batch, actor=self.access.user)
        return " ".join([*said, "Started. Files that come later are taken as they arrive."])


class Pause(BatchVerb):
    """Take no further file."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Pause."""
        actions.pause_batch(batch=self.batch, actor=self.access.user)
        return "Paused. Files in work are finished, uploads go on, nothing else is taken until you resume."


class Resume(BatchVerb):
    """Go on after a pause."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Resume."""
        actions.resume_batch(batch=self.batch, actor=self.access.user)
        return "Resumed."


class RetryFailed(BatchVerb):
    """Every failed file once more, from the bytes that are here."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Retry."""
        number = actions.retry_batch(batch=self.batch, actor=self.access.user)
        if not number:
            return "None of the failed files can be tried again: their bytes are not here. Send them again."
        return f"{number} {'file is' if number == 1 else 'files are'} tried again."


class AddFiles(TakesFiles, BatchVerb):
    """Files from the plain form, without a line of JavaScript."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Take them."""
        return receive_files(self.batch, request.FILES.getlist("files"))


class RemoveFile(FileVerb):
    """Take one file out of the batch."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Remove."""
        cancel_file(file=self.file, actor=self.access.user)
        return "The file is out of the batch."


class RetryFile(FileVerb):
    """One failed file once more, or one that was set aside by mistake."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Retry."""
        was_aside = self.file.status == FileStatus.CANCELLED
        retry_file(file=self.file, actor=self.access.user)
        return "Brought back. The file is read once more." if was_aside else "The file is tried again."


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class UnlockFile(FileVerb):
    """A PDF that asks for a password, opened once with it."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Open it; the password is used here and kept nowhere."""
        unlock_file(file=self.file, password=request.POST.get("password", ""), actor=self.access.user)
        return "Opened. The file goes on without its password, which was not kept."


class KeepFile(FileVerb):
    """A duplicate that is wanted beside its twin after all."""

    needs = REVIEW

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Read it once more; nothing sets it aside again."""
        keep_file(file=self.file, actor=self.access.user)
        return "Kept. The file is read once more, and filed beside its twin."
