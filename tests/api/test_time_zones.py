"""`tz=`: the time zone of datetimes in the file, and of dates in filters."""

import csv
import datetime as dt
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from tests.api import rows

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
# Winter, summer, both of the hours that there are twice, either side of the one that there is not.
MOMENTS = [
    "2024-01-15T12:00:00+00:00",
    "2024-07-15T12:00:00.000001+00:00",
    "2024-10-27T00:30:00+00:00",
    "2024-10-27T01:30:00+00:00",
    "2024-03-31T00:59:59.999999+00:00",
    "2024-03-31T01:00:00+00:00",
    "1850-06-01T00:00:00+00:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T22:59:59+00:00",
]


def test_it_works(get, user):
    rows.call(user, started_at=rows.NOON)
    answer = get("/api/exports/calls", {"tz": "Europe/Berlin", "columns": "startedAt"})
    assert answer.body == b"startedAt\r\n2024-01-15T13:00:00+01:00\r\n"
    assert answer.record.options["tz"] == "Europe/Berlin"


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])
def test_each_moment_is_the_same_one(get, user, name):
    for text in MOMENTS:
        rows.call(user, started_at=dt.datetime.fromisoformat(text))
    answer = get("/api/exports/calls", {"tz": name, "columns": "startedAt"})
    found = [dt.datetime.fromisoformat(line[0]) for line in answer.lines]
    assert found == sorted(map(dt.datetime.fromisoformat, MOMENTS))
    zone = ZoneInfo(name)
    _first, *usual, _last = found  # of which some have no local time, at either end of what there is
    assert [moment.utcoffset() for moment in usual] == [
        moment.astimezone(zone).utcoffset() for moment in usual
    ]


def test_utc_by_name_is_the_default(get, user):
    rows.call(user)
    plain, named = (get("/api/exports/calls", params).body for params in ({}, {"tz": "UTC"}))
    assert plain == named


def test_other_columns_are_as_they_were(get, user):
    rows.call(
        user, metadata={"at": "2024-01-15T12:00:00+00:00"}, livekit_room_name="2024-01-15T12:00:00+00:00"
    )
    columns = {"columns": "metadata,livekitRoomName,duration,id"}
    assert (
        get("/api/exports/calls", {"tz": "Asia/Tokyo", **columns}).body
        == get("/api/exports/calls", columns).body
    )


@pytest.mark.parametrize(
    ("dates", "names"),
    [
        ({"start_date": "2024-01-15"}, ["begins", "ends", "next"]),
        ({"end_date": "2024-01-15"}, ["eve", "begins", "ends"]),
        ({"start_date": "2024-01-15", "end_date": "2024-01-15"}, ["begins", "ends"]),
        ({"start_date": "2024-01-15T00:00:00+00:00"}, ["ends", "next"]),
        ({"start_date": "2024-01-15T00:00:00Z"}, ["ends", "next"]),
        ({"start_date": "2024-01-15T00:00"}, ["begins", "ends", "next"]),
    ],
)
def test_dates_without_a_zone_are_read_in_it(get, user, dates, names):
    """In Berlin the day begins and ends an hour earlier than in UTC; what has an offset means that."""
    moments = {
        "eve": dt.datetime(2024, 1, 14, 23, 59, 59, 999999, BERLIN),
        "begins": dt.datetime(2024, 1, 15, 0, 0, 0, 0, BERLIN),
        "ends": dt.datetime(2024, 1, 15, 23, 59, 59, 999999, BERLIN),
        "next": dt.datetime(2024, 1, 16, 0, 0, 0, 0, BERLIN),
    }
    for name, moment in moments.items():
        rows.call(user, livekit_room_name=name, started_at=moment)
    answer = get("/api/exports/calls", {"tz": "Europe/Berlin", "columns": "livekitRoomName", **dates})
    assert [line[0] for line in answer.lines] == names


def test_a_day_of_25_hours_is_whole(get, user):
    """In Beirut the hour before midnight comes twice: the end of the day is the end of the later one."""
    beirut = ZoneInfo("Asia/Beirut")
    for fold in (0, 1):
        moment = dt.datetime(2024, 10, 26, 23, 30, tzinfo=beirut, fold=fold)
        rows.call(user, livekit_room_name=str(fold), started_at=moment.astimezone(dt.UTC))
    params = {"tz": "Asia/Beirut", "start_date": "2024-10-26", "end_date": "2024-10-26"}
    found = [row["livekitRoomName"] for row in get("/api/exports/calls", params).cells]
    assert found == ["0", "1"]


@pytest.mark.parametrize(
    "zone", ["Berlin", "europe/berlin", "+01:00", "CET+1", "../etc/passwd", "/etc/localtime", "x" * 300]
)
def test_what_is_no_zone_is_400(get, zone):
    answer = get("/api/exports/calls", {"tz": zone})
    assert (answer.status, answer.errors) == (400, [("invalid", "tz")])


def test_an_empty_one_is_400(get):
    assert get("/api/exports/calls", {"tz": ""}).errors == [("blank", "tz")]


def test_computed_datetimes_are_in_it_too(client, get, user, monkeypatch):
    """What a callable returns is rendered by its own type."""
    from exports import Column
    from exports.registry import registry

    calls = registry.get("calls")
    computed = Column("at", lambda call: call.started_at)
    monkeypatch.setattr(type(calls), "columns", [*calls.columns, computed])
    rows.call(user, started_at=rows.NOON)
    answer = get("/api/exports/calls", {"tz": "Asia/Tokyo", "columns": "at,startedAt"})
    [line] = list(csv.reader(StringIO(answer.body.decode())))[1:]
    assert line == ["2024-01-15T21:00:00+09:00"] * 2
