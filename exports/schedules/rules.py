"""When a schedule comes: a cron line, read by the clock of a time zone.

Each time that the line names comes once a day of the clock's. One that the clock skips comes right after the
gap; one that it shows twice comes the first time. So a line for every few minutes rests for the hour in which
the clock is put back; in UTC it never does.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..exceptions import InvalidParameters, ParameterProblem, Text
from ..options import time_zones
from ..wall_clock import moment_of

_FIELDS: Final = 5
_LENGTH: Final = 100
_CHARACTERS: Final = re.compile(r"[0-9A-Za-z*,/#\- ]+")
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Rule:
    """A cron line of five fields, and the name of a zone in the IANA database."""

    line: str
    zone: str

    @classmethod
    def parse(cls, line: str, zone: str) -> "Rule":
        """Raises InvalidParameters naming `rule` or `timezone`."""
        problems = []
        line = " ".join(line.split())
        if zone not in time_zones():
            text = _("There is no such time zone. Name one of the IANA database, such as Europe/Berlin.")
            problems.append(ParameterProblem("timezone", "invalid", text))
        if not _is_line(line):
            text = _("This is no cron line, such as 0 6 * * 1 for Mondays at six.")
            problems.append(ParameterProblem("rule", "invalid", text))
        elif next(_walls(line, _SOME_DAY), None) is None:
            problems.append(ParameterProblem("rule", "invalid", _("There is no such day in any year.")))
        if problems:
            raise InvalidParameters(problems)
        return cls(line, zone)

    def after(self, moment: dt.datetime) -> Iterator[dt.datetime]:
        """Its occurrences after `moment`, in UTC, without end."""
        zone = ZoneInfo(self.zone)
        last = moment
        for wall in _walls(self.line, _shown(moment, zone)):
            found = moment_of(wall, zone)
            if found > last:  # several times of one gap come once
                yield found
                last = found

    def next(self, moment: dt.datetime) -> dt.datetime:
        """The first occurrence after `moment`, in UTC."""
        return next(self.after(moment))

    def upcoming(self, moment: dt.datetime, count: int) -> list[dt.datetime]:
        """The next ones after `moment`, in the rule's zone."""
        zone = ZoneInfo(self.zone)
        return [found.astimezone(zone) for found in islice(self.after(moment), count)]

    def latest(self, moment: dt.datetime) -> dt.datetime | None:
        """The last occurrence up to `moment`, in UTC; None where there was none for many years."""
        zone = ZoneInfo(self.zone)
        shown = _shown(moment, zone)
        # In the second pass of a time that is shown twice, all times up to its end have come already.
        first, second = (shown.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
        ahead = max(first - second, dt.timedelta()) if first is not None and second is not None else _MINUTE
        walls = _walls(self.line, shown + ahead + _MINUTE, reverse=True)
        return next((found for wall in walls if (found := moment_of(wall, zone)) <= moment), None)

    def require_distance(self, seconds: int) -> None:
        """Raises InvalidParameters naming `rule` where two of a day's times are closer together than that.

        Of a line for every day the last one and the first of the next day are, too.
        """
        minute, hour, *day = self.line.split()
        times = list(takewhile(lambda wall: wall < _NEXT_DAY, _walls(f"{minute} {hour} * * *", _SOME_DAY)))
        if day == ["*", "*", "*"]:
            times.append(times[0] + dt.timedelta(days=1))
        if any((later - earlier).total_seconds() < seconds for earlier, later in pairwise(times)):
            text: Text = format_lazy(
                _("Its runs are less than {seconds} seconds apart, the least here."), seconds=seconds
            )
            raise InvalidParameters([ParameterProblem("rule", "too_often", text)])


_SOME_DAY: Final = dt.datetime(1999, 12, 31, 23, 59)  # noqa: DTZ001 - the clock on the wall has no zone
_NEXT_DAY: Final = _SOME_DAY + dt.timedelta(days=1, minutes=1)


def _is_line(text: str) -> bool:
    if len(text) > _LENGTH or not _CHARACTERS.fullmatch(text) or len(text.split()) != _FIELDS:
        return False
    try:
        CronSim(text, _SOME_DAY)
    except (CronSimError, ValueError):
        return False
    return True


def _walls(line: str, moment: dt.datetime, *, reverse: bool = False) -> Iterator[dt.datetime]:
    """The times that the line names after (or before) one that the clock shows."""
    return CronSim(line, moment, reverse=reverse)


def _shown(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """What a clock in the zone shows then."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
