"""What the dashboard tells of some days: pictures with the tables behind them, and lists."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import usage
from ...catalogue import dataset_names
from ...exports import ExportLogExport
from ...history import reachable_records
from ...models import ExportLog
from ...options import time_zones
from ...scope import ALL_TENANTS
from ..addresses import page_address
from ..history.form import EXPORTED, error_can_be_listed
from ..periods import ChosenDays
from . import charts

MEASURES: Final = {
    "exports": gettext_lazy("Exports"),
    "rows": gettext_lazy("Rows"),
    "bytes": gettext_lazy("Size"),
}
"""What the pictures can show, and how that is called."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table: what it is of, where its records are listed, and how much it is."""

    label: str
    url: str
    amount: usage.Amount


@dataclass(frozen=True, kw_only=True)
class Section:
    """A picture, and the table behind it."""

    name: str
    title: str
    of: str
    """What the first column is of."""

    picture: charts.Picture
    rows: Sequence[Row]


class Days:
    """What is told of some days."""

    def __init__(self, first: dt.date, last: dt.date, measure: str) -> None:
        self.period = ChosenDays(first=first, last=last)
        self.dates = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        self.measure = measure
        self.datasets = dataset_names()

    def context(self, user: Any) -> dict[str, Any]:
        records = reachable_records(user).filter(self.period.condition("timestamp"))
        outcomes = usage.by_outcome(records)
        total = usage.total(outcomes)
        denied = outcomes[ExportLog.Outcome.DENIED].exports
        context = {"period": self.period, "total": total, "denied": denied, "export_url": self.export_url()}
        if not (total.exports or denied):
            return context
        return context | {
            "sections": [
                self.by_day(usage.by_day(records)),
                self.section(
                    "outcome", _("By outcome"), _("Outcome"), list(outcomes.values()), _outcome_label
                ),
                self.most("dataset", _("By dataset"), _("Dataset"), "export_type", records, total),
                self.most("user", _("By user"), _("User"), "user", records, total),
                self.section("door", _("By door"), _("Door"), usage.by("door", records), _door_label),
            ],
            "failures": self.linked(usage.failures(records), outcome=ExportLog.Outcome.FAILED),
            "denials": self.linked(usage.denied_attempts(records), outcome=ExportLog.Outcome.DENIED),
            "slowest": usage.slowest(records),
        }

    def by_day(self, amounts: Mapping[dt.date, usage.Amount]) -> Section:
        found = [amounts.get(day, usage.Amount(key=day)) for day in self.dates]
        points = [self.point(date_format(amount.key, "MONTH_DAY_FORMAT"), amount) for amount in found]
        rows = [
            Row(
                label=date_format(amount.key),
                url=self.history(outcome=EXPORTED, **_day(amount.key).params),
                amount=amount,
            )
            for amount in reversed(found)
        ]
        picture = charts.columns("day", self.title(_("By day")), points)
        return Section(name="day", title=_("By day"), of=_("Day"), picture=picture, rows=rows)

    def most(
        self, name: str, title: str, of: str, field: str, records: QuerySet[ExportLog], total: usage.Amount
    ) -> Section:
        """Those with the most by name, and the others together."""
        amounts = usage.by(field, records)
        rest = usage.others(amounts, total)
        return self.section(name, title, of, [*amounts, rest] if rest.exports else amounts, _key_label)

    def section(
        self, name: str, title: str, of: str, amounts: Sequence[usage.Amount], label: Callable[[Any], str]
    ) -> Section:
        points = [self.point(label(amount.key), amount) for amount in amounts]
        rows = [
            Row(
                label=label(amount.key),
                url=self.url_of(name, amount.key),
                amount=amount,
            )
            for amount in amounts
        ]
        return Section(
            name=name, title=title, of=of, picture=charts.rows(name, self.title(title), points), rows=rows
        )

    def url_of(self, name: str, key: Any) -> str:
        """The list of the records of one value; none of all others together, or of a dataset that is gone."""
        is_gone = name == "dataset" and key not in self.datasets
        if key is None or is_gone:
            return ""
        return self.history(**{"outcome": EXPORTED, name: str(key)})

    def title(self, title: str) -> str:
        return f"{title}: {MEASURES[self.measure]}"

    def point(self, label: str, amount: usage.Amount) -> charts.Point:
        value = amount.of(self.measure)
        text = filesizeformat(value) if self.measure == "bytes" else number_format(value, force_grouping=True)
        return charts.Point(label=label, value=value, text=text)

    def linked(self, found: list[dict[str, Any]], **params: str) -> list[dict[str, Any]]:
        """Each with the address of its records, and of no others; none where no address says which."""
        for group in found:
            whose = {"user": group["user"]} if "user" in group else {}
            said = {"dataset": group["export_type"], "error": group["error"]}
            can_be_listed = said["dataset"] in self.datasets and error_can_be_listed(said["error"])
            group["url"] = self.history(**said, **whose, **params) if can_be_listed else ""
        return found

    def history(self, **params: str) -> str:
        return f"{reverse('exports-web:history')}?{urlencode(self.period.params | params)}"

    def export_url(self) -> str | None:
        """The dataset of the records with these days chosen, in the time zone in which they are days."""
        if ExportLogExport.name not in self.datasets:
            return None
        params = QueryDict(mutable=True)
        params.update(self.period.params)
        zone = timezone.get_current_timezone_name()
        if zone != "UTC" and zone in time_zones():
            params["tz"] = zone
        params["tenant"] = ALL_TENANTS
        return page_address("dataset", ExportLogExport.name, params)


def _day(day: dt.date) -> ChosenDays:
    return ChosenDays(first=day, last=day)


def _key_label(key: Any) -> str:
    return _("others") if key is None else str(key)


def _outcome_label(key: str) -> str:
    return str(ExportLog.Outcome(key).label)


def _door_label(key: str) -> str:
    return str(ExportLog.Door(key).label)
