"""Routes of the REST interface to documents, below `/api/v1`."""

from django.urls import path

from documents import api

app_name = "documents_api"
urlpatterns = [
    path("/documents", api.DocumentsView.as_view(), name="documents"),
    path("/document-types", api.TypesView.as_view(), name="types"),
    path("/documents/<uuid:document_id>/pages", api.PagesView.as_view(), name="pages"),
    path("/documents/<uuid:document_id>/type", api.DocumentTypeView.as_view(), name="type"),
    path("/documents/<uuid:document_id>", api.DocumentView.as_view(), name="document"),
    path("/documents/<uuid:document_id>/thumbnail", api.ThumbnailView.as_view(), name="thumbnail"),
    path("/documents/<uuid:document_id>/preview", api.PreviewView.as_view(), name="preview"),
    path("/documents/<uuid:document_id>/original", api.OriginalView.as_view(), name="original"),
]
