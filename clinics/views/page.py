"""What every page shares: somebody is signed in, may do it, sees one clinic and reads its clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from http import HTTPStatus
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import View

from clinics.access import VIEW, Access, require
from clinics.models import Clinic, User

# How a script of the review desk says that it wants a part, or JSON, and no whole page.
PART = "X-Intake-Part"


@dataclass(frozen=True)
class Objection:
    """What is wrong with a request as a whole: a stable code, and a sentence with the value and the cure."""

    status: HTTPStatus
    code: str
    detail: str


_NUL = Objection(
    HTTPStatus.BAD_REQUEST,
    "nul-character",
    "The text holds a NUL character, which no text has and no database keeps. It came with something that "
    "was pasted: type it anew, and send it again. Nothing was changed.",
)


class Page(LoginRequiredMixin, View):
    """A page of one clinic: `needs` is the permission that opens it, `nav` its place in the menu."""

    needs: ClassVar[str] = VIEW
    nav: ClassVar[str] = ""
    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask who it is and what they may, then answer with times in the clinic's zone.

        No browser keeps the answer: the next person at a shared computer would find it behind "back".
        """
        if not isinstance(request.user, User):
            return self.ask_to_sign_in()
        self.access = require(request, self.needs)
        with timezone.override(zone_of(self.access.clinic)):
            objection = self.objection(request)
            response = self.object(objection) if objection else super().dispatch(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def objection(self, request: HttpRequest) -> Objection | None:
        """Why no view should look at this request at all: here alone comes the text of every form in."""
        return _NUL if any(_has_nul(fields) for fields in (request.GET, request.POST)) else None

    def object(self, objection: Objection) -> HttpResponse:
        """The objection as a page, or as JSON for a script."""
        problem = {**vars(objection), "title": objection.status.phrase}
        if PART in self.request.headers:
            return JsonResponse(problem, status=objection.status)
        return self.render("error.html", {"problem": problem}, status=objection.status)

    def ask_to_sign_in(self) -> HttpResponse:
        """A person goes to the sign-in page; a part of a page that refreshes itself is only told (401)."""
        if self.request.headers.get("HX-Request"):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return self.handle_no_permission()

    def render(
        self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """The template with what the frame around every page needs."""
        return render(self.request, template, self.frame() | dict(context or {}), status=status)

    def frame(self) -> dict[str, Any]:
        """Who is here, where in the menu, and under which name scripts find the CSRF cookie."""
        return {"access": self.access, "nav": self.nav, "csrf_cookie": settings.CSRF_COOKIE_NAME}


class Verb(Page):
    """A button: does one thing on POST, says what happened, and goes to a page.

    `refusals` are the exceptions whose sentence is said on that page; every other one is a failure of ours.
    """

    http_method_names = ["post", "options"]
    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do it and go on to `target`."""
        try:
            said = self.act(request, **kwargs)
        except self.refusals as error:
            messages.error(request, str(error))
        else:
            if said:
                messages.success(request, said)
        return redirect(self.target(request, **kwargs))

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Do it; the sentence that is said afterwards, which the session keeps until the next page."""
        raise NotImplementedError

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """Where to go afterwards."""
        raise NotImplementedError


def _has_nul(fields: QueryDict) -> bool:
    return any("\0" in text for name, texts in fields.lists() for text in (name, *texts))


def zone_of(clinic: Clinic) -> tzinfo:
    """The clinic's time zone; UTC where its name is unknown to this machine."""
    try:
        return ZoneInfo(clinic.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
