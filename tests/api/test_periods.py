"""`start_date` and `end_date`: every spelling, both ends included."""

import datetime as dt
import re
from urllib.parse import quote

import pytest

from tests.api import rows

UTC = dt.UTC
MICROSECOND = dt.timedelta(microseconds=1)
DAY = dt.datetime(2024, 1, 15, tzinfo=UTC)
NEXT = dt.datetime(2024, 1, 16, tzinfo=UTC)

# Each means 2024-01-15T12:00:00 UTC. A `+` that nobody escaped arrives as a space.
SPELLINGS = """
    2024-01-15T12:00:00Z|2024-01-15T12:00:00+00:00|2024-01-15T12:00:00|2024-01-15T12:00
    2024-01-15T12:00Z|2024-01-15 12:00:00|2024-01-15 12:00:00 00:00|2024-01-15T12:00:00 00:00
    2024-01-15T14:00:00+02:00|2024-01-15T14:00:00 02:00|2024-01-15T14:00:00 0200
    2024-01-15T07:00:00-05:00|2024-01-15T17:30:00+05:30|2024-01-15T17:30:00 05:30
    2024-01-15T12:00:00.000000Z|2024-01-15T12:00:00.000Z|2024-01-15T14:00:00+0200
    2024-01-15T14:00 02:00|2024-01-15 14:00:00 02:00|2024-01-15T12:00:00.000000000Z
"""

# Other spellings of ISO 8601, of which Python takes some, by version; and what is none.
REFUSED = """
    20240115|2024-W03-1|2024-015|2024-1-15|2024-01|2024|15.01.2024|2024-02-30|2024-13-01|٢٠٢٤-٠١-١٥
    2024-01-15T12|20240115T120000Z|2024-W03-1T12:00:00Z|2024-01-15T120000|2024-01-15x12:00:00|2024-01-15T
    2024-01-15T24:00:01|2024-01-15T12:60:00|2024-01-15T12:00:60|2024-01-15T12:00:00,5|2024-01-15T12:00:00.
    2024-01-15T12:00:00 %2B02:00|2024-01-15T12:00:00%2B2|2024-01-15T12:00:00%2B25:00|2024-01-15T12:00:00ZZ
    2024-01-15T12:00:00 Europe/Berlin|now|today|1705320000|infinity|-infinity
"""


@pytest.fixture
def at(user):
    """Three calls: a microsecond before noon, at noon, a microsecond after; and three events alike."""
    for number, moment in enumerate([rows.NOON - MICROSECOND, rows.NOON, rows.NOON + MICROSECOND]):
        rows.call(user, started_at=moment, livekit_room_name=str(number))
        rows.event(user, timestamp=moment, room_name=str(number))


@pytest.fixture
def rooms(get):
    def rooms(query: str, dataset: str = "calls", column: str = "livekitRoomName") -> str:
        answer = get(f"/api/exports/{dataset}?columns={column}&{query}")
        assert answer.status == 200, (query, answer.body)
        return "".join(line[0] for line in answer.lines)

    return rooms


def test_it_works(at, rooms):
    assert rooms("start_date=2024-01-15T12:00:00Z") == "12"
    assert rooms("end_date=2024-01-15T12:00:00Z") == "01"
    assert rooms("start_date=2024-01-15T12:00:00Z&end_date=2024-01-15T12:00:00Z") == "1"


@pytest.mark.parametrize("spelling", [text.strip() for text in re.split(r"[|\n]", SPELLINGS.strip())])
def test_every_spelling(at, rooms, spelling):
    for value in {
        spelling.replace(" ", "%20").replace("+", "%2B"),
        spelling.replace(" ", "+"),
        quote(spelling),
    }:
        if "+" in spelling and value == spelling.replace(" ", "+"):
            assert rooms(f"start_date={spelling}") == "12"  # its own plus sign, not escaped
        assert rooms(f"start_date={value}&end_date={value}") == "1", value


