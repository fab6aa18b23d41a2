"""Daily, weekly and monthly as cron lines, and cron lines as that."""

import datetime as dt

import pytest
from cronsim import CronSim

from exports.web.schedules.cron_lines import Plain, plain, words

# Nothing of it depends on the database.
pytestmark = pytest.mark.sqlite

PLAIN = {
    "0 6 * * *": "daily at 06:00",
    "5 23 * * *": "daily at 23:05",
    "30 7 * * 1": "Monday at 07:30",
    "30 7 * * 1,3,0": "Monday, Wednesday, Sunday at 07:30",
    "0 0 1 * *": "on day 1 of the month at 00:00",
    "0 0 31 * *": "on day 31 of the month at 00:00",
    "0 0 L * *": "on the last day of the month at 00:00",
}
"""What the form writes."""

READ = {
    "00 06 * * *": "daily at 06:00",
    "0  6 *  * *": "daily at 06:00",
    "0 6 * * MON-FRI": "Monday, Tuesday, Wednesday, Thursday, Friday at 06:00",
    "0 6 * * 7": "Sunday at 06:00",
    "0 6 * * 5-7": "Friday, Saturday, Sunday at 06:00",
    "0 6 * * sat,sun": "Saturday, Sunday at 06:00",
    "0 0 l * *": "on the last day of the month at 00:00",
}
"""What it reads besides."""

OTHERS = [
    *("*/5 * * * *", "0 6,18 * * *", "0 6 * 1 *", "0 6 1 * 1", "0 6 1,15 * *", "0 6 LW * *", "0 6 * * 1#2"),
    *("0 6 * * 5-1", "0 6 * * */2", "0 6 * * 8", "0 6 * * 5L", "0 24 * * *", "60 6 * * *", "0 6 0 * *"),
    "nonsense",
]
"""What has no fields of its own."""


@pytest.mark.parametrize("line", PLAIN)
def test_it_works(line):
    found = plain(line)
    assert found is not None
    again = plain(found.line)
    assert again == found
    assert words(line) == PLAIN[line]


@pytest.mark.parametrize("line", READ)
def test_other_ways_to_write_it(line):
    assert words(line) == READ[line]


@pytest.mark.parametrize("line", [*PLAIN, *READ])
def test_it_comes_when_the_line_says(line):
    """The form may be opened and saved, and nothing has changed."""
    found = plain(line)
    assert found is not None
    day = dt.datetime(2026, 1, 15, 12)  # noqa: DTZ001 - a cron line has no zone
    old, new = CronSim(line.upper(), day), CronSim(found.line, day)
    assert [next(old) for _ in range(20)] == [next(new) for _ in range(20)]


@pytest.mark.parametrize("line", OTHERS)
def test_what_says_more_is_left_as_it_is(line):
    assert plain(line) is None
    assert words(line) == ""


def test_every_day_of_the_week_is_weekly():
    days = Plain(often="weekly", time=dt.time(6), weekdays=(1, 2, 3, 4, 5, 6, 7))
    assert days.line == "0 6 * * 1,2,3,4,5,6,0"
    assert plain(days.line) == days
