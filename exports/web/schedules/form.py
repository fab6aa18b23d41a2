"""The form of a schedule: daily, weekly and monthly in fields of their own, anything else as a cron line."""

import datetime as dt
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ...caller import Caller
from ...lines import LinesField
from ...models import ExportSchedule, ExportTemplate
from ...options import time_zones
from ...policy.recipients import own_address
from ...schedules.control import own_schedules
from ...schedules.plans import Plan
from ..acting import acting_in
from ..choosable import MOST_OF_OTHERS, choosable
from ..told import ToldForm
from .cron_lines import DAILY, LAST_DAY, MONTHLY, WEEKLY, Plain, plain

LINE: Final = "line"
_NEEDED: Final = {DAILY: ("time",), WEEKLY: ("time", "weekdays"), MONTHLY: ("time", "day"), LINE: ("line",)}
_SIX: Final = dt.time(6)
_NOT_ALL: Final = gettext_lazy(
    "Of the templates that others share with you these are the {count} that were changed last. To take "
    "another one, press “Schedule it” on its page."
)


class ScheduleForm(ToldForm):
    """What is to run, when, and who is told."""

    attrs = {"rule": "often"}

    template = forms.ChoiceField(label=gettext_lazy("Template"))
    often = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=[
            (DAILY, pgettext_lazy("how often", "daily")),
            (WEEKLY, pgettext_lazy("how often", "weekly")),
            (MONTHLY, pgettext_lazy("how often", "monthly")),
            (LINE, gettext_lazy("by a cron line")),
        ],
    )
    time = forms.TimeField(
        label=pgettext_lazy("time of day", "At"),
        help_text=gettext_lazy("By the clock of the time zone; for daily, weekly and monthly."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        required=False,
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        help_text=gettext_lazy("For weekly."),
        choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    day = forms.ChoiceField(
        label=gettext_lazy("Day of the month"),
        help_text=gettext_lazy("For monthly. A month without this day is left out."),
        choices=[*((str(day), str(day)) for day in range(1, 32)), (LAST_DAY, gettext_lazy("the last one"))],
        required=False,
    )
    line = forms.CharField(
        label=gettext_lazy("Cron line"),
        help_text=gettext_lazy("Minute, hour, day, month, day of the week, such as: 0 6 * * 1-5"),
        max_length=100,
        required=False,
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Such as Europe/Berlin."),
        widget=forms.TextInput(attrs={"list": "timezones", "autocomplete": "off"}),
    )
    recipients = LinesField(
        label=gettext_lazy("Recipients"),
        help_text=gettext_lazy("Addresses that are told by mail, one a line; none: nobody is."),
        required=False,
    )
    incremental = forms.BooleanField(
        label=gettext_lazy("Only rows that were created since the last run"), required=False
    )

    def __init__(self, caller: Caller, data: QueryDict | None = None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self._user = caller.user
        chosen = initial["template"] if data is None else data.get("template", "")
        offered = choosable(caller, chosen=str(chosen))
        self.templates: dict[str, ExportTemplate] = {
            str(template.pk): template for template in offered.templates
        }
        choices = [("", "---------"), *((key, found.name) for key, found in self.templates.items())]
        field: Any = self.fields["template"]
        field.choices = choices
        if not offered.is_all:
            field.help_text = format_lazy(_NOT_ALL, count=MOST_OF_OTHERS)

    @property
    def acting(self) -> str | None:
        """For whom the template is that the form shows, where that is not the user."""
        template = self.templates.get(str(self["template"].value() or ""))
        return acting_in(self._user, template) if template else None

    def clean(self) -> dict[str, Any]:
        for name in _NEEDED.get(self.cleaned_data.get("often", ""), ()):
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, forms.ValidationError(_("This may not be empty."), code="required"))
        return self.cleaned_data

    def field_of(self, attr: str) -> str | None:
        by_line = attr == "rule" and self.cleaned_data.get("often") == LINE
        return "line" if by_line else super().field_of(attr)

    @property
    def zones(self) -> list[str]:
        """What may be given as a time zone, for the browser to offer."""
        return sorted(time_zones())

    def plan(self) -> Plan:
        """What the schedule is to be. The form is valid."""
        given = self.cleaned_data
        return Plan(
            template=self.templates.get(given["template"]),
            rule=given["line"] if given["often"] == LINE else self._plain().line,
            timezone=given["timezone"],
            recipients=given["recipients"],
            incremental=given["incremental"],
        )

    def _plain(self) -> Plain:
        given, often = self.cleaned_data, self.cleaned_data["often"]
        weekdays = tuple(sorted(map(int, given["weekdays"]))) if often == WEEKLY else ()
        return Plain(
            often=often, time=given["time"], weekdays=weekdays, day=given["day"] if often == MONTHLY else ""
        )


def initial_of(schedule: ExportSchedule) -> dict[str, Any]:
    """What the form shows of a schedule."""
    found = plain(schedule.rule)
    when: dict[str, Any] = {"often": LINE, "line": schedule.rule}
    if found is not None:
        when = {"often": found.often, "time": found.time, "day": found.day, "weekdays": found.weekdays}
    return {
        **_new(when),
        "template": str(schedule.template_id or ""),
        "timezone": schedule.timezone,
        "recipients": schedule.recipients,
        "incremental": schedule.incremental,
    }


def initial_for(caller: Caller, template: str) -> dict[str, Any]:
    """What the form of a new schedule shows: the user's own address, and the zone of their last schedule."""
    address, last = own_address(caller.user), own_schedules(caller).first()
    return {
        **_new({"often": DAILY}),
        "template": template,
        "timezone": last.timezone if last else "UTC",
        "recipients": [address] if address else [],
    }


def _new(when: dict[str, Any]) -> dict[str, Any]:
    """With something in the fields that are not asked for: whoever chooses another way finds it there."""
    shown = {name: value for name, value in when.items() if value}
    return {"time": _SIX, "weekdays": ["1"], "day": "1"} | shown
