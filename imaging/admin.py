"""Filed and held pictures in the Django admin, to look at only."""

from django.contrib import admin

from clinics.readonly import ReadOnly
from imaging.models import Image, Variant


class VariantInline(ReadOnly, admin.TabularInline):
    """The sizes drawn from a picture."""

    model = Variant
    extra = 0


@admin.register(Image)
class ImageAdmin(ReadOnly, admin.ModelAdmin):
    """Pictures are filed, moved and taken back in the product, where every move leaves its reason."""

    list_display = ["id", "clinic", "patient", "kind", "width", "height", "captured_at", "filed_at"]
    list_filter = ["clinic", "kind", "is_twin", "filed_at"]
    search_fields = ["id", "sha256", "patient__mrn", "patient__family_name"]
    date_hierarchy = "created_at"
    list_select_related = ["clinic", "patient"]
    inlines = [VariantInline]
