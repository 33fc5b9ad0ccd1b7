"""Addresses of the road's pages, from the root of the site."""

from django.urls import path

from batches.views.batch import BatchPage, Cancel, Live
from batches.views.cards import CardPicture, Cards
from batches.views.chart import Chart
from batches.views.deciding import Assign, Duplicate, KeepBoth, Provisional, Reject
from batches.views.document import ChangeType, DocumentPage, DocumentReading, ReadAgain
from batches.views.holding import Hold, Release
from batches.views.lists import BatchList, ReviewCount
from batches.views.merge import Merge, Unmerge
from batches.views.new import NewBatch
from batches.views.reassign import Reassign, ReassignDocument
from batches.views.receipt import ReceiptPage
from batches.views.recent_names import RecentNames
from batches.views.records import PicturePage
from batches.views.review import NextGroup, ReviewFile, ReviewList
from batches.views.search import NewSearch, SearchResults
from batches.views.undo import Undo, UndoBatch
from batches.views.undo_last import UndoLast
from batches.views.verbs import (
    About,
    AddFiles,
    KeepFile,
    Pause,
    RemoveFile,
    Resume,
    RetryFailed,
    RetryFile,
    Start,
    UnlockFile,
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
    path("batches/<uuid:pk>/undo", UndoBatch.as_view(), name="undo_batch"),
    path("batches/<uuid:pk>/cards", Cards.as_view(), name="cards"),
    path("batches/<uuid:pk>/about", About.as_view(), name="about"),
    path("batches/<uuid:pk>/files", AddFiles.as_view(), name="files"),
    path("files/<uuid:pk>/remove", RemoveFile.as_view(), name="remove_file"),
    path("files/<uuid:pk>/retry", RetryFile.as_view(), name="retry_file"),
    path("files/<uuid:pk>/password", UnlockFile.as_view(), name="unlock_file"),
    path("files/<uuid:pk>/undo", Undo.as_view(), name="undo"),
    path("files/<uuid:pk>/card", CardPicture.as_view(), name="card_picture"),
    path("files/<uuid:pk>/keep", KeepFile.as_view(), name="keep_file"),
    path("search", NewSearch.as_view(), name="search"),
    path("search/<slug:key>", SearchResults.as_view(), name="search_results"),
    path("review", ReviewList.as_view(), name="review"),
    path("review/count", ReviewCount.as_view(), name="review_count"),
    path("review/<uuid:pk>", ReviewFile.as_view(), name="review_file"),
    path("review/next", NextGroup.as_view(), name="next_group"),
    path("review/hold", Hold.as_view(), name="hold"),
    path("review/release", Release.as_view(), name="release"),
    path("review/assign", Assign.as_view(), name="assign"),
    path("review/provisional", Provisional.as_view(), name="provisional"),
    path("review/keep", KeepBoth.as_view(), name="keep_both"),
    path("review/reject", Reject.as_view(), name="reject"),
    path("review/duplicate", Duplicate.as_view(), name="duplicate"),
    path("review/undo", UndoLast.as_view(), name="undo_last"),
    path("settings/patterns/recent-names", RecentNames.as_view(), name="recent_names"),
    path("patients/<uuid:pk>", Chart.as_view(), name="chart"),
    path("patients/<uuid:pk>/merge", Merge.as_view(), name="merge"),
    path("merges/<uuid:pk>/unmerge", Unmerge.as_view(), name="unmerge"),
    path("images/<uuid:pk>", PicturePage.as_view(), name="picture"),
    path("images/<uuid:pk>/reassign", Reassign.as_view(), name="reassign_picture"),
    path("documents/<uuid:pk>", DocumentPage.as_view(), name="document"),
    path("documents/<uuid:pk>/reading", DocumentReading.as_view(), name="document_reading"),
    path("documents/<uuid:pk>/type", ChangeType.as_view(), name="document_type"),
    path("documents/<uuid:pk>/read-again", ReadAgain.as_view(), name="read_again"),
    path("documents/<uuid:pk>/reassign", ReassignDocument.as_view(), name="reassign_document"),
]
