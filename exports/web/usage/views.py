"""The dashboard: how much is exported, for who may see all records."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...history import may_see_all
from ..periods import MAX_DAYS, ChosenDays, PeriodForm, today
from ..signed_in import SignedInView
from ..told import mistakes
from .sections import MEASURES, Days

PRESETS: Final = (7, 30, 90)
_DAYS: Final = 30
"""Unless others are chosen."""


class UsageForm(PeriodForm):
    """Which days, and what the pictures show of them."""

    measure = forms.ChoiceField(
        label=gettext_lazy("The pictures show"), choices=list(MEASURES.items()), required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            self.first, self.last = _days(cleaned["start_date"], cleaned["end_date"])
            if ChosenDays(first=self.first, last=self.last).days > MAX_DAYS:
                text = _("Choose no more than %(days)s days.") % {"days": MAX_DAYS}
                self.add_error("start_date", forms.ValidationError(text))
        return cleaned


def _days(first: dt.date | None, last: dt.date | None) -> tuple[dt.date, dt.date]:
    """Up to today, and thirty days, unless something else is said."""
    last = last or max(today(), first or dt.date.min)
    return first or _before(last, _DAYS), last


def _before(last: dt.date, days: int) -> dt.date:
    """The first of so many days, of which this is the last."""
    return last - min(dt.timedelta(days=days - 1), last - dt.date.min)


class UsageView(SignedInView):
    """403 for whoever may not see everybody's records; 400 for days that are none."""

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_all(request.user):
            raise PermissionDenied(_("You may not see what everybody has exported."))
        return super().answer(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = UsageForm(request.GET)
        context = {"title": _("Usage"), "section": "usage", "form": form}
        if not form.is_valid():
            context |= {"failed": True, "mistakes": list(mistakes(form)), "presets": list(_presets(None, ""))}
            return TemplateResponse(request, "exports/usage.html", context, status=400)
        days = Days(form.first, form.last, form.cleaned_data["measure"] or "exports")
        shown = UsageForm(days.period.params | {"measure": days.measure})
        context |= {"form": shown, "presets": list(_presets(days.period, days.measure))}
        return TemplateResponse(request, "exports/usage.html", context | days.context(request.user))


def _presets(chosen: ChosenDays | None, measure: str) -> Iterator[dict[str, Any]]:
    """Periods that end today: how many days, the address, and whether it is the one that is shown."""
    last = today()
    for days in PRESETS:
        period = ChosenDays(first=_before(last, days), last=last)
        query = urlencode(period.params | ({"measure": measure} if measure else {}))
        yield {"days": days, "url": f"?{query}", "is_chosen": period == chosen}
