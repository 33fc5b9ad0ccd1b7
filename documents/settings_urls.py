"""Addresses below /settings: the clinic's kinds of document."""

from django.urls import path

from documents.views.types import Rename, Restore, Retire, Types

app_name = "document_types"
urlpatterns = [
    path("/document-types", Types.as_view(), name="types"),
    path("/document-types/<str:code>/rename", Rename.as_view(), name="rename"),
    path("/document-types/<str:code>/retire", Retire.as_view(), name="retire"),
    path("/document-types/<str:code>/restore", Restore.as_view(), name="restore"),
]
