"""Addresses below /rosters."""

from django.urls import path

from patients.views import rosters

app_name = "rosters"
urlpatterns = [
    path("", rosters.RosterList.as_view(), name="list"),
    path("/<uuid:pk>", rosters.RosterPage.as_view(), name="roster"),
    path("/<uuid:pk>/live", rosters.RosterLive.as_view(), name="live"),
    path("/<uuid:pk>/rows.csv", rosters.RosterExport.as_view(), name="export"),
    path("/<uuid:pk>/rows.xlsx", rosters.RosterWorkbook.as_view(), name="workbook"),
    path("/<uuid:pk>/columns", rosters.SetColumns.as_view(), name="columns"),
    path("/<uuid:pk>/apply", rosters.ApplyRoster.as_view(), name="apply"),
    path("/<uuid:pk>/retry", rosters.RetryRoster.as_view(), name="retry"),
    path("/<uuid:pk>/undo", rosters.UndoRoster.as_view(), name="undo"),
    path("/<uuid:pk>/remove", rosters.RemoveRoster.as_view(), name="remove"),
]
