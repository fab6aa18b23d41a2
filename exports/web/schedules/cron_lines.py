"""Cron lines for people who write none: daily, weekly and monthly, to a line and back."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
LAST_DAY: Final = "L"

_TIME: Final = re.compile(r"([0-9]{1,2}) ([0-9]{1,2}) (\S+) \* (\S+)")
_NAMES: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SUNDAY: Final = 7


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What a page offers. Days of the week count from 1, Monday, to 7; `L` is the last day of the month."""

    often: str
    time: dt.time
    weekdays: tuple[int, ...] = ()
    day: str = ""

    @property
    def line(self) -> str:
        """The cron line that says it."""
        days = ",".join(str(day % _SUNDAY) for day in self.weekdays)
        return f"{self.time.minute} {self.time.hour} {self.day or '*'} * {days or '*'}"


def plain(line: str) -> Plain | None:
    """What the line says, where it says no more than a page offers."""
    found = _TIME.fullmatch(" ".join(line.upper().split()))
    if not found:
        return None
    minute, hour, day, weekdays = int(found[1]), int(found[2]), found[3], found[4]
    if minute > 59 or hour > 23:
        return None
    time = dt.time(hour, minute)
    if (day, weekdays) == ("*", "*"):
        return Plain(often=DAILY, time=time)
    if weekdays == "*":
        return Plain(often=MONTHLY, time=time, day=_day(day)) if _day(day) else None
    days = _weekdays(weekdays.split(",")) if day == "*" else ()
    return Plain(often=WEEKLY, time=time, weekdays=days) if days else None


def words(line: str) -> str:
    """What the line says, in words; empty where it says more than a page offers."""
    found = plain(line)
    if found is None:
        return ""
    time = f"{found.time:%H:%M}"
    if found.often == DAILY:
        return _("daily at %(time)s") % {"time": time}
    if found.often == WEEKLY:
        days = ", ".join(str(WEEKDAYS[day - 1]) for day in found.weekdays)
        return _("%(days)s at %(time)s") % {"days": days, "time": time}
    if found.day == LAST_DAY:
        return _("on the last day of the month at %(time)s") % {"time": time}
    return _("on day %(day)s of the month at %(time)s") % {"day": found.day, "time": time}


def _day(text: str) -> str:
    """A day of the month as it is offered; empty for anything else."""
    if text == LAST_DAY:
        return text
    return str(int(text)) if re.fullmatch("[0-9]{1,2}", text) and 1 <= int(text) <= 31 else ""


def _weekdays(parts: Sequence[str]) -> tuple[int, ...]:
    """Days of the week, in their order; none where one of the parts is something else."""
    found: set[int] = set()
    for part in parts:
        first, dash, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last if dash else first)
        if not 0 < begin <= end:
            return ()
        found |= set(range(begin, end + 1))
    return tuple(sorted(found))


def _weekday(text: str) -> int:
    """From 1 to 7; 0 for anything else."""
    if text in _NAMES:
        return _NAMES.index(text) or _SUNDAY
    return (int(text) or _SUNDAY) if re.fullmatch("[0-7]", text) else 0
