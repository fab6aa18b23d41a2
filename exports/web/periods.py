"""Days from and until, as a reader's calendar has them."""

import datetime as dt
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..filters import MomentInput
from ..wall_clock import start_of_day

# No record is older or younger; a day at either end of what there is has no moment in some time zones.
_EARLIEST: Final = dt.date(1970, 1, 2)
_LATEST: Final = dt.date(9990, 1, 1)


MAX_DAYS: Final = 366
"""How many days are counted, or searched for text, at a time."""


@dataclass(frozen=True, kw_only=True)
class ChosenDays:
    """Whole days of the current time zone, both included; None: without an end on that side."""

    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def days(self) -> float:
        """How many they are; infinitely many where an end is missing."""
        return (self.last - self.first).days + 1 if self.first and self.last else inf

    @property
    def params(self) -> dict[str, str]:
        """As fields of a PeriodForm take it."""
        given = {"start_date": self.first, "end_date": self.last}
        return {name: str(day) for name, day in given.items() if day}

    def condition(self, field: str) -> Q:
        """That this moment lies within these days."""
        found = Q()
        if self.first:
            found &= Q((f"{field}__gte", _start(self.first)))
        if self.last:
            found &= Q((f"{field}__lt", _start(min(self.last, _LATEST) + dt.timedelta(days=1))))
        return found


class PeriodForm(forms.Form):
    """Two fields for days. A period that ends before it starts is refused."""

    start_date = forms.DateField(label=_("From"), required=False, input_formats=["%Y-%m-%d"])
    end_date = forms.DateField(label=_("Until"), required=False, input_formats=["%Y-%m-%d"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("start_date", "end_date"):
            self.fields[name].widget = MomentInput()
            self.fields[name].error_messages["invalid"] = _("Enter a day, such as 2024-01-31.")

    @property
    def period(self) -> ChosenDays:
        """The days of a valid form."""
        return ChosenDays(first=self.cleaned_data.get("start_date"), last=self.cleaned_data.get("end_date"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("start_date"), cleaned.get("end_date")
        if first and last and first > last:
            self.add_error("start_date", forms.ValidationError(_("This is after the last day.")))
        return cleaned


def today() -> dt.date:
    """The day that it is in the current time zone."""
    return timezone.localdate() if settings.USE_TZ else timezone.now().date()


def _start(day: dt.date) -> dt.datetime:
    moment = start_of_day(min(max(day, _EARLIEST), _LATEST), timezone.get_current_timezone())
    return moment if settings.USE_TZ else timezone.make_naive(moment)
