"""The patient cards of a batch, looked at once by a person, so that no picture is taken for one unseen."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from batches import selectors
from batches.actions.cards import confirm_cards
from batches.actions.review import retry_file
from batches.context import PATIENT_CARD, card_owners
from batches.models import BatchFile
from batches.states import FileStatus
from batches.views.queue import uuid_in
from batches.views.verb import BatchVerb
from clinics import audit
from clinics.access import REVIEW, get_or_404
from clinics.views.page import Page
from files import serving, storage

_MOST = 200
_DRAWING = "preview"


class Cards(BatchVerb):
    """Every card at which nobody has looked, large enough to see what else is in it."""

    needs = REVIEW
    nav = "batches"
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The pictures, each with whose card it is."""
        owners = card_owners(self.batch)
        waiting = selectors.unseen_cards(self.batch)
        context = {
            "batch": self.batch,
            "cards": [(file, owners.get(file.pk)) for file in waiting[:_MOST]],
            "total": waiting.count(),
        }
        return self.render("batches/cards.html", context)

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Bring back the one that is no card, or confirm those that the page has shown."""
        if no_card := request.POST.get("picture"):
            file = get_or_404(selectors.unseen_cards(self.batch), self.access, no_card)
            retry_file(file=file, actor=self.access.user)
            return "Brought back as a picture. It is read once more and then waits in review."
        shown = [pk for text in request.POST.getlist("card")[:_MOST] if (pk := uuid_in(text))]
        seen = confirm_cards(batch=self.batch, file_ids=shown, actor=self.access.user)
        return (
            f"Confirmed: {seen} patient {'card' if seen == 1 else 'cards'}."
            if seen
            else "Nothing was left to confirm."
        )

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """The rest of the cards, else the batch."""
        name = "batches:cards" if selectors.unseen_cards(self.batch).exists() else "batches:batch"
        return reverse(name, args=[self.batch.pk])


class CardPicture(Page):
    """What was taken for a card, drawn for a screen."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """The drawing; 404 for a card from before cards were drawn."""
        rows = BatchFile.objects.of(self.access.clinic).filter(card__isnull=False)
        file = get_or_404(rows.filter(status=FileStatus.CANCELLED, decision=PATIENT_CARD), self.access, pk)
        key = storage.variant_key(self.access.clinic.pk, file.pk, _DRAWING)
        if not storage.exists(key):
            raise Http404("This card was not drawn.")
        audit.record("card-viewed", clinic=self.access.clinic, actor=self.access.user, target=file)
        known = request.headers.get("If-None-Match", "")
        return serving.picture(key, etag=f'"{file.pk}-{file.attempts}"', if_none_match=known)
