"""Schedules in the admin: made, changed, paused and run, in the name of whose they are."""

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..exceptions import ExportError
from ..jobs import storage
from ..models import ExportLog, ExportSchedule, ScheduleRun
from ..policy.addresses import http_caller
from ..recorded import in_language
from ..schedules import control
from .controlled import ControlledAdmin
from .schedule_form import ScheduleForm

LAST_RUNS = 10
"""Of a schedule's runs, so many are shown on its page."""


@admin.register(ExportSchedule)
class ExportScheduleAdmin(ControlledAdmin):
    """One's own schedules, or everybody's for who may export all tenants. New ones are one's own."""

    form = ScheduleForm
    actions = ("run_now", "pause", "resume")
    list_display = ("__str__", "user", "status", "next_run", "last_outcome", "failures", "created_at")
    list_filter = ("status", "incremental")
    search_fields = ("user", "template__name", "template__dataset", "=id")
    search_help_text = _("User, template or dataset, or part of it; or a whole id.")
    ordering = ("-created_at", "-id")
    form_fields: ClassVar = ("template", "rule", "timezone", "recipients", "incremental")
    kept_fields: ClassVar = (
        *("shown_template", "shown_rule", "shown_timezone", "shown_recipients", "shown_incremental"),
    )
    told_fields: ClassVar = (
        *("user", "status", "next_runs", "last_runs", "failures", "error", "error_code"),
        *("shown_approved", "shown_unsubscribed", "cursor", "id", "created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportSchedule]:
        runs = ScheduleRun.objects.filter(schedule=OuterRef("pk"))
        newest = Subquery(runs.order_by("-occurrence", "-id").values("outcome")[:1])
        schedules = control.reachable_schedules(request.user).annotate(newest_outcome=newest)
        return schedules.order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return storage.is_configured() and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return storage.is_configured() and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return storage.is_configured() and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return storage.is_configured() and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return storage.is_configured() and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is told of its runs goes with it, though nobody may delete that by itself."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, needed & {self.opts.verbose_name}, protected

    def delete_one(self, row: ExportSchedule) -> None:
        control.delete(row)

    @admin.action(description=_("Run now"), permissions=["change"])
    def run_now(self, request: HttpRequest, schedules: QuerySet[ExportSchedule]) -> None:
        self._do(request, schedules, self._run, "Run by hand.")

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, schedules: QuerySet[ExportSchedule]) -> None:
        self._do(request, schedules, lambda request, schedule: control.pause(schedule), "Paused.")

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, schedules: QuerySet[ExportSchedule]) -> None:
        self._do(request, schedules, lambda request, schedule: control.resume(schedule), "Resumed.")

    def _run(self, request: HttpRequest, schedule: ExportSchedule) -> None:
        control.run_now(schedule, http_caller(request, ExportLog.Door.ADMIN))

    def _do(
        self,
        request: HttpRequest,
        schedules: QuerySet[ExportSchedule],
        step: Callable[[HttpRequest, ExportSchedule], Any],
        noted: str,
    ) -> None:
        done = 0
        for schedule in schedules:
            try:
                step(request, schedule)
            except ExportError as error:
                self.message_user(request, f"{schedule}: {error.detail}", messages.ERROR)
            else:
                self.log_change(request, schedule, noted)
                done += 1
        if done:
            text = ngettext("Done for %(count)s schedule.", "Done for %(count)s schedules.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    @admin.display(description=_("next run"), ordering="next_run_at")
    def next_run(self, schedule: ExportSchedule) -> str:
        found = schedule.next_run_at
        return _in_zone(found.astimezone(ZoneInfo(schedule.timezone))) if found else "-"

    @admin.display(description=_("last outcome"))
    def last_outcome(self, schedule: Any) -> str:
        found = schedule.newest_outcome
        return str(ScheduleRun.Outcome(found).label) if found else "-"

    @admin.display(description=_("next runs"))
    def next_runs(self, schedule: ExportSchedule) -> str:
        return _paragraphs(_in_zone(moment) for moment in control.upcoming(schedule))

    @admin.display(description=_("last runs"))
    def last_runs(self, schedule: ExportSchedule) -> str:
        zone = ZoneInfo(schedule.timezone)
        runs = schedule.runs.order_by("-occurrence", "-id")[:LAST_RUNS]
        return _paragraphs(
            f"{_in_zone(run.occurrence.astimezone(zone))}: {_ended(run)}".strip() for run in runs
        )

    @admin.display(description=_("template"))
    def shown_template(self, schedule: ExportSchedule) -> str:
        return str(schedule.template or "-")

    @admin.display(description=_("rule"))
    def shown_rule(self, schedule: ExportSchedule) -> str:
        return schedule.rule

    @admin.display(description=_("time zone"))
    def shown_timezone(self, schedule: ExportSchedule) -> str:
        return schedule.timezone

    @admin.display(description=_("recipients"))
    def shown_recipients(self, schedule: ExportSchedule) -> str:
        return ", ".join(schedule.recipients) or "-"

    @admin.display(description=_("incremental"))
    def shown_incremental(self, schedule: ExportSchedule) -> str:
        return gettext("Yes") if schedule.incremental else gettext("No")

    @admin.display(description=_("allowed by staff"))
    def shown_approved(self, schedule: ExportSchedule) -> str:
        return ", ".join(schedule.approved) or "-"

    @admin.display(description=_("unsubscribed"))
    def shown_unsubscribed(self, schedule: ExportSchedule) -> str:
        return ", ".join(schedule.unsubscribed) or "-"


def _in_zone(moment: dt.datetime) -> str:
    """A moment by the clock of its own zone, which it names."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _ended(run: ScheduleRun) -> str:
    return f"{run.get_outcome_display()} {in_language(run.error)}".strip()


def _paragraphs(lines: Any) -> str:
    return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or "-"
