"""Batches, files and their history in the Django admin: to search and read, because they are the record."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from batches.models import Batch, BatchFile, FileEvent
from clinics.readonly import ReadOnly


class FileEventInline(ReadOnly, admin.TabularInline):
    """The moves of one file."""

    model = FileEvent
    extra = 0
    fields = ["at", "from_status", "to_status", "code", "actor", "attempt"]
    readonly_fields = ["at"]


class BatchAdminQuery(admin.ModelAdmin):
    """Counts the files of each row in the list's own query."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """The list with the number of files of each batch."""
        rows: QuerySet[Batch] = super().get_queryset(request)
        return rows.annotate(file_count=Count("files"))


@admin.register(Batch)
class BatchAdmin(ReadOnly, BatchAdminQuery):
    """Every batch of every clinic."""

    list_display = [
        "batch_number",
        "clinic",
        "source",
        "status",
        "priority",
        "files_in_it",
        "created_by",
        "created_at",
    ]
    list_filter = ["status", "source", "priority", "clinic", "start"]
    search_fields = ["id", "number", "notes", "created_by__username"]
    date_hierarchy = "created_at"
    list_select_related = ["clinic", "created_by"]

    @admin.display(description="Files", ordering="file_count")
    def files_in_it(self, batch: Batch) -> int:
        """How many files were dropped."""
        return int(getattr(batch, "file_count", 0))


@admin.register(BatchFile)
class BatchFileAdmin(ReadOnly, admin.ModelAdmin):
    """Every file of every batch, with its history."""

    list_display = [
        "path",
        "batch",
        "status",
        "error_code",
        "patient",
        "confidence",
        "attempts",
        "received_at",
    ]
    list_filter = ["status", "error_code", "kind", "decision", "batch__clinic"]
    search_fields = ["id", "path", "sha256", "patient__mrn"]
    date_hierarchy = "created_at"
    list_select_related = ["batch", "patient"]
    inlines = [FileEventInline]


@admin.register(FileEvent)
class FileEventAdmin(ReadOnly, admin.ModelAdmin):
    """Every move of every file."""

    list_display = ["at", "file", "batch", "from_status", "to_status", "code", "actor", "attempt"]
    list_filter = ["to_status", "code", "batch__clinic"]
    search_fields = ["file__id", "batch__number"]
    date_hierarchy = "at"
    list_select_related = ["file", "batch", "actor"]
