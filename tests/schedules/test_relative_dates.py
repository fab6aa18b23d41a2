"""Dates that are told from the day of the run: days, weeks, months and years, in every zone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exports.saved.relative import MOST_DAYS, NAMES, Period, period
from exports.wall_clock import moment_of, start_of_day
from tests.schedules.clocks import DAY, ZONES, changes, shown

pytestmark = pytest.mark.sqlite

MICROSECOND = dt.timedelta(microseconds=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "today", "first", "last"),
    [
        ("today", "2024-02-29", "2024-02-29", "2024-02-29"),
        ("yesterday", "2024-03-01", "2024-02-29", "2024-02-29"),
        ("yesterday", "2025-03-01", "2025-02-28", "2025-02-28"),
        ("yesterday", "2026-01-01", "2025-12-31", "2025-12-31"),
        ("last 1 days", "2024-03-01", "2024-02-29", "2024-02-29"),
        ("last 7 days", "2026-01-03", "2025-12-27", "2026-01-02"),
        ("last 30 days", "2024-03-15", "2024-02-14", "2024-03-14"),
        ("last 3660 days", "2026-03-10", "2016-03-02", "2026-03-09"),
        ("this week", "2026-01-01", "2025-12-29", "2026-01-04"),
        ("this week", "2025-12-29", "2025-12-29", "2026-01-04"),
        ("this week", "2026-01-04", "2025-12-29", "2026-01-04"),
        ("last week", "2026-01-04", "2025-12-22", "2025-12-28"),
        ("last week", "2026-01-05", "2025-12-29", "2026-01-04"),
        ("this month", "2024-02-01", "2024-02-01", "2024-02-29"),
        ("this month", "2026-02-28", "2026-02-01", "2026-02-28"),
        ("this month", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("last month", "2024-03-31", "2024-02-01", "2024-02-29"),
        ("last month", "2026-01-31", "2025-12-01", "2025-12-31"),
        ("this year", "2024-02-29", "2024-01-01", "2024-12-31"),
        ("last year", "2024-02-29", "2023-01-01", "2023-12-31"),
        ("last year", "2025-01-01", "2024-01-01", "2024-12-31"),
    ],
)
def test_it_works(text, today, first, last):
    right = Period(day(first), day(last))
    assert period(text, day(today)) == right
    # As people write it, and as addresses do.
    assert period(text.replace(" ", "_"), day(today)) == right
    assert period(f"  {text.upper()} ".replace(" ", "  "), day(today)) == right


@pytest.mark.parametrize(
    "text",
    [
        *("", "last", "last days", "last 0 days", "last -1 days", "last 07 days", "last 3661 days"),
        *("last 99999 days", "last 7 days 1", "next month", "last run", "2026-03-10", "last \u0661 days"),
        *("today\x00", "lastmonth"),
    ],
)
def test_what_is_none(text):
    assert period(text, day("2026-03-10")) is None


@pytest.mark.parametrize("zone", ZONES)
def test_days_on_which_the_clock_is_changed(zone):
    """They begin with their first moment, whatever the clock shows then, and end before the next one's."""
    clock = ZoneInfo(zone)
    for change in changes(zone):
        for number in range(-1, 3):
            today = shown(change.at, clock).date() + number * DAY
            found = period("today", today)
            start = dt.datetime.fromisoformat(found.start(clock))
            end = dt.datetime.fromisoformat(found.end(clock))
            assert shown(start, clock).date() == shown(end, clock).date() == today
            assert shown(start - MICROSECOND, clock).date() < today
            assert end + MICROSECOND == start_of_day(today + DAY, clock)
            assert period("yesterday", today + DAY) == found


def test_a_clock_that_skips_midnight():
    havana = ZoneInfo("America/Havana")
    (skipped,) = [
        change
        for change in changes("America/Havana")
        if change.at.year == 2026 and change.by > dt.timedelta()
    ]
    found = period("today", shown(skipped.at, havana).date())
    assert found.start(havana) == "2026-03-08T01:00:00-04:00"
    assert found.end(havana) == "2026-03-08T23:59:59.999999-04:00"


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.sampled_from(NAMES), st.integers(1, MOST_DAYS).map(lambda days: f"last {days} days")),
    today=st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)),
    zone=st.sampled_from([*ZONES, "UTC", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_any_day(text, today, zone):
    found, clock = period(text, today), ZoneInfo(zone)
    length = (found.last - found.first).days + 1
    assert dt.datetime.fromisoformat(found.start(clock)) <= dt.datetime.fromisoformat(found.end(clock))
    if text.startswith("this") or text == "today":
        assert found.first <= today <= found.last
    else:
        assert found.last < today
    if "week" in text:
        assert (found.first.isoweekday(), length) == (1, 7)
    elif "month" in text:
        assert found.first.day == (found.last + DAY).day == 1
        assert 28 <= length <= 31
    elif "year" in text:
        assert (found.first.month, found.first.day, found.last.month, found.last.day) == (1, 1, 12, 31)
    elif "days" in text:
        assert (length, found.last) == (int(text.split()[1]), today - DAY)
    # What is `this` today is `last` once it is over.
    if text.startswith("this"):
        assert period(text.replace("this", "last"), found.last + DAY) == found


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    wall=st.datetimes(dt.datetime.fromisoformat("2000-01-01"), dt.datetime.fromisoformat("2037-01-01")),
    zone=st.sampled_from([*ZONES, "Pacific/Apia"]),
)
def test_any_time(wall, zone):
    """The first moment at which the clock shows it, or something later: it did not a microsecond before."""
    clock, wall = ZoneInfo(zone), wall.replace(microsecond=0)
    found = moment_of(wall, clock)
    assert shown(found, clock) >= wall
    assert shown(found - MICROSECOND, clock) < wall
