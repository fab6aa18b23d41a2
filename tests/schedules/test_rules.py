"""Cron lines: what is none, and when they come, against a clock that is read minute by minute."""

import datetime as dt
from itertools import pairwise, takewhile

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exports.exceptions import InvalidParameters
from exports.schedules.rules import Rule
from tests.schedules.clocks import DAY, ZONES, cron, read

pytestmark = pytest.mark.sqlite

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


def test_it_works():
    rule = Rule.parse("  30   6 * *  1-5 ", "Europe/Berlin")
    assert rule == Rule("30 6 * * 1-5", "Europe/Berlin")
    assert [f"{moment:%a %d %H:%M %z}" for moment in rule.upcoming(NOON, 4)] == [
        "Wed 11 06:30 +0100",
        "Thu 12 06:30 +0100",
        "Fri 13 06:30 +0100",
        "Mon 16 06:30 +0100",
    ]
    assert rule.next(NOON) == dt.datetime(2026, 3, 11, 5, 30, tzinfo=dt.UTC)
    assert rule.latest(NOON) == dt.datetime(2026, 3, 10, 5, 30, tzinfo=dt.UTC)
    assert rule.latest(rule.next(NOON)) == rule.next(NOON)


@pytest.mark.parametrize(
    "line",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
        *("@daily", "0 6 * * mondays", "0 6 * * 1; rm", "0 6 * * 1\u0661", "0 6 * *\x00 1", "*/0 * * * *"),
        *(
            "0 6 31 2 *",
            "0 6 30 2 *",
            "0 0 31 4,6,9,11 *",
            "0" * 101 + " * * * *",
            "-1 * * * *",
            "1-0 * * * *",
        ),
    ],
)
def test_what_is_no_line(line):
    with pytest.raises(InvalidParameters) as caught:
        Rule.parse(line, "UTC")
    assert [problem.attr for problem in caught.value.errors] == ["rule"]


@pytest.mark.parametrize("zone", ["", "Mars/Base", "utc ", "../../etc/passwd", "Europe/Berlin\x00", "+01:00"])
def test_what_is_no_zone(zone):
    with pytest.raises(InvalidParameters) as caught:
        Rule.parse("* *", zone)
    assert {problem.attr for problem in caught.value.errors} == {"timezone", "rule"}


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("* * * * *", 60),
        ("*/5 * * * *", 300),
        ("0,59 * * * *", 60),
        ("0 23,0 * * *", 3600),
        ("59,0 23,0 * * *", 60),  # at midnight alone
        ("0 6 * * *", DAY.total_seconds()),
    ],
)
def test_how_close_together(line, seconds):
    Rule.parse(line, "UTC").require_distance(int(seconds))
    with pytest.raises(InvalidParameters) as caught:
        Rule.parse(line, "UTC").require_distance(int(seconds) + 1)
    assert [(problem.attr, problem.code) for problem in caught.value.errors] == [("rule", "too_often")]


def test_the_rarest_day():
    """A Sunday that is a 29 February: up to forty years, around 2100."""
    rule = Rule.parse("0 0 29 2 */7", "UTC")
    rule.require_distance(300)
    assert rule.next(dt.datetime(2088, 3, 1, tzinfo=dt.UTC)).year == 2128
    assert rule.latest(dt.datetime(2128, 2, 28, tzinfo=dt.UTC)) == dt.datetime(2088, 2, 29, tzinfo=dt.UTC)


def lines(*, dense: bool) -> st.SearchStrategy[str]:
    def field(first: int, last: int) -> st.SearchStrategy[str]:
        number = st.integers(first, last)
        span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
        step = st.integers(1, max(2, last // 2)).map(lambda number: f"*/{number}")
        return st.one_of(
            st.just("*"),
            step,
            st.lists(st.one_of(number.map(str), span), min_size=1, max_size=4).map(",".join),
        )

    few = st.just("*") if dense else st.one_of(st.just("*"), field(1, 12))
    return st.tuples(
        field(0, 59),
        st.one_of(st.just("*"), field(0, 23)),
        st.one_of(st.just("*"), field(1, 28)),
        few,
        st.one_of(st.just("*"), field(0, 7)),
    ).map(" ".join)


MOMENTS = st.integers(978_307_200, 2_114_380_800).map(lambda found: dt.datetime.fromtimestamp(found, dt.UTC))
# A day that was skipped, and clocks that were changed by other than an hour.
SOME_ZONES = st.sampled_from(
    [*ZONES, "UTC", "Pacific/Apia", "Asia/Pyongyang", "America/Caracas", "Asia/Kathmandu"]
)


@hypothesis_settings(max_examples=100, deadline=None)
@given(line=lines(dense=True), zone=SOME_ZONES, moment=MOMENTS)
# The day that Samoa had not; Lord Howe in both of its changes; the second pass of an hour in Berlin.
@example("0 */6 * * *", "Pacific/Apia", dt.datetime(2011, 12, 30, 3, tzinfo=dt.UTC))
@example("10,40 1-3 * * *", "Australia/Lord_Howe", dt.datetime(2026, 4, 4, 12, tzinfo=dt.UTC))
@example("10,40 1-3 * * *", "Australia/Lord_Howe", dt.datetime(2026, 10, 3, 12, tzinfo=dt.UTC))
@example("*/7 * * * *", "Europe/Berlin", dt.datetime(2026, 10, 25, 1, 20, 30, tzinfo=dt.UTC))
@example("*/7 * * * *", "Europe/Berlin", dt.datetime(2026, 10, 25, 0, 20, 30, tzinfo=dt.UTC))
@example("*/7 * * * *", "Europe/Berlin", dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC))
def test_any_line(line, zone, moment):
    rule, end = Rule.parse(line, zone), moment + 2 * DAY
    right = list(read(cron(line), zone, moment, end))
    come = list(takewhile(lambda found: found <= end, rule.after(moment)))
    assert come == right
    assert all(earlier < later for earlier, later in pairwise(come))
    before = list(read(cron(line), zone, moment - 2 * DAY, moment))
    for when, known in ((moment, before), (end, [*before, *right])):
        latest = rule.latest(when)
        if known:
            assert latest == known[-1]
        else:
            assert latest is None or latest <= moment - 2 * DAY


@hypothesis_settings(max_examples=100, deadline=None)
@given(line=lines(dense=False), zone=SOME_ZONES, moment=MOMENTS)
def test_there_and_back(line, zone, moment):
    """The next of the last is the next; and the last before the next is the last."""
    try:
        rule = Rule.parse(line, zone)
    except InvalidParameters:
        return  # no such day in any year
    following, latest = rule.next(moment), rule.latest(moment)
    assert following > moment
    assert latest is not None
    assert latest <= moment
    assert rule.next(latest) == following
    assert rule.latest(following) == following
    assert rule.latest(following - dt.timedelta(microseconds=1)) == latest


@given(st.text(max_size=120), st.text(max_size=40))
def test_any_text(line, zone):
    try:
        rule = Rule.parse(line, zone)
    except InvalidParameters:
        return
    rule.next(NOON)
