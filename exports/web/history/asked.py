"""What a record asked for, beside what another one did."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from ...models import ExportLog
from ...options import zone_of
from ...saved.relative import NAMES, period
from ...saved.resolving import relative_fields
from ..pairs import pairs

_OF_EACH_RUN: Final = ("since", "cursor")
"""Options that are another with each run of the same request."""

type _Place = tuple[str, dt.time | None]


class Request:
    """What a record asked for: filters, columns and options."""

    def __init__(self, record: ExportLog) -> None:
        self._record = record
        of_moments = [name for name in relative_fields(record.export_type) if name in record.filters]
        self._places = {name: _places(record.filters[name], record) for name in of_moments}

    def is_of(self, other: ExportLog) -> bool:
        """Whether another export of the dataset asked for the same.

        Dates may be others that are as far from the day of their own export: what asks for yesterday asks for
        another day each time.
        """
        mine, others = self._record.filters, other.filters
        if mine.keys() != others.keys() or self._record.columns != other.columns:
            return False
        if options_of(self._record) != options_of(other):
            return False
        differing = [name for name in mine if mine[name] != others[name]]
        return self._places.keys() >= set(differing) and all(
            self._places[name] & _places(others[name], other) for name in differing
        )


def options_of(record: ExportLog) -> dict[str, Any]:
    """Those that are the same with each run of the same request."""
    return {name: value for name, value in record.options.items() if name not in _OF_EACH_RUN}


def differences(this: ExportLog, before: ExportLog) -> Iterator[tuple[str, str, str]]:
    """What the two asked for otherwise: what it is, and what each of them said."""
    first = relative_fields(this.export_type)  # PostgreSQL puts names into an order of its own
    yield from _differing(_("Filters"), this.filters, before.filters, first)
    yield from _differing(_("Options"), options_of(this), options_of(before))
    if this.columns != before.columns:
        yield _("Columns"), ", ".join(this.columns), ", ".join(before.columns)


def _differing(
    label: str, this: Mapping[str, Any], before: Mapping[str, Any], first: Sequence[str] = ()
) -> Iterator[tuple[str, str, str]]:
    names = [name for name in dict.fromkeys([*first, *this, *before]) if this.get(name) != before.get(name)]
    if names:
        yield label, _said(this, names), _said(before, names)


def _said(given: Mapping[str, Any], names: list[str]) -> str:
    said = pairs({name: given[name] for name in names if name in given})
    return ", ".join(f"{name}={value}" for name, value in said) or _("none")


def _places(value: Any, record: ExportLog) -> frozenset[_Place]:
    """Where a day, or a moment of it, stands as seen from the day of the export; none of what is none.

    So many days before it, and the first or last day of a week, month or year that has a name then.
    """
    found = _read(value, zone_of(str(record.options.get("tz", ""))))
    if found is None:
        return frozenset()
    day, time, zone = found
    today = record.timestamp.astimezone(zone).date()
    named = (place for place, its_day in _named_days(today) if its_day == day)
    return frozenset((place, time) for place in (f"{(today - day).days} days before", *named))


@lru_cache
def _named_days(today: dt.date) -> list[tuple[str, dt.date]]:
    """The first and last days of the periods that have names, as seen from that day."""
    found = {name: days for name in NAMES if (days := period(name, today))}
    first = [(f"first of {name}", days.first) for name, days in found.items()]
    return first + [(f"last of {name}", days.last) for name, days in found.items()]


def _read(value: Any, zone: dt.tzinfo) -> tuple[dt.date, dt.time | None, dt.tzinfo] | None:
    """The day that is said, the time on it, and in which zone it is a day."""
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value), None, zone
    except ValueError:
        pass
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.date(), moment.time(), moment.tzinfo or zone
