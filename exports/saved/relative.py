"""Dates that are told from the day on which a template is run: `last month`, `last 7 days`."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from ..wall_clock import start_of_day

NAMES: Final = (
    *("today", "yesterday"),
    *("this week", "last week", "this month", "last month", "this year", "last year"),
)
"""All but `last N days`. A week begins on Monday (ISO 8601)."""

LAST_RUN: Final = "last run"
"""What a template says in place of the cursor of `since`: where its last run ended."""

MOST_DAYS: Final = 3660

_LAST_DAYS: Final = re.compile(r"last ([1-9][0-9]{0,3}) days")
_RESOLUTION: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """Whole days, both included."""

    first: dt.date
    last: dt.date

    def start(self, zone: dt.tzinfo) -> str:
        """Its first moment, with the offset of `zone`."""
        return _text(start_of_day(self.first, zone), zone)

    def end(self, zone: dt.tzinfo) -> str:
        """Its last moment: a microsecond before the next day."""
        return _text(start_of_day(self.last + dt.timedelta(days=1), zone) - _RESOLUTION, zone)


def period(text: str, today: dt.date) -> Period | None:
    """What a relative date means on that day; None of what is none.

    `last 7 days` are those before today, which has not ended.
    """
    words = " ".join(text.lower().replace("_", " ").split())
    if found := _LAST_DAYS.fullmatch(words):
        days = int(found[1])
        return _days_before(today, days) if days <= MOST_DAYS else None
    return _named(words, today)


def _named(words: str, today: dt.date) -> Period | None:
    monday = today - dt.timedelta(days=today.weekday())
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    match words:
        case "today":
            return Period(today, today)
        case "yesterday":
            return _days_before(today, 1)
        case "this week":
            return Period(monday, monday + dt.timedelta(days=6))
        case "last week":
            return _days_before(monday, 7)
        case "this month":
            return Period(month, _day_before((month + dt.timedelta(days=31)).replace(day=1)))
        case "last month":
            return Period(_day_before(month).replace(day=1), _day_before(month))
        case "this year":
            return Period(year, year.replace(month=12, day=31))
        case "last year":
            return Period(year.replace(year=year.year - 1), _day_before(year))
    return None


def _days_before(day: dt.date, count: int) -> Period:
    return Period(day - dt.timedelta(days=count), _day_before(day))


def _day_before(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=1)


def _text(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """In ISO 8601, as a filter reads it."""
    return moment.astimezone(zone).isoformat()
