"""Mount points only: which app answers under which path."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health

API = "api/v1"
docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="config/docs.html")

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("account/login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("account/logout", LogoutView.as_view(), name="logout"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/mark.svg")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path(f"{API}/schema", SpectacularAPIView.as_view(), name="schema"),
    path(f"{API}/docs", docs, name="docs"),
    path(API, include("batches.api_urls")),
    path(API, include("patients.api_urls")),
    path(API, include("imaging.api_urls")),
    path(API, include("documents.api_urls")),
    path("account", include("clinics.urls")),
    path("patients", include("patients.urls")),
    path("rosters", include("patients.roster_urls")),
    path("settings", include("patients.settings_urls")),
    path("", include("batches.urls")),
]

handler404 = "config.problems.not_found"
handler403 = "config.problems.forbidden"
handler400 = "config.problems.bad_request"
handler500 = "config.problems.broken"
