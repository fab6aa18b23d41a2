"""The form of a schedule in the admin."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..exceptions import ExportError
from ..lines import LinesField
from ..models import ExportLog, ExportSchedule, ExportTemplate
from ..policy.addresses import http_caller
from ..policy.recipients import own_address
from ..saved.control import usable_templates
from ..schedules import control
from ..schedules.plans import Plan
from .controlled import SEVERAL_LINES, ControlledForm, owners_caller


class ScheduleForm(ControlledForm):
    """A schedule; of somebody else's, the recipients are allowed by whoever saves it."""

    template = forms.ChoiceField(label=_("Template"))
    rule = forms.CharField(
        label=_("Rule"), help_text=_("A cron line: minute, hour, day, month, day of the week.")
    )
    timezone = forms.CharField(label=_("Time zone"), help_text=_("Such as Europe/Berlin."))
    recipients = LinesField(
        label=_("Recipients"),
        help_text=_("Addresses that are told by mail, one a line; none: nobody is."),
        required=False,
        widget=SEVERAL_LINES,
    )
    incremental = forms.BooleanField(
        label=_("Incremental"),
        help_text=_("Only rows that were created since the last run."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.templates = self._templates()
        choices = [("", "---------"), *((key, found.name) for key, found in self.templates.items())]
        self.fields["template"].choices = choices  # type: ignore[attr-defined]
        self.initial["template"] = str(self.instance.template_id or "")
        if self.instance._state.adding and (address := own_address(self.request.user)):
            self.initial["recipients"] = [address]

    def saved(self, caller: Caller) -> ExportSchedule:
        given = self.cleaned_data
        plan = Plan(
            template=self.templates.get(given["template"]),
            rule=given["rule"],
            timezone=given["timezone"],
            recipients=[address.strip() for address in given["recipients"]],
            incremental=given["incremental"],
        )
        if self.instance._state.adding:
            return control.create(plan, caller)
        if self.owner() == str(self.request.user.pk):
            return control.change(self.instance, plan, caller)
        staff = http_caller(self.request, ExportLog.Door.ADMIN)
        return control.change(self.instance, plan, staff, caller.user)

    def _templates(self) -> dict[str, ExportTemplate]:
        """What the schedule's user may run."""
        try:
            caller = owners_caller(self.request, self.owner())
        except ExportError:
            return {}
        return {str(template.pk): template for template in usable_templates(caller)}
