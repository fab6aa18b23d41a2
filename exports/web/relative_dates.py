"""Relative dates, for people: what is offered, what is said, and what a choice may have come from."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict
from django.utils.translation import ngettext, pgettext_lazy

from ..exceptions import Text
from ..models import ExportTemplate
from ..options import zone_of
from ..saved.relative import NAMES, period
from ..saved.resolving import relative_fields

_LABELS: Final[dict[str, Text]] = {
    "today": pgettext_lazy("period", "today"),
    "yesterday": pgettext_lazy("period", "yesterday"),
    "this week": pgettext_lazy("period", "this week"),
    "last week": pgettext_lazy("period", "last week"),
    "this month": pgettext_lazy("period", "this month"),
    "last month": pgettext_lazy("period", "last month"),
    "this year": pgettext_lazy("period", "this year"),
    "last year": pgettext_lazy("period", "last year"),
}
_LAST_DAYS: Final = re.compile(r"last ([0-9]+) days")
_OFFERED: Final = (*NAMES, "last 7 days", "last 30 days", "last 90 days")


@dataclass(frozen=True)
class Range:
    """The two filters that a relative date sets: the first moment of its days and the last one."""

    names: tuple[str, ...]


def ranges(dataset: str) -> list[Range]:
    """Those of the dataset: the filters of its moments, two by two as they stand in its form."""
    names = relative_fields(dataset)
    return [Range(tuple(names[at : at + 2])) for at in range(0, len(names), 2)]


def offered(known: Iterable[str] = ()) -> Iterator[tuple[str, Text]]:
    """Value and label of each relative date that a page offers; also of those that templates have."""
    for value in dict.fromkeys((*_OFFERED, *known)):
        yield value, period_text(value) or value


def periods_in(found: Range, templates: Iterable[ExportTemplate]) -> list[str]:
    """The relative dates that templates have there, each once."""
    given = (value for template in templates for value in template.parameters.get(found.names[0], ()))
    return list(dict.fromkeys(words for value in given if period_text(words := _words(value))))


def period_text(value: str) -> Text | None:
    """What a relative date is called; None of what is none."""
    words = _words(value)
    if found := _LAST_DAYS.fullmatch(words):
        days = int(found[1])
        return ngettext("last %(count)d day", "last %(count)d days", days) % {"count": days}
    return _LABELS.get(words)


def _words(value: str) -> str:
    return " ".join(value.lower().replace("_", " ").split())


def period_of(found: Range, params: QueryDict, moment: dt.datetime, known: Iterable[str] = ()) -> str:
    """The relative date that these parameters would come from at `moment`; empty where there is none.

    So a template that is opened with the dates of today, and kept again, stays relative; and dates that a
    button has named may become what it says. Those that are `known` come first: on a Monday the last seven
    days are the last week too.
    """
    given = [params.get(name) for name in found.names]
    if not all(given):
        return ""
    zone = zone_of(str(params.get("tz", "")))
    today = moment.astimezone(zone).date()
    for value in (*known, *_OFFERED):
        days = period(value, today)
        if days is None:
            continue
        moments, dates = [days.start(zone), days.end(zone)], [days.first.isoformat(), days.last.isoformat()]
        if given in (moments[: len(given)], dates[: len(given)]):
            return value
    return ""
