"""Routes of the REST interface to the directory, below `/api/v1`."""

from django.urls import path

from patients import api, roster_api

app_name = "patients_api"
urlpatterns = [
    path("/patients", api.PatientsView.as_view(), name="patients"),
    path("/patients/<uuid:patient_id>", api.PatientView.as_view(), name="patient"),
    path("/rosters", roster_api.RostersView.as_view(), name="rosters"),
    path("/rosters/preview", roster_api.RosterPreviewView.as_view(), name="roster-preview"),
    path("/rosters/stats", roster_api.RosterStatsView.as_view(), name="roster-stats"),
    path("/rosters/recent", roster_api.RecentRostersView.as_view(), name="rosters-recent"),
    path("/rosters/<uuid:roster_id>", roster_api.RosterView.as_view(), name="roster"),
    path("/rosters/<uuid:roster_id>/rows", roster_api.RosterRowsView.as_view(), name="roster-rows"),
    path("/rosters/<uuid:roster_id>/rows.csv", roster_api.RosterCsvView.as_view(), name="roster-rows-csv"),
    path("/rosters/<uuid:roster_id>/rows.xlsx", roster_api.RosterXlsxView.as_view(), name="roster-rows-xlsx"),
    path("/rosters/<uuid:roster_id>/columns", roster_api.RosterColumnsView.as_view(), name="roster-columns"),
    path("/rosters/<uuid:roster_id>/apply", roster_api.RosterApplyView.as_view(), name="roster-apply"),
    path("/rosters/<uuid:roster_id>/retry", roster_api.RosterRetryView.as_view(), name="roster-retry"),
    path("/rosters/<uuid:roster_id>/undo", roster_api.RosterUndoView.as_view(), name="roster-undo"),
]
