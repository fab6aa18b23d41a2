"""From what a template says to the parameters of an export: relative dates become moments."""

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.http import QueryDict

from ..exceptions import DatasetNotFound
from ..filtering import filter_form
from ..filters import MomentField
from ..incremental import START
from ..models import ExportTemplate, TemplateCursor
from ..options import time_zones
from ..registry import registry
from .relative import LAST_RUN, period


def parameters_for(
    template: ExportTemplate,
    moment: dt.datetime,
    *,
    zone: dt.tzinfo = dt.UTC,
    cursor: str = "",
) -> QueryDict:
    """The parameters of a run at `moment`, which is aware; `cursor` is where the last one ended.

    Days are those of the template's own `tz`, or of `zone` where it names none. What is not right is left as
    it is, for the engine to name.
    """
    ends = _moment_fields(template.dataset)
    zone = _own_zone(template.parameters) or zone
    today = moment.astimezone(zone).date()
    params = QueryDict(mutable=True)
    for name, values in template.parameters.items():
        if name == "since":
            values = [cursor or START if _is_last_run(value) else value for value in values]
        elif name in ends:
            values = [_resolved(value, today, zone, at_end=ends[name]) for value in values]
        params.setlist(name, values)
    return params


def goes_on(parameters: Mapping[str, Sequence[str]]) -> bool:
    """Whether each run takes up where the last one ended."""
    return any(_is_last_run(value) for value in parameters.get("since", ()))


def cursor_of(template: ExportTemplate, user: object) -> str:
    """Where the last run by hand of this user ended; empty before the first."""
    found = TemplateCursor.objects.filter(template=template, user=str(getattr(user, "pk", ""))).first()
    return found.cursor if found else ""


def relative_fields(dataset: str) -> list[str]:
    """The names of the filters that may have relative dates."""
    return list(_moment_fields(dataset))


def _moment_fields(dataset: str) -> dict[str, bool]:
    """By name, whether a filter of moments takes the end of a day."""
    try:
        fields = filter_form(registry.get(dataset)).fields
    except DatasetNotFound:
        return {}
    return {
        name: field.day_time == dt.time.max
        for name, field in fields.items()
        if isinstance(field, MomentField)
    }


def _resolved(value: str, today: dt.date, zone: dt.tzinfo, *, at_end: bool) -> str:
    found = period(value, today)
    if found is None:
        return value
    return found.end(zone) if at_end else found.start(zone)


def _is_last_run(value: str) -> bool:
    return " ".join(value.lower().replace("_", " ").split()) == LAST_RUN


def _own_zone(parameters: Mapping[str, Sequence[str]]) -> dt.tzinfo | None:
    name = next(iter(parameters.get("tz", ())), None)
    return ZoneInfo(name) if name in time_zones() else None
