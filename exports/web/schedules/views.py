"""The pages of schedules: one's own, each of them with its runs, and the form of one."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from ...caller import Caller
from ...conf import export_settings
from ...exceptions import ExportError, ScheduleNotFound
from ...models import ExportSchedule, ExportTemplate, ScheduleRun
from ...policy.recipients import own_address, same
from ...saved.control import usable_templates
from ...schedules import control
from ..acting import acting_in
from ..addresses import see_other
from ..own import OwnList, OwnPage
from .cron_lines import words
from .form import ScheduleForm, initial_for, initial_of

RUNS_SHOWN = 20


class ScheduleListView(OwnList):
    """The user's own schedules, newest first."""

    not_found = ScheduleNotFound

    def get(self, request: HttpRequest) -> HttpResponseBase:
        context = self.paged(control.own_schedules(self.caller))
        context |= {
            "title": _("Schedules"),
            "section": "schedules",
            "rows": list(_rows(list(context["page_obj"]), self.caller)),
            "has_templates": usable_templates(self.caller).exists(),
        }
        return self.told("exports/schedules.html", context)


class SchedulePage(OwnPage):
    """About one schedule of the user's own."""

    not_found = ScheduleNotFound

    @cached_property
    def schedule(self) -> ExportSchedule:
        return control.own_schedule(self.kwargs["pk"], self.caller)

    @property
    def address(self) -> str:
        return reverse("exports-web:schedule", args=[self.schedule.pk])

    def refused(self, error: ExportError) -> HttpResponseBase:
        vars(self).pop("schedule", None)
        return self.page(error=error)

    def page(self, *, error: ExportError | None = None) -> TemplateResponse:
        """The schedule's page, with the status that says what the error says."""
        schedule = self.schedule
        template = _templates(self.caller, [schedule]).get(schedule.template_id)
        runs = ScheduleRun.objects.primary().filter(schedule=schedule).select_related("job")
        context = {
            "title": title_of(template),
            "section": "schedules",
            "schedule": schedule,
            "words": words(schedule.rule),
            "recipients": list(_recipients(schedule, self.caller)),
            "upcoming": control.upcoming(schedule),
            "runs": list(runs[:RUNS_SHOWN]),
            "most_failures": export_settings().schedule_failures,
            "template": template,
            "acting": _tenant_of(template, self.caller),
            "changed": _changed_by_owner(schedule, template),
        }
        return self.told("exports/schedule.html", context, error=error)


class ScheduleView(SchedulePage):
    """The page of a schedule."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return self.page()


class ScheduleEditView(SchedulePage):
    """The form of a schedule that is there."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return self.ask(ScheduleForm(self.caller, initial=initial_of(self.schedule)))

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        form = ScheduleForm(self.caller, request.POST, initial=initial_of(self.schedule))
        changed = self.filled(form, lambda: control.change(self.schedule, form.plan(), self.caller))
        return self.ask(form) if changed is None else see_other(self.address)

    def ask(self, form: ScheduleForm) -> TemplateResponse:
        context = {
            "title": _("Change a schedule"),
            "section": "schedules",
            "form": form,
            "acting": form.acting,
            "back_url": self.address,
        }
        return self.told("exports/schedule_form.html", context, forms=[form])


class ScheduleNewView(OwnPage):
    """The form of a new schedule; `?template=` says of which template."""

    http_method_names = ["get", "head", "post", "options"]
    not_found = ScheduleNotFound

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.ask(ScheduleForm(self.caller, initial=self._initial()))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = ScheduleForm(self.caller, request.POST, initial=self._initial())
        made = self.filled(form, lambda: control.create(form.plan(), self.caller))
        if made is None:
            return self.ask(form)
        return see_other(reverse("exports-web:schedule", args=[made.pk]))

    def ask(self, form: ScheduleForm) -> TemplateResponse:
        context = {
            "title": _("A new schedule"),
            "section": "schedules",
            "form": form,
            "acting": form.acting,
            "back_url": reverse("exports-web:schedules"),
        }
        return self.told("exports/schedule_form.html", context, forms=[form])

    def _initial(self) -> dict[str, Any]:
        return initial_for(self.caller, self.request.GET.get("template", ""))


def _changed_by_owner(schedule: ExportSchedule, template: ExportTemplate | None) -> bool:
    """Whether the template is somebody else's, and not any more what it was when the schedule was saved."""
    if template is None or template.user == schedule.user:
        return False
    return template.fingerprint != schedule.fingerprint


def _recipients(schedule: ExportSchedule, caller: Caller) -> Iterator[dict[str, Any]]:
    """Each with whether they want no more mail, and whether it is the user's own address."""
    own = own_address(caller.user)
    for address in schedule.recipients:
        unsubscribed = any(same(address, other) for other in schedule.unsubscribed)
        yield {"address": address, "unsubscribed": unsubscribed, "is_own": same(address, own)}


def title_of(template: ExportTemplate | None) -> str:
    """What a schedule is called, by its template: it has no name of its own."""
    if template is None:
        return _("Schedule of a template that is gone")
    return _("Schedule of %(template)s") % {"template": template.name}


def _rows(schedules: list[ExportSchedule], caller: Caller) -> Iterator[dict[str, Any]]:
    """Each with its template, for whom that is, its rule in words, and its last run."""
    runs, templates = ScheduleRun.objects.primary(), _templates(caller, schedules)
    newest = runs.filter(schedule=OuterRef("pk")).order_by("-occurrence", "-pk").values("pk")[:1]
    ids = ExportSchedule.objects.primary().filter(pk__in=[found.pk for found in schedules])
    last = {run.schedule_id: run for run in runs.filter(pk__in=ids.values_list(Subquery(newest), flat=True))}
    for schedule in schedules:
        yield {
            "schedule": schedule,
            "template": templates.get(schedule.template_id),
            "words": words(schedule.rule),
            "run": last.get(schedule.pk),
            "tenant": _tenant_of(templates.get(schedule.template_id), caller),
        }


def _tenant_of(template: ExportTemplate | None, caller: Caller) -> str | None:
    return acting_in(caller.user, template) if template else None


def _templates(caller: Caller, schedules: list[ExportSchedule]) -> dict[UUID | None, ExportTemplate]:
    """Their templates by id, without those that are not shared any more: nor are their names."""
    ids = [schedule.template_id for schedule in schedules if schedule.template_id]
    return {template.pk: template for template in usable_templates(caller).filter(pk__in=ids)}
