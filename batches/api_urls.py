"""Routes of the REST interface to batches, files and the review, below `/api/v1`."""

from django.urls import path

from batches.api import batches, downloads, merge, reference, review, search, uploads, verbs
from batches.tus.views import UploadsView, UploadView

app_name = "api"
_BATCH = "/batches/<uuid:batch_id>"
_FILE = "/files/<uuid:file_id>"

urlpatterns = [
    path("/batches", batches.BatchesView.as_view(), name="batches"),
    path("/batches/stats", batches.StatsView.as_view(), name="batch-stats"),
    path("/batches/recent", batches.RecentView.as_view(), name="batch-recent"),
    path("/batches/analytics", reference.AnalyticsView.as_view(), name="batch-analytics"),
    path("/batches/upload", uploads.OneShotView.as_view(), name="batch-upload"),
    path(_BATCH, batches.BatchView.as_view(), name="batch"),
    path(f"{_BATCH}/status", batches.StatusView.as_view(), name="batch-status"),
    path(f"{_BATCH}/patient", batches.BatchPatientView.as_view(), name="batch-patient"),
    path(f"{_BATCH}/manifest", uploads.ManifestView.as_view(), name="batch-manifest"),
    path(f"{_BATCH}/files", uploads.FilesView.as_view(), name="batch-files"),
    path(f"{_BATCH}/uploads", UploadsView.as_view(), name="batch-uploads"),
    path(f"{_BATCH}/process", verbs.ProcessView.as_view(), name="batch-process"),
    path(f"{_BATCH}/pause", verbs.PauseView.as_view(), name="batch-pause"),
    path(f"{_BATCH}/resume", verbs.ResumeView.as_view(), name="batch-resume"),
    path(f"{_BATCH}/retry", verbs.RetryView.as_view(), name="batch-retry"),
    path(f"{_BATCH}/cancel", verbs.CancelView.as_view(), name="batch-cancel"),
    path(f"{_BATCH}/undo", verbs.UndoBatchView.as_view(), name="batch-undo"),
    path(f"{_BATCH}/review", review.BatchReviewView.as_view(), name="batch-review"),
    path(f"{_BATCH}/receipt", downloads.ReceiptView.as_view(), name="batch-receipt"),
    path(f"{_BATCH}/receipt.csv", downloads.ReceiptCsvView.as_view(), name="batch-receipt-csv"),
    path("/uploads/<uuid:file_id>", UploadView.as_view(), name="upload"),
    path("/review", review.ReviewQueueView.as_view(), name="review"),
    path("/review/decide", review.DecideView.as_view(), name="review-decide"),
    path(_FILE, review.FileView.as_view(), name="file"),
    path(f"{_FILE}/assign", review.AssignView.as_view(), name="file-assign"),
    path(f"{_FILE}/reject", review.RejectView.as_view(), name="file-reject"),
    path(f"{_FILE}/reassign", review.ReassignView.as_view(), name="file-reassign"),
    path(f"{_FILE}/keep", review.KeepView.as_view(), name="file-keep"),
    path(f"{_FILE}/duplicate", review.DuplicateView.as_view(), name="file-duplicate"),
    path(f"{_FILE}/retry", review.RetryFileView.as_view(), name="file-retry"),
    path(f"{_FILE}/password", verbs.PasswordView.as_view(), name="file-password"),
    path(f"{_FILE}/undo", review.UndoView.as_view(), name="file-undo"),
    path("/patients/<uuid:patient_id>/merge", merge.MergeView.as_view(), name="patient-merge"),
    path("/patients/<uuid:patient_id>/unmerge", merge.UnmergeView.as_view(), name="patient-unmerge"),
    path("/search", search.SearchView.as_view(), name="search"),
    path("/processing-types", reference.ProcessingTypesView.as_view(), name="processing-types"),
]
