"""Filed and held documents in the Django admin, to look at only."""

from django.contrib import admin

from clinics.readonly import ReadOnly
from documents.models import Document, DocumentVariant


class DocumentVariantInline(ReadOnly, admin.TabularInline):
    """The sizes drawn from the first page."""

    model = DocumentVariant
    extra = 0


@admin.register(Document)
class DocumentAdmin(ReadOnly, admin.ModelAdmin):
    """Documents are filed, moved and taken back in the product, where every move leaves its reason."""

    list_display = ["id", "clinic", "patient", "page_count", "processing_type", "encounter", "filed_at"]
    list_filter = ["clinic", "processing_type", "is_twin", "filed_at"]
    search_fields = ["id", "sha256", "encounter", "patient__mrn", "patient__family_name"]
    date_hierarchy = "created_at"
    list_select_related = ["clinic", "patient"]
    inlines = [DocumentVariantInline]
