"""The runs of schedules in the admin: to be read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..history import may_see_all
from ..models import ScheduleRun
from .read_only import NoticesAdmin


@admin.register(ScheduleRun)
class ScheduleRunAdmin(NoticesAdmin):
    """What became of each time that a schedule came, of the schedules that one may see."""

    list_display = (
        *("occurrence", "schedule", "outcome", "by_hand", "missed_since", "attempts"),
        *("row_count", "finished_at", "error"),
    )
    list_filter = ("outcome", "by_hand")
    list_select_related = ("schedule__template",)
    search_fields = ("schedule__user", "=schedule__id", "=job__id")
    search_help_text = _("User, or part of it; or the whole id of a schedule or a job.")
    date_hierarchy = "occurrence"
    ordering = ("-occurrence", "-id")
    fields = (
        *("schedule", "occurrence", "missed_since", "by_hand", "outcome", "error", "error_code"),
        *("due_at", "attempts", "finished_at", "row_count", "job"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduleRun]:
        runs = ScheduleRun.objects.primary().order_by(*self.ordering)
        return runs if may_see_all(request.user) else runs.filter(schedule__user=str(request.user.pk))
