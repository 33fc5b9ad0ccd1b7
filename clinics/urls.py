"""Addresses below /account."""

from django.urls import path

from clinics.views.account import Account, ChangePassword, ChooseClinic, RevokeToken
from clinics.views.audit import Audit

app_name = "clinics"
urlpatterns = [
    path("", Account.as_view(), name="account"),
    path("/clinic", ChooseClinic.as_view(), name="choose_clinic"),
    path("/tokens/<uuid:pk>/revoke", RevokeToken.as_view(), name="revoke_token"),
    path("/password", ChangePassword.as_view(), name="password"),
    path("/audit", Audit.as_view(), name="audit"),
]
