"""Buttons that name the dates of a period, for every pair of filters of moments."""

import datetime as dt

import pytest
import time_machine
from django.http import QueryDict
from django.utils.formats import date_format

from exports.registry import registry
from exports.web.builder.presets import PRESET, preset_groups
from tests.api import rows

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

CALLS = "/exports/calls/"
NEW_YEAR = dt.datetime(2023, 12, 31, 23, 30, tzinfo=dt.UTC)
# On the first of a month the last thirty days may be the last month; and no day ends while a page is read.
on_a_tuesday = time_machine.travel("2026-03-10T12:00Z", tick=False)


def presets(params: str = "", dataset: str = "calls", moment: dt.datetime = NEW_YEAR) -> dict[str, str]:
    """What each button asks for, by what it says."""
    [group] = preset_groups(registry.get(dataset), QueryDict(params), moment)
    return {str(preset.label): preset.query for preset in group.presets}


def test_it_works():
    assert presets() == {
        "today": "start_date=2023-12-31&end_date=2023-12-31",
        "yesterday": "start_date=2023-12-30&end_date=2023-12-30",
        "last 7 days": "start_date=2023-12-24&end_date=2023-12-30",
        "last 30 days": "start_date=2023-12-01&end_date=2023-12-30",
        "this month": "start_date=2023-12-01&end_date=2023-12-31",
        "last month": "start_date=2023-11-01&end_date=2023-11-30",
        "this year": "start_date=2023-01-01&end_date=2023-12-31",
    }


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Berlin", "2024-01-01"), ("America/New_York", "2023-12-31"), ("Nowhere", "2023-12-31")],
)
def test_days_are_those_of_the_choices_time_zone(zone, day):
    assert presets(f"tz={zone}")["today"] == f"start_date={day}&end_date={day}"


@on_a_tuesday
def test_of_the_chosen_one_the_button_takes_the_dates_away(read, user):
    group = read(CALLS).one("div", role="group", aria_label="Dates")
    pressed = {button.words: (button["aria-pressed"], button["value"]) for button in group.all("button")}
    assert {state for state, _ in pressed.values()} == {"false"}
    chosen = read(f"{CALLS}?{pressed['last month'][1]}")
    [button] = chosen.all("button", aria_pressed="true")
    assert (button.words, button["value"]) == ("last month", "start_date=&end_date=")


@on_a_tuesday
def test_a_button_says_which_days_it_means(read, user):
    group = read(CALLS).one("div", role="group", aria_label="Dates")
    said = {button.words: button["title"] for button in group.all("button")}
    dates = {button.words: QueryDict(button["value"]) for button in group.all("button")}
    for name, found in dates.items():
        first, last = (
            date_format(dt.date.fromisoformat(found[key]), "SHORT_DATE_FORMAT")
            for key in ("start_date", "end_date")
        )
        assert said[name] == (first if first == last else f"{first} to {last}")
    chosen = read(f"{CALLS}?{dates['last 7 days'].urlencode()}").one("button", aria_pressed="true")
    assert chosen["title"] == said["last 7 days"]


def test_a_button_leads_to_its_dates_and_keeps_the_rest(visit, user):
    dates = "start_date=2024-01-01&end_date=2024-01-31"
    sent = {"start_date": "2020-01-01", "end_date": "", "outcome": "busy", PRESET: dates}
    assert visit(CALLS, sent).headers["Location"] == f"{CALLS}?{dates}&outcome=busy"
    none = {
        "start_date": "2024-01-01",
        "end_date": "2024-01-31",
        "outcome": "busy",
        PRESET: "start_date=&end_date=",
    }
    assert visit(CALLS, none).headers["Location"] == f"{CALLS}?outcome=busy"


def test_a_button_names_nothing_else(visit, user):
    sent = {"outcome": "busy", PRESET: "outcome=failed&columns=id&tenant=*&nonsense=1"}
    assert visit(CALLS, sent).headers["Location"] == f"{CALLS}?outcome=busy"


def test_the_api_knows_no_such_parameter(visit, user):
    assert visit(f"/api/exports/calls?{PRESET}=start_date%3D2024-01-01").status_code == 400


@pytest.mark.parametrize("dataset", ["agents", "hosts"])
def test_there_are_none_without_moments(read, user, dataset):
    assert read(f"/exports/{dataset}/").all("div", role="group", aria_label="Dates") == []


@on_a_tuesday
def test_the_rows_are_those_of_the_days(read, user):
    rows.call(user, started_at=dt.datetime.now(dt.UTC))
    rows.call(user, started_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert read(CALLS).one("caption").words.startswith("2 rows")
    query = presets(moment=dt.datetime.now(dt.UTC))["this year"]
    assert read(f"{CALLS}?{query}").one("caption").words == "1 row"
