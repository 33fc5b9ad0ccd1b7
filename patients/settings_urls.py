"""Addresses below /settings: how a clinic matches files with its patients."""

from django.urls import path

from patients.views.matching import Matching, TryPolicy, VerifyCheckDigit
from patients.views.patterns import (
    Bench,
    EditPattern,
    MovePattern,
    NewPattern,
    RemovePattern,
    RestorePattern,
)

app_name = "settings"
urlpatterns = [
    path("/matching", Matching.as_view(), name="matching"),
    path("/matching/try", TryPolicy.as_view(), name="try_policy"),
    path("/matching/check-digit", VerifyCheckDigit.as_view(), name="verify_check_digit"),
    path("/patterns/new", NewPattern.as_view(), name="new_pattern"),
    path("/patterns/try", Bench.as_view(), name="try_pattern"),
    path("/patterns/restore", RestorePattern.as_view(), name="restore_pattern"),
    path("/patterns/<int:pk>", EditPattern.as_view(), name="pattern"),
    path("/patterns/<int:pk>/move", MovePattern.as_view(), name="move_pattern"),
    path("/patterns/<int:pk>/remove", RemovePattern.as_view(), name="remove_pattern"),
]
