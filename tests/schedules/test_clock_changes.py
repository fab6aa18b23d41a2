"""Every change of the clock of twelve zones from 2024 to 2030: what is skipped or shown twice comes once."""

import datetime as dt
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
import time_machine

from exports.models import ExportJob, ExportSchedule, ScheduleRun
from exports.schedules.rules import Rule
from exports.schedules.running import run_due
from tests.schedules.clocks import DAY, HOUR, MINUTE, ZONES, Change, changes, cron, read, shown
from tests.schedules.made import make_schedule, make_template

NOTHING = dt.timedelta()


def daily(wall: dt.datetime) -> str:
    return f"{wall.minute} {wall.hour} * * *"


def right_moment(change: Change, wall: dt.datetime) -> dt.datetime:
    """Of a skipped time, the change itself; of one that is shown twice, the first time."""
    if change.by > NOTHING:
        return change.at
    return change.at + (wall - change.walls[0]) + change.by


@pytest.mark.sqlite
@pytest.mark.parametrize("zone", ZONES)
def test_it_works(zone):
    found = changes(zone)
    # Those that are named in the database of zones for these years: two a year, and fewer nowhere here.
    assert len(found) == 14
    for change in found:
        start, end = change.at - DAY - 12 * HOUR, change.at + DAY + 12 * HOUR
        for wall in change.walls:
            line = daily(wall)
            come = list(takewhile(lambda moment: moment <= end, Rule(line, zone).after(start)))  # noqa: B023
            assert come == list(read(cron(line), zone, start, end)), str(change)
            assert right_moment(change, wall) in come, str(change)
            # Once on each day of the clock's.
            days = [shown(moment, ZoneInfo(zone)).date() for moment in come]
            assert len(days) == len(set(days)) == 3, str(change)


@pytest.mark.sqlite
def test_half_an_hour():
    """Lord Howe's clock is put on by half an hour, and is right in the rest of it."""
    spring = next(change for change in changes("Australia/Lord_Howe") if change.by > NOTHING)
    assert spring.by == HOUR / 2
    rule = Rule("15,45 2 * * *", "Australia/Lord_Howe")
    assert rule.upcoming(spring.at - MINUTE, 2) == [spring.at, spring.at + 15 * MINUTE]


@pytest.mark.sqlite
def test_several_times_of_one_gap_come_once():
    (spring, *_rest) = changes("Europe/Berlin")
    rule = Rule("*/10 2 * * *", "Europe/Berlin")
    first, second = rule.upcoming(spring.at - MINUTE, 2)
    assert first == spring.at
    assert shown(second, ZoneInfo("Europe/Berlin")).time() == dt.time(2)


ONE_EACH = [
    next(change for change in changes(zone) if (change.by > NOTHING) is put_on)
    for zone in ZONES
    for put_on in (True, False)
]


@pytest.mark.parametrize("change", ONE_EACH, ids=str)
def test_by_the_scheduler(change, user):
    """Looked at every quarter of an hour through both passes of the hour, and on the days around."""
    wall = change.walls[1]
    right = right_moment(change, wall)
    with time_machine.travel(change.at - 2 * HOUR, tick=False):
        schedule = make_schedule(make_template(user), daily(wall), change.zone)
    for quarter in range(-8, 13):
        look_at(change.at + quarter * 15 * MINUTE)
        look_at(right + quarter * MINUTE)
    look_at(right + DAY + 2 * HOUR)
    runs = list(schedule.runs.order_by("occurrence"))
    assert runs[0].occurrence == right
    assert len(runs) == 2
    assert [run.missed_since for run in runs] == [None, None]
    assert ExportJob.objects.count() == 2
    assert {run.outcome for run in runs} == {ScheduleRun.Outcome.RUNNING}


def look_at(moment: dt.datetime) -> None:
    if ExportSchedule.objects.filter(next_run_at__lte=moment).exists():  # else there is nothing to do
        with time_machine.travel(moment, tick=False):
            run_due()
            run_due()
