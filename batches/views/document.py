"""One document: its facts, its pages with how each was read, and what can be changed about it."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from batches.models import BatchFile
from batches.pipeline.steps import WAS_ENCRYPTED
from batches.views.records import provenance
from clinics import audit
from clinics.access import REVIEW, get_or_404
from clinics.views.page import Page, Verb
from documents import bell, reading, spoken, tesseract, types
from documents.models import Document, TextSource
from documents.types_actions import change_type
from files.errors import Refused

_PAGES = 50

ODD: dict[str, str] = {
    "has-javascript": "It contains a script. Nothing of it was run here; another program might run it.",
    "has-launch-action": "It asks to start another program. Nothing was started here.",
    "has-attachments": "Other files are attached inside it. They were not opened.",
    "has-xfa": "It contains an XFA form, drawn by a script. What you see here are its plain pages.",
    "has-remote-action": "It contains a button that would send what is filled in to somewhere else.",
    "has-media": "It contains sound, film or another player. Nothing was played.",
    "was-encrypted": (
        "It came encrypted, and was opened here with its password. What is kept and can be downloaded is the "
        "copy that needs none; the password and the encrypted bytes are not kept."
    ),
    "end-missing": "Its end is missing; perhaps it was cut off in copying. Compare it with the paper.",
    "page-unreadable": "At least one page could not be read.",
    "page-huge": "At least one page is five metres long or more.",
    "text-cut": "It has more text than is kept; the rest was left out.",
    "no-preview": "Its first page could not be drawn in reasonable time.",
    "not-checked": "Its inner structure could not be looked through for scripts.",
}


@dataclass(frozen=True)
class Progress:
    """How far recognition is: pages that are scans, and those of them that wait, failed, or want a look."""

    scanned: int
    waiting: int
    failed: int
    unsure: int
    is_available: bool

    @classmethod
    def of(cls, document: Document) -> "Progress":
        """As the rows say; the program is looked for only where something waits for it."""
        rows = list(document.pages.only("source", "confidence"))
        waiting = sum(row.source == TextSource.WAITING for row in rows)
        return cls(
            scanned=sum(row.source != TextSource.LAYER for row in rows),
            waiting=waiting,
            failed=sum(row.source == TextSource.FAILED for row in rows),
            unsure=sum(row.is_unsure for row in rows),
            is_available=not waiting or tesseract.find_engine() is not None,
        )

    @property
    def is_under_way(self) -> bool:
        """Is the page to ask again?"""
        return bool(self.waiting) and self.is_available

    @property
    def done(self) -> int:
        """Scanned pages that wait no more."""
        return self.scanned - self.waiting

    @property
    def token(self) -> str:
        """What a page has seen: another token means another fragment."""
        return token_of(self.waiting, self.failed)

    @property
    def words(self) -> str:
        """How far it is, as a sentence."""
        failed = f" {self.failed} could not be recognised." if self.failed else ""
        if not self.waiting:
            return f"The scanned pages are read.{failed}"
        return f"{self.done} of {self.scanned} scanned page{'s' if self.scanned > 1 else ''} read.{failed}"


def token_of(waiting: int, failed: int) -> str:
    """Both numbers change with every page that a worker has done."""
    return f"{waiting}-{failed}"


class DocumentPage(Page):
    """The first page of a document, its text, and how it came here."""

    nav = "documents"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The page."""
        document = self.document(pk)
        audit.record("document-viewed", clinic=self.access.clinic, actor=self.access.user, target=document)
        files = BatchFile.objects.filter(document=document)
        context = provenance(files, document.pk) | self.read_of(document, request.GET.get("page"))
        return self.render("batches/document.html", context)

    def document(self, pk: UUID) -> Document:
        """The document, if this person may see it."""
        rows = Document.objects.seen_by(self.access).select_related("patient", "twin_of__patient")
        return get_or_404(rows.prefetch_related("variants"), self.access, pk)

    def read_of(self, document: Document, page: str | None) -> dict[str, Any]:
        """What the page shows of the document itself."""
        codes: list[str] = document.facts.get("warnings") or []
        return {
            "document": document,
            "language": spoken.named(spoken.languages_of([document])[document.pk]),
            "is_opened_copy": WAS_ENCRYPTED in codes,
            "odd": [(code, ODD.get(code, code)) for code in codes],
            "page": Paginator(document.pages.all(), _PAGES).get_page(page),
            "page_number": page or "",
            "reading": Progress.of(document),
            "type_name": types.name_of(self.access.clinic, document.type_code),
            "types": types.offered(self.access.clinic),
        }


class DocumentReading(DocumentPage):
    """The part that polls while scans are read: 204 while no page has been done since what it shows."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The text as far as it is read, or nothing. New text is a look like any other."""
        document = self.document(pk)
        sources = Counter(document.pages.values_list("source", flat=True))
        if request.GET.get("v") == token_of(sources[TextSource.WAITING], sources[TextSource.FAILED]):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        audit.record("document-viewed", clinic=self.access.clinic, actor=self.access.user, target=document)
        context = self.read_of(document, request.GET.get("page"))
        return self.render("batches/_document_reading.html", context)


class DocumentVerb(Verb):
    """Does something with the document named in the address."""

    needs = REVIEW
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused,)

    @cached_property
    def document(self) -> Document:
        """The document, if it is this clinic's."""
        return get_or_404(Document.objects.seen_by(self.access), self.access, self.kwargs["pk"])

    def target(self, request: HttpRequest, **kwargs: object) -> str:
        """Back to the document."""
        return reverse("batches:document", args=[self.document.pk])


class ChangeType(DocumentVerb):
    """Another kind of document."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Change it."""
        change_type(access=self.access, document=self.document, code=request.POST.get("type_code", ""))
        return "The type of the document is saved."


class ReadAgain(DocumentVerb):
    """The pages that could not be recognised, once more."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Let them wait, and ring."""
        pages = reading.read_again(self.document)
        if not pages:
            return "No page of this document waits to be tried again."
        bell.ring(self.document.pk)
        audit.record(
            "document-read-again", clinic=self.access.clinic, actor=self.access.user, target=self.document
        )
        return f"{pages} {'page is' if pages == 1 else 'pages are'} read once more."
