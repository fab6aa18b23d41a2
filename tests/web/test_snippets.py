"""The same export by a program: what the lines for a schedule keep of a choice."""

import json
import shlex
from urllib.parse import urlencode

import pytest
import time_machine

from tests.schedules.made import MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

# A Monday: the last seven days are the last week too.
MONDAY = MORNING.replace(day=9)


@pytest.fixture
def kept(read):
    """kept(params): the body of the template that the lines ask for."""

    def kept(params: dict[str, str], dataset: str = "calls") -> dict:
        lines = read(f"/exports/{dataset}/?{urlencode(params)}").one(
            "code", id="exports-snippet-schedule-text"
        )
        words = shlex.split(lines.text.replace("$(date +%s)", "1"))
        return json.loads(words[words.index("--json") + 1])

    return kept


@pytest.mark.parametrize(
    ("button", "first", "last"),
    [
        ("today", "2026-03-09", "2026-03-09"),
        ("yesterday", "2026-03-08", "2026-03-08"),
        ("last 7 days", "2026-03-02", "2026-03-08"),
        ("last 30 days", "2026-02-07", "2026-03-08"),
        ("this month", "2026-03-01", "2026-03-31"),
        ("last month", "2026-02-01", "2026-02-28"),
        ("this year", "2026-01-01", "2026-12-31"),
    ],
)
def test_it_works(kept, button, first, last):
    with time_machine.travel(MONDAY, tick=False):
        found = kept({"start_date": first, "end_date": last, "outcome": "busy"})
    assert found["filters"] == {"start_date": button, "end_date": button, "outcome": "busy"}


@pytest.mark.parametrize(
    "dates",
    [
        {"start_date": "2026-03-08"},
        {"end_date": "2026-03-08"},
        {"start_date": "2026-03-07", "end_date": "2026-03-08"},
        {"start_date": "2024-01-01", "end_date": "2024-01-31"},
    ],
)
def test_other_dates_stay_as_they_are(kept, dates):
    with time_machine.travel(MONDAY, tick=False):
        assert kept(dates)["filters"] == dates


def test_days_are_those_of_the_choices_time_zone(kept):
    dates = {"start_date": "2026-03-10", "end_date": "2026-03-10"}
    with time_machine.travel(MONDAY.replace(hour=23, minute=30), tick=False):
        assert kept(dates)["filters"] == dates
        found = kept({**dates, "tz": "Europe/Berlin"})
    assert found["filters"] == {"start_date": "today", "end_date": "today"}
    assert found["tz"] == "Europe/Berlin"


def test_each_run_goes_on_where_the_last_one_ended(kept):
    assert kept({"since": "start"})["since"] == "last run"
