"""Clinics, members, tokens and the audit trail in the Django admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from clinics.models import ApiToken, AuditEntry, Clinic, Membership, User
from clinics.readonly import ReadOnly


class MembershipInline(admin.TabularInline):
    """Who works in a clinic."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


# Changed on the clinic's settings page, which checks them, writes the audit and tries again what waits.
_MATCHING = (
    "assign_confidence",
    "review_confidence",
    "bare_number_policy",
    "check_digit",
    "name_alone",
    "unknown_patients",
    "card_pause_minutes",
    "review_claim_minutes",
    "unmerge_days",
    "directory_changed_at",
)
_LIMITS = ("max_files_per_batch", "max_file_bytes", "batch_expiry_hours", "retention_days")


@admin.register(Clinic)
class ClinicAdmin(admin.ModelAdmin):
    """A clinic with its limits and its members; how it matches is shown here and changed in its settings."""

    list_display = [
        "name",
        "slug",
        "language",
        "time_zone",
        "max_files_per_batch",
        "bare_number_policy",
        "check_digit",
        "name_alone",
        "unknown_patients",
    ]
    search_fields = ["name", "slug"]
    list_filter = ["language", "bare_number_policy", "check_digit", "name_alone", "unknown_patients"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "time_zone", "language", "created_at"]}),
        ("Limits", {"fields": _LIMITS}),
        ("Matching (changed in the clinic's own settings)", {"fields": _MATCHING}),
    ]
    readonly_fields = ["created_at", *_MATCHING]
    inlines = [MembershipInline]


admin.site.register(User, UserAdmin)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    """Every place of a user in a clinic."""

    list_display = ["user", "clinic", "role", "created_at"]
    list_filter = ["role", "clinic"]
    search_fields = ["user__username", "user__email", "clinic__name"]
    autocomplete_fields = ["user", "clinic"]
    list_select_related = ["user", "clinic"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):
    """Tokens can be seen and revoked; their text is not kept, so it cannot be shown."""

    list_display = ["prefix", "name", "user", "clinic", "scopes", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["clinic", "revoked_at"]
    search_fields = ["prefix", "name", "user__username"]
    list_select_related = ["user", "clinic"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected tokens", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """From now on these tokens open nothing."""
        number = queryset.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"{number} tokens were revoked.")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin):
    """What was done by whom, and what was refused."""

    list_display = ["at", "clinic", "actor", "action", "object_type", "object_id"]
    list_filter = ["action", "clinic", "object_type"]
    search_fields = ["object_id", "actor__username"]
    date_hierarchy = "at"
    list_select_related = ["clinic", "actor"]
