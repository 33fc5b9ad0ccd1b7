"""The clinic's kinds of document: add one, rename it, offer it no more."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinics.access import MANAGE
from clinics.views.page import Page, Verb
from documents.forms import TypeForm, TypeNameForm
from documents.models import Document
from documents.types import types_of
from documents.types_actions import add_type, rename_type, retire_type
from files.errors import Refused


class Types(Page):
    """The table, and a form for one more line."""

    needs = MANAGE
    nav = "settings"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The table."""
        return self.show(TypeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Add a kind; a wrong one comes back with what is wrong."""
        form = TypeForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=400)
        try:
            found = add_type(access=self.access, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("code", str(refusal))
            return self.show(form, status=refusal.status)
        documents = "1 document" if found == 1 else f"{found:,} documents"
        given = f" {documents} with this code in the name got it." if found else ""
        messages.success(request, f"The type is added.{given}")
        return redirect("document_types:types")

    def show(self, form: TypeForm, *, status: int = 200) -> HttpResponse:
        """The page with this form."""
        documents = Document.objects.of(self.access.clinic).exclude(type_code="").order_by()
        numbers = dict(documents.values_list("type_code").annotate(Count("pk")))
        rows = [(each, numbers.get(each.code, 0)) for each in types_of(self.access.clinic)]
        return self.render("documents/types.html", {"form": form, "rows": rows}, status=status)


class TypeVerb(Verb):
    """Does something with one kind of document."""

    needs = MANAGE
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused,)

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """Back to the table."""
        return reverse("document_types:types")


class Rename(TypeVerb):
    """Another name."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Rename it."""
        form = TypeNameForm(request.POST)
        if not form.is_valid():
            raise Refused("bad-type-name", "Give the type a name of 1 to 100 characters.")
        rename_type(access=self.access, code=kwargs["code"], name=form.cleaned_data["name"])
        return "The name is saved."


class Retire(TypeVerb):
    """Offered no more; documents that bear it keep it."""

    is_retired: ClassVar[bool] = True

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Retire it."""
        retire_type(access=self.access, code=kwargs["code"], is_retired=self.is_retired)
        return "The type is offered no more." if self.is_retired else "The type is offered again."


class Restore(Retire):
    """Offered again."""

    is_retired: ClassVar[bool] = False
