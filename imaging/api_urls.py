"""Routes of the REST interface to pictures, below `/api/v1`."""

from django.urls import path

from imaging import api

app_name = "imaging_api"
urlpatterns = [
    path("/images/<uuid:image_id>", api.ImageView.as_view(), name="image"),
    path("/images/<uuid:image_id>/thumbnail", api.ThumbnailView.as_view(), name="thumbnail"),
    path("/images/<uuid:image_id>/preview", api.PreviewView.as_view(), name="preview"),
    path("/images/<uuid:image_id>/original", api.OriginalView.as_view(), name="original"),
]
