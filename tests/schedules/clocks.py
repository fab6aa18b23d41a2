"""Clocks on walls, read minute by minute: slow, and by nothing that the engine uses."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "America/Havana",
    "Pacific/Chatham",
    "America/St_Johns",
    "Europe/Lisbon",
)
FIRST, LAST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Change:
    """A moment at which a clock is put on (`by` is positive) or back."""

    zone: str
    at: dt.datetime
    by: dt.timedelta

    def __str__(self) -> str:
        return f"{self.zone}-{self.at:%Y%m%d}"

    @property
    def walls(self) -> list[dt.datetime]:
        """Times that the clock skips, or shows twice: the first, one in the middle, and the last minute."""
        before = shown(self.at - MINUTE, ZoneInfo(self.zone)) + MINUTE
        first = before if self.by > dt.timedelta() else before + self.by
        length = abs(self.by)
        return [first, first + length // MINUTE // 2 * MINUTE, first + length - MINUTE]


def shown(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """What a clock there shows."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def changes(zone: str) -> list[Change]:
    """Every change of that clock in the years from FIRST to LAST."""
    clock, found, moment = ZoneInfo(zone), [], FIRST
    while moment < LAST:
        before, after = (when.astimezone(clock).utcoffset() for when in (moment, moment + HOUR))
        assert before is not None
        assert after is not None
        if before != after:
            at = next(
                moment + number * MINUTE
                for number in range(1, 61)
                if (moment + number * MINUTE).astimezone(clock).utcoffset() == after
            )
            found.append(Change(zone, at, after - before))
        moment += HOUR
    return found


def read(
    matches: Callable[[dt.datetime], bool], zone: str, start: dt.datetime, end: dt.datetime
) -> Iterator[dt.datetime]:
    """The minutes after `start`, up to `end`, in which a clock first shows a time that matches, or has just
    skipped one. The clock is looked at every minute, from two days before.
    """
    clock = ZoneInfo(zone)
    moment = start.replace(second=0, microsecond=0) - 2 * DAY
    highest = shown(moment, clock)
    while (moment := moment + MINUTE) <= end:
        now, come = shown(moment, clock), False
        while highest < now:
            highest += MINUTE
            come = matches(highest) or come
        if come and moment > start:
            yield moment


def cron(line: str) -> Callable[[dt.datetime], bool]:
    """Whether a time matches a line of numbers, lists, ranges and steps."""
    fields = line.split()
    minutes, hours, days, months, weekdays = (
        _numbers(text, first, last)
        for text, (first, last) in zip(fields, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)), strict=True)
    )
    either = not fields[2].startswith("*") and not fields[4].startswith("*")

    def matches(wall: dt.datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        by_day, by_weekday = wall.day in days, bool({wall.isoweekday(), wall.isoweekday() % 7} & weekdays)
        return by_day or by_weekday if either else by_day and by_weekday

    return matches


def _numbers(text: str, first: int, last: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _slash, step = part.partition("/")
        low, _dash, high = (f"{first}-{last}" if span == "*" else span).partition("-")
        found |= set(range(int(low), int(high or low) + 1, int(step or 1)))
    return found
