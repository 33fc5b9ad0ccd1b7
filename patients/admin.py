"""The directory in the Django admin; a record number is fixed once files are filed under it."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest

from clinics import audit
from clinics.models import User
from clinics.readonly import ReadOnly
from patients.matcher import note_number, refresh_keys
from patients.models import FilenamePattern, Patient


@admin.register(Patient)
class PatientAdmin(admin.ModelAdmin):
    """Patients of every clinic; nobody is deleted here, because charts hang on them."""

    list_display = ["mrn", "family_name", "given_names", "birth_date", "sex", "clinic", "provisional"]
    list_filter = ["clinic", "provisional", "sex"]
    search_fields = ["mrn", "family_name", "given_names"]
    list_select_related = ["clinic"]
    readonly_fields = ["merged_into", "created_at", "updated_at"]
    autocomplete_fields = ["user", "clinic"]

    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> list[str]:
        """The clinic of a patient never changes, and neither does the number of one who has files."""
        fixed = ["clinic"] if obj else []
        has_files = obj is not None and (obj.images.exists() or obj.documents.exists())
        return [*self.readonly_fields, *fixed, *(["mrn"] if has_files else [])]

    def save_model(self, request: HttpRequest, obj: Patient, form: ModelForm[Any], change: bool) -> None:  # noqa: FBT001
        """A changed name is found under its new words at once: keys and row are one transaction."""
        actor = request.user if isinstance(request.user, User) else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            refresh_keys(obj)
            note_number(obj.clinic, obj.mrn)
            audit.record(
                "patient-saved", clinic=obj.clinic, actor=actor, target=obj, fields=form.changed_data
            )

    def has_delete_permission(self, request: HttpRequest, obj: Patient | None = None) -> bool:
        """Never: a chart is merged, not deleted."""
        return False


@admin.register(FilenamePattern)
class FilenamePatternAdmin(ReadOnly, admin.ModelAdmin):
    """The clinics' own patterns in their order, written and tried on the settings page."""

    list_display = ["text", "clinic", "position", "created_at"]
    list_filter = ["clinic"]
    list_select_related = ["clinic"]
