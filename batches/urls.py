"""Addresses of the road's pages, from the root of the site."""

from django.urls import path

from batches.views.batch import BatchPage, Cancel, Live
from batches.views.chart import Chart
from batches.views.lists import BatchList, ReviewCount
from batches.views.new import NewBatch
from batches.views.receipt import ReceiptPage
from batches.views.records import DocumentPage, PicturePage
from batches.views.review import Assign, Reject, ReviewFile, ReviewList, UndoLast
from batches.views.undo import Undo
from batches.views.verbs import (
    About,
    AddFiles,
    Pause,
    RemoveFile,
    Resume,
    RetryFailed,
    RetryFile,
    Start,
)

app_name = "batches"
urlpatterns = [
    path("", BatchList.as_view(), name="list"),
    path("batches/new", NewBatch.as_view(), name="new"),
    path("batches/<uuid:pk>", BatchPage.as_view(), name="batch"),
    path("batches/<uuid:pk>/live", Live.as_view(), name="live"),
    path("batches/<uuid:pk>/receipt", ReceiptPage.as_view(), name="receipt"),
    path("batches/<uuid:pk>/start", Start.as_view(), name="start"),
    path("batches/<uuid:pk>/pause", Pause.as_view(), name="pause"),
    path("batches/<uuid:pk>/resume", Resume.as_view(), name="resume"),
    path("batches/<uuid:pk>/retry", RetryFailed.as_view(), name="retry"),
    path("batches/<uuid:pk>/cancel", Cancel.as_view(), name="cancel"),
    path("batches/<uuid:pk>/about", About.as_view(), name="about"),
    path("batches/<uuid:pk>/files", AddFiles.as_view(), name="files"),
    path("files/<uuid:pk>/remove", RemoveFile.as_view(), name="remove_file"),
    path("files/<uuid:pk>/retry", RetryFile.as_view(), name="retry_file"),
    path("files/<uuid:pk>/undo", Undo.as_view(), name="undo"),
    path("review", ReviewList.as_view(), name="review"),
    path("review/count", ReviewCount.as_view(), name="review_count"),
    path("review/<uuid:pk>", ReviewFile.as_view(), name="review_file"),
    path("review/<uuid:pk>/assign", Assign.as_view(), name="assign"),
    path("review/<uuid:pk>/reject", Reject.as_view(), name="reject"),
    path("review/<uuid:pk>/take-back", UndoLast.as_view(), name="take_back"),
    path("patients/<uuid:pk>", Chart.as_view(), name="chart"),
    path("images/<uuid:pk>", PicturePage.as_view(), name="picture"),
    path("documents/<uuid:pk>", DocumentPage.as_view(), name="document"),
]
