"""Decisions about a group, or about one file: for a script in JSON, for any other browser as a page."""

from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from typing import ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches import desk
from batches.actions import many
from batches.actions.many import MOST_AT_ONCE, Decided
from batches.models import BatchFile
from batches.views import last
from batches.views.desk import files_of
from batches.views.last import Verb
from batches.views.queue import Queue, uuid_in
from clinics.access import REVIEW, get_or_404
from clinics.views.page import PART, Objection, Page
from files.errors import Refused
from patients.actions import register_patient, withdraw_provisional
from patients.forms import NewPatientForm
from patients.models import Patient

_LONGEST_REASON = 500


class Decision(Page):
    """One verb on the files that the form names; several are shown once more before they are decided.

    A script shows that itself and says `confirmed`.
    """

    needs = REVIEW
    nav = "review"
    http_method_names = ["post", "options"]
    verb: ClassVar[Verb]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Decide, and say of each file what became of it."""
        if self.must_ask(request):
            context = {"files": self.files, "patient": self.patient, "queue": self.queue, "verb": self.verb}
            return self.render("batches/review_confirm.html", context)
        return self.settled(self.decide(self.files))

    def objection(self, request: HttpRequest) -> Objection | None:
        """No more files at once than somebody can have looked at."""
        named = len(request.POST.getlist("file"))
        if named <= MOST_AT_ONCE:
            return super().objection(request)
        words = f"{named} files were named; at most {MOST_AT_ONCE} are decided at once. Decide them in parts."
        return Objection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-files", words)

    def must_ask(self, request: HttpRequest) -> bool:
        """Is this more than one file, and has nobody confirmed it?"""
        return len(self.files) > 1 and not request.POST.get("confirmed")

    def decide(self, files: Sequence[BatchFile]) -> Decided:
        """Do it."""
        raise NotImplementedError

    @cached_property
    def files(self) -> list[BatchFile]:
        """The files in their order, if every one of them is this clinic's."""
        named = self.request.POST.getlist("file") or [""]
        own = BatchFile.objects.of(self.access.clinic)
        wanted = [uuid_in(text) for text in named]
        ids = set(own.filter(pk__in=[pk for pk in wanted if pk]).values_list("pk", flat=True))
        for text, pk in zip(named, wanted, strict=True):
            if pk not in ids:
                get_or_404(own, self.access, text)
        found = files_of(ids)
        return [found[pk] for pk in dict.fromkeys(wanted) if pk]

    @property
    def patient(self) -> Patient | None:
        """Whose chart they go to; None where they go to no chart."""
        return None

    @cached_property
    def queue(self) -> Queue:
        """What the person works through."""
        return Queue.of(self.request, self.access.clinic)

    @property
    def reason(self) -> str:
        """What the person wrote."""
        return self.request.POST.get("reason", "").strip()[:_LONGEST_REASON]

    def settled(self, decided: Decided) -> HttpResponse:
        """Keep what belongs together for an undo, and answer."""
        if decided.done:
            last.note(self.access, self.verb, decided.done, self.patient)
        if PART in self.request.headers:
            done = [str(pk) for pk in decided.done]
            return JsonResponse({"done": done, "refused": refusals(self.files, decided)})
        say_refusals(self.request, decided)
        return redirect(self.target())

    def target(self) -> str:
        """What is left of the group, else the next one, else the queue."""
        decided = self.files[-1]
        rest = desk.still_held(decided.batch_id, self.access.user)
        rest = [pk for pk in rest if pk not in {file.pk for file in self.files}] or rest
        if not rest:
            place = desk.take_next(
                self.access.clinic, self.access.user, batch=self.queue.batch, after=decided
            )
            rest = place.file_ids if place else []
        page = reverse("batches:review_file", args=rest[:1]) if rest else reverse("batches:review")
        return page + self.queue.suffix


class Assign(Decision):
    """The files are this patient's."""

    verb = Verb.ASSIGN

    @cached_property
    def owner(self) -> Patient:
        """One of the clinic's whose record is in use."""
        living = Patient.objects.of(self.access.clinic).living()
        return get_or_404(living, self.access, self.request.POST.get("patient"))

    @property
    def patient(self) -> Patient | None:
        """Whose chart they go to."""
        return self.owner

    def decide(self, files: Sequence[BatchFile]) -> Decided:
        """File them."""
        return many.assign_files(files=files, patient=self.owner, actor=self.access.user, reason=self.reason)


class Provisional(Assign):
    """The files are of somebody who is not in the directory: a provisional patient is made for them."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register and file; the form has said already how many files that is about."""
        if not self.files or not self.form.is_valid():
            return self.ask_again()
        try:
            self.owner = register_patient(access=self.access, facts=self.form.facts())
        except Refused as refusal:
            self.form.add_error("mrn", str(refusal))
            return self.ask_again()
        decided = self.decide(self.files)
        if not decided.done:
            withdraw_provisional(access=self.access, patient=self.owner)
        return self.settled(decided)

    @cached_property
    def form(self) -> NewPatientForm:
        """As it was filled in; what the desk makes is always provisional."""
        data = self.request.POST.copy()
        data["provisional"] = "on"
        return NewPatientForm(data, auto_id="new-%s")

    def ask_again(self) -> HttpResponse:
        """The form with what is wrong with it."""
        if PART in self.request.headers:
            return JsonResponse({"errors": self.form.errors}, status=400)
        context = {"files": self.files, "form": self.form, "queue": self.queue}
        return self.render("batches/review_new.html", context, status=400)


class KeepBoth(Assign):
    """The same bytes are in another chart, and belong in both."""

    verb = Verb.KEEP

    def decide(self, files: Sequence[BatchFile]) -> Decided:
        """File them beside their twins."""
        return many.keep_files(files=files, patient=self.owner, actor=self.access.user, reason=self.reason)


class Reject(Decision):
    """The files belong in no chart."""

    verb = Verb.REJECT

    def must_ask(self, request: HttpRequest) -> bool:
        """Always: it is asked for a reason."""
        return not request.POST.get("confirmed")

    def decide(self, files: Sequence[BatchFile]) -> Decided:
        """Set them aside."""
        return many.reject_files(files=files, actor=self.access.user, reason=self.reason)


class Duplicate(Reject):
    """The same bytes are here already, and once is enough."""

    verb = Verb.DUPLICATE

    def decide(self, files: Sequence[BatchFile]) -> Decided:
        """Count them as duplicates."""
        return many.set_aside_files(files=files, actor=self.access.user, reason=self.reason)


def refusals(files: Sequence[BatchFile], decided: Decided) -> list[dict[str, str]]:
    """The files that were not decided, by name, each with why."""
    names = {file.pk: file.name for file in files}
    return [
        {"file": str(pk), "name": names[pk], "code": code, "says": words}
        for pk, code, words in decided.refused
    ]


def say_refusals(request: HttpRequest, decided: Decided) -> None:
    """Why files were not decided, each reason once."""
    for words in dict.fromkeys(words for _, _, words in decided.refused):
        messages.error(request, words)
