"""Addresses of the pages about documents; that of a single one is the batches', who know its origin."""

from django.urls import path

from documents.views.listing import DocumentList

app_name = "documents"
urlpatterns = [path("", DocumentList.as_view(), name="list")]