@pytest.mark.parametrize("spelling", [text.strip() for text in re.split(r"[|\n]", REFUSED.strip())])
@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_no_other_spelling(get, name, spelling):
    answer = get(f"/api/exports/calls?{name}={spelling}")
    assert (answer.status, answer.errors) == (400, [("invalid", name)])


def test_events_have_the_same_period(at, rooms):
    assert rooms("start_date=2024-01-15T12:00:00 00:00", "events", "roomName") == "12"
    assert rooms("end_date=2024-01-15T12:00", "events", "roomName") == "01"


@pytest.fixture
def edges(user):
    """The last microsecond before a day, its first, its last, and the first after it."""
    for number, moment in enumerate([DAY - MICROSECOND, DAY, NEXT - MICROSECOND, NEXT]):
        rows.call(user, started_at=moment, livekit_room_name=str(number))


def test_a_date_alone_is_that_whole_day(edges, rooms):
    day = "2024-01-15"
    assert rooms(f"start_date={day}") == "123"
    assert rooms(f"end_date={day}") == "012"
    assert rooms(f"start_date={day}&end_date={day}") == "12"


def test_an_end_of_midnight_is_not_a_whole_day(edges, rooms):
    assert rooms("end_date=2024-01-15T00:00:00") == "01"


def test_the_day_is_utcs_whatever_the_projects_time_zone(edges, rooms, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    assert rooms("start_date=2024-01-15&end_date=2024-01-15") == "12"
    assert rooms("start_date=2024-01-15T00:00:00&end_date=2024-01-15T23:59:59.999999") == "12"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-16", "2024-01-15"),
        ("2024-01-15T12:00:00.000001Z", "2024-01-15T12:00:00Z"),
        ("2024-01-15T12:00:00Z", "2024-01-15T12:00:00%2B00:01"),
        ("9999-12-31", "0001-01-01"),
    ],
)
@pytest.mark.parametrize("dataset", ["calls", "events"])
def test_a_start_after_the_end_is_400(get, dataset, start, end):
    answer = get(f"/api/exports/{dataset}?start_date={start}&end_date={end}")
    assert (answer.status, answer.errors) == (400, [("invalid", "start_date")])


def test_a_start_at_the_end_is_allowed(get):
    assert (
        get("/api/exports/calls?start_date=2024-01-15T14:00:00 02:00&end_date=2024-01-15T12:00:00Z").status
        == 200
    )


@pytest.mark.parametrize("value", ["0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00-14:00"])
def test_the_year_1(at, rooms, value):
    assert rooms(f"start_date={value}") == "012"
    assert rooms(f"end_date={value}") == ""


@pytest.mark.parametrize(
    "value", ["9999-12-31", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59%2B14:00"]
)
def test_the_year_9999(at, rooms, value):
    assert rooms(f"end_date={value}") == "012"
    assert rooms(f"start_date={value}") == ""


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "0000-01-01", "10000-01-01"]
)
@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_a_moment_outside_of_these_years_is_400(get, name, value):
    answer = get(f"/api/exports/calls?{name}={value}")
    assert (answer.status, answer.errors) == (400, [("invalid", name)])


def test_a_stranger_has_nothing_in_any_period(get, at, stranger):
    answer = get("/api/exports/calls", {"start_date": "0001-01-01", "end_date": "9999-12-31"}, user=stranger)
    assert (answer.status, answer.lines) == (200, [])


@pytest.mark.parametrize(
    "value",
    [
        *("2024-W03", "2024-W03-1", "20240115", "20240115T120000Z", "2024-01-15T12", "2024-1-15", "2024-015"),
        *("2024-01-15x12:00", "2024-01-15\U0001f60012:00", "2024-01-15T24:00", "2024-01-15T12:00:60"),
        *(
            "2024-01-15T12:00+00:00:01",
            "٢٠٢٤-٠١-١٥",
            "2024-02-30",
            "now",
            "1705312800",
            "infinity",
            "-infinity",
        ),
    ],
)
@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_other_spellings_are_refused(get, name, value):
    """A week as an end would mean its Monday; what stands between date and time could be anything."""
    assert get("/api/exports/calls", {name: value}).errors == [("invalid", name)]
