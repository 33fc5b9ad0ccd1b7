"""What the Django admin shows of the installation: results and schedule, and nothing that is never used."""

# Both must have registered theirs before some of it is taken away.
import django_celery_beat.admin  # noqa: F401
import django_celery_results.admin  # noqa: F401
from django.contrib import admin
from django_celery_beat.models import ClockedSchedule, SolarSchedule
from django_celery_results.models import GroupResult, TaskResult

from clinics.readonly import ReadOnly

admin.site.site_header = "Intake administration"
admin.site.site_title = "Intake administration"
admin.site.index_title = "Clinics, patients, batches and their history"
admin.site.unregister([ClockedSchedule, SolarSchedule, GroupResult, TaskResult])


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnly, admin.ModelAdmin[TaskResult]):
    """What Beat's jobs gave back; nothing depends on these rows."""

    list_display = ["task_id", "task_name", "date_done", "status", "worker"]
    list_filter = ["status", "task_name", "date_done"]
    search_fields = ["task_id", "task_name"]
    date_hierarchy = "date_done"
