"""Buttons that name the dates of a period: today, last month."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict

from ...definitions import ModelExport
from ...exceptions import Text
from ...filtering import filter_form
from ...options import zone_of
from ...saved.relative import period
from ..relative_dates import period_text, ranges

PRESET: Final = "exports-dates"
"""The name of the buttons; no filter has a hyphen in its name."""

OFFERED: Final = (
    "today",
    "yesterday",
    "last 7 days",
    "last 30 days",
    "this month",
    "last month",
    "this year",
)
"""What the buttons say."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A button for some days. `query` says what its dates are; of the chosen one, that there are none."""

    label: Text
    first: dt.date
    last: dt.date
    query: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class PresetGroup:
    """The buttons of two filters of moments, and what those are called."""

    label: str
    presets: list[Preset]


def preset_groups(definition: ModelExport, params: QueryDict, moment: dt.datetime) -> list[PresetGroup]:
    """For each pair of filters of moments; days are those of the choice's `tz`, or UTC, at `moment`."""
    today = moment.astimezone(zone_of(str(params.get("tz", "")))).date()
    fields = filter_form(definition).fields
    return [
        PresetGroup(
            label=", ".join(str(fields[name].label or name) for name in found.names),
            presets=list(_presets(found.names, params, today)),
        )
        for found in ranges(definition.get_name())
        if len(found.names) == 2
    ]


def with_preset(params: QueryDict, definition: ModelExport) -> QueryDict:
    """The parameters with the dates of the button that was pressed; it names no other."""
    pressed = params.get(PRESET)
    if pressed is None:
        return params
    given = params.copy()
    del given[PRESET]
    dates = QueryDict(pressed)
    for found in ranges(definition.get_name()):
        for name in found.names:
            if name in dates:
                given[name] = dates[name]
    return given


def _presets(names: tuple[str, ...], params: QueryDict, today: dt.date) -> Iterator[Preset]:
    given = [params.get(name) for name in names]
    for value in OFFERED:
        days = period(value, today)
        if days is None:
            continue
        dates = [days.first.isoformat(), days.last.isoformat()]
        chosen = given == dates
        query = urlencode(dict(zip(names, ["", ""] if chosen else dates, strict=True)))
        label = period_text(value) or value
        yield Preset(label=label, first=days.first, last=days.last, query=query, is_chosen=chosen)
