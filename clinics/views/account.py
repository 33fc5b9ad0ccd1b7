"""A person's own page: which clinic, which tokens, which password."""

from typing import Any
from uuid import UUID

from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from clinics import audit
from clinics.access import CLINIC_IN_SESSION, get_or_404
from clinics.forms import TokenForm
from clinics.models import ApiToken, Membership
from clinics.tokens import create_token
from clinics.views.page import Page, Verb


class Account(Page):
    """Who I am here, my clinics, my tokens."""

    nav = "account"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page with an empty token form."""
        return self.show(TokenForm(permissions=self.access.permissions))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a token; its text is on the page that answers, and never again."""
        form = TokenForm(request.POST, permissions=self.access.permissions)
        if not form.is_valid():
            return self.show(form, status=400)
        text = create_token(self.access.user, self.access.clinic, **form.cleaned_data)
        audit.record("token-created", clinic=self.access.clinic, actor=self.access.user)
        return self.show(TokenForm(permissions=self.access.permissions), new_token=text)

    def show(self, form: TokenForm, *, new_token: str = "", status: int = 200) -> HttpResponse:
        """The page."""
        user = self.access.user
        memberships = Membership.objects.filter(user=user).select_related("clinic").order_by("clinic__name")
        context = {
            "form": form,
            "memberships": memberships,
            "new_token": new_token,
            "now": timezone.now(),
            "tokens": ApiToken.objects.filter(user=user, clinic=self.access.clinic),
        }
        return self.render("clinics/account.html", context, status=status)


class RevokeToken(Verb):
    """A token that is no longer wanted stops working at once."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Revoke one of my own."""
        token = get_or_404(ApiToken.objects.filter(user=self.access.user), self.access, kwargs["pk"])
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            audit.record("token-revoked", clinic=token.clinic, actor=self.access.user, target=token)
        return "The token is revoked. Whatever used it must be given another one."

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """Back to the account."""
        return reverse("clinics:account")


class ChooseClinic(Verb):
    """Work in another of my clinics from now on."""

    def act(self, request: HttpRequest, **kwargs: Any) -> str:
        """Remember the choice in the session."""
        mine = Membership.objects.filter(user=self.access.user).select_related("clinic")
        membership = get_or_404(mine, self.access, request.POST.get("membership"))
        clinic_id: UUID = membership.clinic_id
        request.session[CLINIC_IN_SESSION] = str(clinic_id)
        return f"You now work in {membership.clinic.name}."

    def target(self, request: HttpRequest, **kwargs: Any) -> str:
        """The first page of that clinic."""
        return reverse("batches:list")


class ChangePassword(SuccessMessageMixin[Any], Page, PasswordChangeView):
    """Django's own form, in our frame."""

    nav = "account"
    template_name = "clinics/password.html"
    success_url = reverse_lazy("clinics:account")
    success_message = "Your password is changed."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The frame needs to know who is here."""
        return super().get_context_data(**self.frame(), **kwargs)
